// The phone's database: its object stores, and transactions that are on disk when they say so.
// In the clear are only ids, areas, kinds, numbers and dates; what names or describes a person is sealed.

import { openDB, unwrap } from "idb";

const NAME = "qiaomen";
const VERSION = 1;

/** Open the database, made where it is missing. */
export function openDatabase() {
  return openDB(NAME, VERSION, {
    upgrade(database) {
      database.createObjectStore("meta");
      database.createObjectStore("directory");
      database.createObjectStore("summaries");
      database.createObjectStore("cursors");
      database.createObjectStore("drafts");
      const facts = database.createObjectStore("facts", { keyPath: ["area", "person", "page"] });
      facts.createIndex("person", "person");
      facts.createIndex("area", "area");
      const index = database.createObjectStore("fact_index", { keyPath: "id" });
      index.createIndex("area", "area");
      const outbox = database.createObjectStore("outbox", { keyPath: "id" });
      outbox.createIndex("state", "state");
    },
  });
}

/** Run `work(tx)` (a plain IDBTransaction) over these stores; resolves once it is complete and on disk. */
export async function inTransaction(database, stores, work) {
  const tx = database.transaction(stores, "readwrite", { durability: "strict" });
  try {
    work(unwrap(tx));
  } catch (error) {
    tx.abort();
    await tx.done.catch(() => undefined);
    throw error;
  }
  await tx.done;
}
