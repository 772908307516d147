// Taking in one page of news: checked for gaps, sealed, and written with its cursor in one transaction.
// What is read together is sealed together: an area's profiles as one block, facts in blocks per person.

import { emptySummary, mergeSummary, summarise } from "../../care/summary.js";
import { unpack } from "../../sync/packing.js";
import { inTransaction } from "./database.js";
import { isShownBy } from "./outbox.js";

export const PROFILES = new Set(["grid", "member", "household", "person", "pairing", "card"]);
const MOST_SEGMENTS = 12;
const GONE = new Set(["amended", "void"]);

/** Thrown where a page does not join on to what the phone has: the cursor stays, nothing is written. */
export class PageHasGap extends Error {
  constructor(area) {
    super(`page_has_gap ${area}`);
    this.code = "page_has_gap";
  }
}

/** Write one page and its cursor, and mark the outbox's `entries` that it shows; returns how many rows it held. */
export async function takePage(database, sealer, page, bumpVersion, entries = []) {
  const { area } = page;
  const known = page.fresh ? undefined : await database.get("cursors", area);
  const rows = unpack(page.tables, area);
  if (page.from !== (known?.seq ?? 0) || rows.length + page.superseded !== page.to - page.from) {
    throw new PageHasGap(area);
  }
  const facts = rows.filter((row) => !PROFILES.has(row.kind) && row.person);
  const profiles = rows.filter((row) => PROFILES.has(row.kind) || !row.person);
  const segments = await sealSegments(database, sealer, page, facts);
  const directory = await mergeDirectory(database, sealer, page, profiles);
  const summaries = await mergeSummaries(database, sealer, page, segments);
  const numbers = new Map(rows.map((row) => [row.id, row.seq]));
  const shown = entries.filter((entry) => isShownBy(entry, numbers.get(entry.record)));
  const stores = ["meta", "cursors", "directory", "summaries", "facts", "fact_index", "outbox"];
  const old = page.fresh ? await oldKeys(database, area) : { facts: [], index: [] };
  await inTransaction(database, stores, (tx) => {
    for (const key of old.facts) tx.objectStore("facts").delete(key);
    for (const key of old.index) tx.objectStore("fact_index").delete(key);
    for (const { person, sealed } of segments) {
      tx.objectStore("facts").put({ area, person, page: page.to, sealed });
    }
    for (const row of facts) {
      tx.objectStore("fact_index").put({ id: row.id, area, person: row.person, seq: row.seq });
    }
    if (directory) tx.objectStore("directory").put(directory, area);
    if (summaries) tx.objectStore("summaries").put(summaries, area);
    tx.objectStore("cursors").put({ cursor: page.cursor, seq: page.to }, area);
    for (const entry of shown) tx.objectStore("outbox").put({ ...entry, seen: true });
    bumpVersion(tx);
  });
  return rows.length;
}

/** Forget an area that is no longer this phone's. */
export async function dropArea(database, area, bumpVersion) {
  const old = await oldKeys(database, area);
  await inTransaction(database, ["meta", "cursors", "directory", "summaries", "facts", "fact_index"], (tx) => {
    for (const key of old.facts) tx.objectStore("facts").delete(key);
    for (const key of old.index) tx.objectStore("fact_index").delete(key);
    for (const store of ["directory", "summaries", "cursors"]) tx.objectStore(store).delete(area);
    bumpVersion(tx);
  });
}

/** A person's facts as the server sent them, the latest of each. */
export async function readFacts(database, sealer, person) {
  const segments = await database.getAllFromIndex("facts", "person", person);
  return latestOf(await Promise.all(segments.map((segment) => sealer.open(segment.sealed))));
}

/** Fold a person's segments into one where they have become many; not while pages come in (see takePage). */
export async function foldSegments(database, sealer, person) {
  const segments = await database.getAllFromIndex("facts", "person", person);
  if (segments.length <= MOST_SEGMENTS || new Set(segments.map((each) => each.area)).size > 1) return;
  const rows = latestOf(await Promise.all(segments.map((segment) => sealer.open(segment.sealed))));
  const sealed = await sealer.seal(rows);
  const { area } = segments[0];
  const page = Math.max(...segments.map((segment) => segment.page));
  await inTransaction(database, ["facts"], (tx) => {
    for (const segment of segments) tx.objectStore("facts").delete([area, person, segment.page]);
    tx.objectStore("facts").put({ area, person, page, sealed });
  });
}

async function sealSegments(database, sealer, page, facts) {
  const byPerson = new Map();
  for (const row of facts) {
    if (!byPerson.has(row.person)) byPerson.set(row.person, []);
    byPerson.get(row.person).push(row);
  }
  return Promise.all([...byPerson].map((entry) => sealSegment(database, sealer, page, ...entry)));
}

/** A person's new facts as one segment; with all of their facts where something was taken back. */
async function sealSegment(database, sealer, page, person, rows) {
  const gone = page.fresh ? [] : rows.filter((row) => GONE.has(row.state));
  const known = await Promise.all(gone.map((row) => database.get("fact_index", row.id)));
  const recount = known.some(Boolean);
  return {
    person,
    rows,
    all: recount ? latestOf([await readFacts(database, sealer, person), rows]) : null,
    sealed: await sealer.seal(rows),
  };
}

async function mergeDirectory(database, sealer, page, profiles) {
  if (!profiles.length && !page.fresh) return null;
  const known = page.fresh ? [] : ((await sealer.open(await database.get("directory", page.area))) ?? []);
  return sealer.seal(latestOf([known, profiles]));
}

async function mergeSummaries(database, sealer, page, segments) {
  if (!segments.length && !page.fresh) return null;
  const known = page.fresh ? {} : ((await sealer.open(await database.get("summaries", page.area))) ?? {});
  for (const { person, rows, all } of segments) {
    known[person] = all ? summarise(all) : rows.reduce(mergeSummary, known[person] ?? emptySummary());
  }
  return sealer.seal(known);
}

/** The newest of each record, by number. */
function latestOf(lists) {
  const latest = new Map();
  for (const row of lists.flat()) {
    const known = latest.get(row.id);
    if (!known || row.seq >= known.seq) latest.set(row.id, row);
  }
  return [...latest.values()];
}

async function oldKeys(database, area) {
  const [facts, index] = await Promise.all([
    database.getAllKeysFromIndex("facts", "area", area),
    database.getAllKeysFromIndex("fact_index", "area", area),
  ]);
  return { facts, index };
}
