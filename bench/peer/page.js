// What the page of the peer does when it is asked: the naive download, PouchDB's replication, its upload.

import indexeddb from "pouchdb-adapter-indexeddb";
import PouchDB from "pouchdb-browser";

PouchDB.plugin(indexeddb);
const REMOTE = `${location.origin}/village`;
let local = null;

/** One gzip download of all rows, one bulk write of one record a row, relaxed. */
window.naive = async () => {
  const started = Date.now();
  const rows = await (await fetch("/rows.json")).json();
  const loaded = Date.now();
  const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open("naive", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("rows", { keyPath: "id" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  await new Promise((resolve, reject) => {
    const tx = database.transaction("rows", "readwrite", { durability: "relaxed" });
    for (const row of rows) tx.objectStore("rows").put(row);
    tx.oncomplete = resolve;
    tx.onabort = () => reject(tx.error);
  });
  return { started, ended: Date.now(), loaded, rows: rows.length };
};

/** First replication into an empty database; `most` rows only where the line is too slow for all. */
window.replicate = async ({ adapter, options, most }) => {
  await local?.destroy();
  local = new PouchDB("phone", { adapter, auto_compaction: false, revs_limit: 1 });
  const remote = new PouchDB(REMOTE, { skip_setup: true });
  const started = Date.now();
  const replication = local.replicate.from(remote, options);
  if (most) {
    replication.on("change", ({ docs_written }) => docs_written >= most && replication.cancel());
  }
  const { docs_written: rows } = await replication;
  return { started, ended: Date.now(), rows };
};

/** Save one document after another and push each, as a visit saved while there is a network. */
window.upload = async ({ docs, together }) => {
  const remote = new PouchDB(REMOTE, { skip_setup: true });
  const started = Date.now();
  if (together) {
    await local.bulkDocs(docs);
    await local.replicate.to(remote);
  } else {
    for (const doc of docs) {
      await local.put(doc);
      await local.replicate.to(remote);
    }
  }
  return { started, ended: Date.now(), rows: docs.length };
};
