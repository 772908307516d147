// The phone's database: its object stores, and transactions that are on disk when they say so.
// In the clear are only ids, areas, kinds, numbers and dates; what names or describes a person is sealed.

import { openDB, unwrap } from "idb";

const NAME = "qiaomen";
const VERSION = 2;

/** Open the database, made where it is missing; version 1 kept one record a fact to find its person by. */
export function openDatabase() {
  return openDB(NAME, VERSION, {
    upgrade(database, before, _after, tx) {
      if (before < 1) makeStores(database);
      if (before !== 1) return;
      database.deleteObjectStore("fact_index");
      tx.objectStore("facts").deleteIndex("area");
    },
  });
}

function makeStores(database) {
  for (const name of ["meta", "directory", "summaries", "cursors", "drafts"]) database.createObjectStore(name);
  const facts = database.createObjectStore("facts", { keyPath: ["area", "person", "page"] });
  facts.createIndex("person", "person");
  const outbox = database.createObjectStore("outbox", { keyPath: "id" });
  outbox.createIndex("state", "state");
}

/**
 * Run `work(tx)` (a plain IDBTransaction) over these stores; resolves once it is complete and, unless the
 * durability is "relaxed", on disk. Relaxed is for what the server sends again: all of it is there or none.
 */
export async function inTransaction(database, stores, work, durability = "strict") {
  const tx = database.transaction(stores, "readwrite", { durability });
  try {
    work(unwrap(tx));
  } catch (error) {
    tx.abort();
    await tx.done.catch(() => undefined);
    throw error;
  }
  await tx.done;
}
