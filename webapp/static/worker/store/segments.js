// A person's facts in sealed blocks: every answer adds one to each person it speaks of, and what has become
// many is folded into one. What is taken away is taken out of the blocks, not only hidden.

import { emptySummary, mergeSummary, summarise } from "../../care/summary.js";

const MOST_SEGMENTS = 12;
const GONE = new Set(["amended", "void", "left", "erased"]);
const TOMBSTONES = new Set(["left", "erased"]);

/** Whether a row only says that its record is no longer in the area. */
export const isTombstone = (row) => TOMBSTONES.has(row.state);

/** The newest of each record, by number. */
export function latestOf(rows) {
  const latest = new Map();
  for (const row of rows) {
    const known = latest.get(row.id);
    if (!known || row.seq >= known.seq) latest.set(row.id, row);
  }
  return [...latest.values()];
}

/** All of an area's blocks, or all of a person's in it. */
export const blocksOf = (area, ...person) => IDBKeyRange.bound([area, ...person], [area, ...person, []]);

/** A person's facts as the server sent them, the latest of each; of one area where it is given. */
export async function readFacts(core, person, area = null) {
  const { database } = core;
  const segments = area
    ? await database.getAll("facts", blocksOf(area, person))
    : await database.getAllFromIndex("facts", "person", person);
  return latestOf((await Promise.all(segments.map((segment) => core.sealer.open(segment.sealed)))).flat());
}

/** Fold a person's segments into one where they have become many. */
export async function foldSegments(core, person) {
  const segments = await core.database.getAllFromIndex("facts", "person", person);
  if (segments.length <= MOST_SEGMENTS || new Set(segments.map((each) => each.area)).size > 1) return;
  const rows = latestOf((await Promise.all(segments.map((segment) => core.sealer.open(segment.sealed)))).flat());
  const sealed = await core.sealer.seal(rows);
  const { area } = segments[0];
  const page = Math.max(...segments.map((segment) => segment.page));
  await core.write(["facts", "meta"], (tx) => {
    tx.objectStore("facts").delete(blocksOf(area, person));
    tx.objectStore("facts").put({ area, person, page, sealed });
  });
}

/**
 * The segments that an answer's facts of one area make, and each person's summary with them counted in:
 * [{person, summary, sealed, whole}]. `whole` replaces all the person has there; sealed null leaves nothing.
 */
export function makeSegments(core, area, facts, summaries, fresh) {
  const people = new Map();
  for (const row of facts) {
    if (people.has(row.person)) people.get(row.person).push(row);
    else people.set(row.person, [row]);
  }
  return Promise.all([...people].map(([person, rows]) => makeSegment(core, area, person, rows, summaries[person], fresh)));
}

async function makeSegment(core, area, person, rows, known = emptySummary(), fresh = false) {
  const left = rows.some(isTombstone);
  const taken = left || rows.some((row) => GONE.has(row.state) && speaksOf(known, row.id));
  const before = taken && !fresh ? await readFacts(core, person, area) : [];
  const all = taken ? latestOf([...before, ...rows]).filter((row) => !isTombstone(row)) : rows;
  const kept = left ? all : rows;
  return {
    person,
    summary: taken ? summarise(all) : rows.reduce(mergeSummary, known),
    sealed: kept.length ? await core.sealer.seal(kept) : null,
    whole: left,
  };
}

/** Whether a summary would be another without this fact. */
const speaksOf = (summary, id) =>
  summary.latest?.id === id ||
  Object.values(summary.last).some((fact) => fact.id === id) ||
  summary.follow_ups.some((item) => item.id === id) ||
  summary.returned.some((item) => item.id === id);
