// The phone's database: its object stores, and transactions that are on disk when they say so.
// In the clear are only ids, areas, kinds, numbers and dates; what names or describes a person is sealed.

import { openDB } from "idb";
import { Connection } from "./connection.js";

const NAME = "qiaomen";
const VERSION = 3;

/**
 * A connection to the database, made where it is missing. Version 1 kept one record a fact to find its person by; before
 * version 3 each person's facts were blocks of their own, which stay as they are until they are folded in.
 */
export function openDatabase() {
  return new Connection((callbacks) => openDB(NAME, VERSION, { upgrade, ...callbacks })).ready();
}

function upgrade(database, before, _after, tx) {
  if (before < 1) makeStores(database);
  if (before < 2) database.createObjectStore("ballast");
  if (before < 3) tx.objectStore("facts").createIndex("people", "people", { multiEntry: true });
  if (before !== 1) return;
  database.deleteObjectStore("fact_index");
  tx.objectStore("facts").deleteIndex("area");
}

function makeStores(database) {
  for (const name of ["meta", "directory", "summaries", "cursors", "drafts"]) database.createObjectStore(name);
  const facts = database.createObjectStore("facts", { keyPath: ["area", "person", "page"] });
  facts.createIndex("person", "person");
  const outbox = database.createObjectStore("outbox", { keyPath: "id" });
  outbox.createIndex("state", "state");
}

/** The database as whatever build left it, never altered and never made; null where there is none. */
export async function openAsItIs(callbacks = {}) {
  const refuse = (_database, _before, _after, tx) => {
    tx.done.catch(() => undefined); // said by openDB itself
    tx.abort();
  };
  try {
    return await openDB(NAME, undefined, { upgrade: refuse, ...callbacks });
  } catch (error) {
    if (error.name === "AbortError") return null;
    throw error;
  }
}

/** Run `work(tx)` over these stores, as Connection.write does. */
export const inTransaction = (database, ...rest) => database.write(...rest);
