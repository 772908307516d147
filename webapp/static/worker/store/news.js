// Taking in an answer's news of one area: checked to join on, sealed, and written with its cursor in one
// transaction. What is read together is sealed together: profiles as one block, facts in blocks of some people.

import { readCell } from "../../sync/cells.js";
import { unpack } from "../../sync/packing.js";
import { stageAfter } from "../plan.js";
import { isUnseen, meetRow } from "./outbox.js";
import { blocksOf, isTombstone, latestOf, makeSegments, writeBlock } from "./segments.js";

export const PROFILES = new Set([
  "grid",
  "member",
  "household",
  "person",
  "pairing",
  "card",
  "rhythm",
  "need",
  "care_plan",
  "plan_step",
  "session",
  "post",
  "place",
  "station",
  "room",
]);
const STORES = ["meta", "cursors", "directory", "summaries", "facts", "drafts", "outbox"];

/** Thrown where pages do not join on to what the phone has: the cursor stays, nothing is written. */
export class PageHasGap extends Error {
  constructor(area) {
    super(`page_has_gap ${area}`);
    this.code = "page_has_gap";
    this.area = area;
  }
}

/**
 * Write an area's pages of one answer, in their order, with the cursor after the last of them; returns how
 * many rows they held. `asked` is the cursor that the request carried, where that is known.
 */
export async function takeNews(core, area, pages, asked) {
  const known = await core.database.get("cursors", area);
  const start = pages.map(startsAfresh).lastIndexOf(true);
  const fresh = start >= 0;
  const news = pages.slice(Math.max(start, 0)).map((page) => ({ page, rows: rowsOf(page, area) }));
  const cursor = followPages(area, news, fresh ? undefined : known, asked);
  const rows = latestOf(news.flatMap((each) => each.rows));
  const made = await sealNews(core, area, rows, fresh);
  const erased = await findCopies(core, new Set(rows.filter(isErased).map((row) => row.id)));
  const entries = await core.database.getAll("outbox");
  const met = meetRows(area, entries, new Map(rows.map((row) => [row.id, row.seq])), fresh);
  const page = (known?.page ?? known?.seq ?? 0) + 1;
  await core.write(
    STORES,
    (tx) => {
      if (fresh) forgetArea(tx, area);
      writeNews(tx, area, page, made);
      tx.objectStore("cursors").put({ ...cursor, page, unchecked: fresh || Boolean(known?.unchecked) }, area);
      for (const entry of met) tx.objectStore("outbox").put(entry);
      purgeCopies(tx, erased);
    },
    "relaxed",
  );
  return news.reduce((sum, each) => sum + each.rows.length, 0);
}

/** Take an area's server rows out, in a transaction that holds STORES. */
export function forgetArea(tx, area) {
  tx.objectStore("facts").delete(blocksOf(area));
  for (const store of ["directory", "summaries", "cursors"]) tx.objectStore(store).delete(area);
}

/** Take acknowledged copies and drafts out. */
export function purgeCopies(tx, { entries, drafts }) {
  for (const entry of entries) tx.objectStore("outbox").delete(entry.id);
  for (const draft of drafts) tx.objectStore("drafts").delete(draft);
}

/** A page's rows: in tables, or as the cell that its answer came with. */
const rowsOf = (page, area) => (page.cell ? readCell(page.cell, area) : unpack(page.tables, area));
const isKnown = (entry) => entry.state === "acknowledged" || entry.status === "declined";
const isErased = (row) => row.state === "erased";
const startsAfresh = (page) => Boolean(page.first || page.fresh);

/** The cursor's record after these pages; throws where one does not join on to the one before. */
function followPages(area, news, known, asked) {
  let at = known ?? { seq: 0, stage: "log" };
  if (known && asked !== undefined && asked !== known.cursor) throw new PageHasGap(area);
  for (const { page, rows } of news) {
    const joins = page.snapshot === undefined ? joinsLog(at, page, rows) : joinsSnapshot(at, page);
    if (!joins) throw new PageHasGap(area);
    at = after(page);
  }
  return at;
}

const joinsLog = (at, page, rows) =>
  (at.stage ?? "log") === "log" && page.from === at.seq && rows.length + page.superseded === page.to - page.from;

const joinsSnapshot = (at, page) =>
  page.first || ((at.stage ?? "log") !== "log" && at.seq === page.snapshot);

function after(page) {
  const { cursor } = page;
  if (page.snapshot === undefined) return { cursor, seq: page.to, stage: "log" };
  return { cursor, seq: page.snapshot, stage: stageAfter(page) };
}

/** What is written of an area's rows: {blocks, sealedDirectory, sealedSummaries}. */
async function sealNews(core, area, rows, fresh) {
  const open = async (store) => (fresh ? undefined : core.sealer.open(await core.database.get(store, area)));
  const facts = rows.filter((row) => !PROFILES.has(row.kind) && row.person).flatMap(withGaps);
  const profiles = rows.filter((row) => PROFILES.has(row.kind) || !row.person);
  const summaries = (facts.length && (await open("summaries"))) || {};
  const made = await makeSegments(core, area, facts, summaries, fresh);
  for (const { person, summary } of made.summaries) {
    if (summary.latest) summaries[person] = summary;
    else delete summaries[person];
  }
  const before = (profiles.length && (await open("directory"))) || [];
  const directory = latestOf([...before, ...profiles]).filter((row) => !isTombstone(row));
  return {
    blocks: made.blocks,
    sealedDirectory: profiles.length || fresh ? await core.sealer.seal(directory) : null,
    sealedSummaries: facts.length || fresh ? await core.sealer.seal(summaries) : null,
  };
}

/** A fact, and where it may lie since before two people were found to be one (or not): it is gone from there. */
const withGaps = (row) => [
  row,
  ...(row.from ?? [])
    .filter((person) => person !== row.person)
    .map((person) => ({ ...row, person, state: "left", fields: {} })),
];

function writeNews(tx, area, page, { blocks, sealedDirectory, sealedSummaries }) {
  for (const block of blocks) writeBlock(tx, area, page, block);
  if (sealedDirectory) tx.objectStore("directory").put(sealedDirectory, area);
  if (sealedSummaries) tx.objectStore("summaries").put(sealedSummaries, area);
}

/** The entries of this area whose rows came, or, where it starts afresh, have to come again. */
function meetRows(area, entries, numbers, fresh) {
  return entries
    .filter((entry) => entry.area === area && entry.status !== "declined")
    .filter((entry) => fresh || (isUnseen(entry) && numbers.has(entry.record)))
    .map((entry) => meetRow(entry, numbers.get(entry.record) ?? null));
}

/** What the server had and drafts about what was erased (ids of people or facts): copies, and what was declined. */
async function findCopies({ database }, erased) {
  if (!erased.size) return { entries: [], drafts: [] };
  const [entries, drafts] = await Promise.all([database.getAll("outbox"), database.getAllKeys("drafts")]);
  return {
    entries: entries.filter(
      (entry) => isKnown(entry) && (erased.has(entry.record) || erased.has(entry.person)),
    ),
    drafts: drafts.filter(([, person]) => erased.has(person)),
  };
}
