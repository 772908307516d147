// Reading the phone: rows that the server sent, with own changes laid over them.

import { attend } from "../../care/thresholds.js";
import { emptySummary, mergeSummary, summarise } from "../../care/summary.js";
import { lostEdits } from "../../sync/edits.js";
import { layOver } from "../../sync/overlay.js";
import { PROFILES } from "./news.js";
import { isUnseen } from "./outbox.js";
import { readFacts } from "./segments.js";

const SHELVES = {
  grid: "grids",
  household: "households",
  person: "people",
  member: "members",
  pairing: "pairings",
  card: "cards",
  rhythm: "rhythms",
  need: "needs",
  care_plan: "plans",
  plan_step: "plan_steps",
  session: "sessions",
  post: "posts",
  place: "above",
  station: "stations",
  room: "rooms",
};
const RECENT = 30;

/** All profiles by shelf, and what is known of each person: {grids, …, cards, summaries}. */
export async function readBook(core) {
  const { database, sealer } = core;
  const openAll = async (store) => Promise.all((await database.getAll(store)).map((sealed) => sealer.open(sealed)));
  const [directories, summaries, unseen, identity] = await Promise.all([
    openAll("directory"),
    openAll("summaries"),
    readUnseen(core, () => true),
    core.identity(),
  ]);
  const sets = unseen.filter((change) => change.op === "set");
  const book = { summaries: Object.assign({}, ...summaries) };
  for (const shelf of Object.values(SHELVES)) book[shelf] = [];
  const rows = directories.flat();
  // Who works in several grids is a member of each, under one id; nothing of theirs is changed on a phone.
  book.members = rows.filter((row) => row.kind === "member");
  const others = rows.filter((row) => row.kind !== "member");
  for (const row of lay(others, sets, identity)) book[SHELVES[row.kind]]?.push(row);
  await countIn(core, book.summaries, unseen, identity);
  return book;
}

/** A person's facts, each with its place: saved, uploaded or needs. */
export async function readPerson(core, person) {
  const [unseen, identity] = await Promise.all([
    readUnseen(core, (entry) => entry.person === person || entry.op !== "record"),
    core.identity(),
  ]);
  return factsWith(core, person, unseen, identity);
}

/** Everything that waits or needs somebody, and what arrived lately, each with its fact's row. */
export async function readOutbox(core, book) {
  const entries = await core.database.getAll("outbox");
  const recent = entries.filter((entry) => entry.state === "acknowledged" && entry.op !== "void");
  recent.sort((a, b) => b.acknowledged_at - a.acknowledged_at);
  const shown = [...entries.filter((entry) => entry.state !== "acknowledged"), ...recent.slice(0, RECENT)];
  const returned = await returnedTo(core, book);
  const rows = await rowsOf(core, [...shown.map((entry) => [entry.person, entry.record]), ...returned.map((each) => [each.person, each.id])]);
  const listed = await Promise.all(shown.map((entry) => listEntry(core, entry, rows)));
  const mended = new Set(returned.map((item) => item.id));
  return [
    ...(await lostTo(core, book)).map((lost) => ({ ...lost, op: "conflict", state: "needs" })),
    ...returned.map((item) => returnedEntry(item, rows.get(item.id) ?? null)),
    ...listed
      .filter((entry) => entry.state !== "acknowledged" || (!mended.has(entry.record) && stands(entry.row)))
      .sort((a, b) => b.saved_at - a.saved_at),
  ];
}

/** {waiting, oldest, needs} for the strip. */
export async function countOutbox(core, book) {
  const entries = await core.database.getAll("outbox");
  const waiting = entries.filter((entry) => entry.state === "waiting");
  const refused = entries.filter((entry) => entry.state === "needs").length;
  const returned = (await returnedTo(core, book)).length;
  const oldest = waiting.length ? Math.min(...waiting.map((entry) => entry.saved_at)) : null;
  const lost = (await lostTo(core, book)).length;
  return { waiting: waiting.length, oldest, needs: refused + returned + lost };
}

/** Own changes that the server's rows do not show yet, oldest first. */
async function readUnseen(core, wanted) {
  const entries = await core.database.getAll("outbox");
  const chosen = entries.filter((entry) => isUnseen(entry) && wanted(entry));
  chosen.sort((a, b) => (a.stamp < b.stamp ? -1 : 1));
  return Promise.all(chosen.map(async (entry) => ({ ...(await core.sealer.open(entry.sealed)), person: entry.person })));
}

async function factsWith(core, person, unseen, identity) {
  const rows = await readFacts(core, person);
  return lay(rows, unseen, identity).filter((row) => row.person === person);
}

/** Count own facts that the server has not sent back yet into the summaries. */
async function countIn(core, summaries, unseen, identity) {
  const people = new Map();
  for (const { kind, person, op } of unseen) {
    if (!PROFILES.has(kind) && person) people.set(person, (people.get(person) ?? true) && op === "record");
  }
  for (const [person, onlyNew] of people) {
    const rows = await factsWith(core, person, unseen, identity);
    const fresh = rows.filter((row) => row.seq === 0);
    summaries[person] = onlyNew
      ? fresh.reduce(mergeSummary, summaries[person] ?? emptySummary())
      : summarise(rows);
  }
}

function lay(rows, changes, identity) {
  const account = identity?.account;
  const waiting = new Set(changes.filter((each) => each.op !== "set").map((each) => each.record));
  const laid = layOver(rows, changes.map((change) => ({ ...change, author: account })));
  return laid.map((row) => {
    if (PROFILES.has(row.kind)) return row;
    const placed = { ...row, place: waiting.has(row.id) && row.seq === 0 ? "saved" : "uploaded" };
    if (row.state === "returned" && row.author === account) placed.place = "needs";
    if (row.attention === undefined) [placed.attention, placed.reasons] = attend(row.kind, row.fields);
    return placed;
  });
}

/** Facts by their id, of pairs [person, fact]; each person's blocks are opened once. */
async function rowsOf(core, wanted) {
  const people = [...new Set(wanted.map(([person]) => person).filter(Boolean))];
  const facts = (await Promise.all(people.map((person) => readPerson(core, person)))).flat();
  const ids = new Set(wanted.map(([, id]) => id));
  return new Map(facts.filter((row) => ids.has(row.id)).map((row) => [row.id, row]));
}

async function listEntry(core, { sealed: _sealed, reason, ...entry }, rows) {
  const said = reason ? { reason: await core.sealer.open(reason) } : {};
  return { ...entry, ...said, row: rows.get(entry.record) ?? null };
}

/** Own logs that a supervisor returned: {id, kind, at, author, person}. */
async function returnedTo(core, book) {
  const identity = await core.identity();
  const all = Object.entries(book.summaries).flatMap(([person, summary]) =>
    summary.returned.map((item) => ({ ...item, person })),
  );
  return all.filter((item) => item.author === identity?.account);
}

/** Own edits of people and households that another one outdid. */
const lostTo = async (core, book) =>
  lostEdits([...book.people, ...book.households, ...book.needs], (await core.identity())?.account);

const returnedEntry = (item, row) => ({
  id: item.id,
  record: item.id,
  kind: item.kind,
  op: "record",
  person: item.person,
  state: "needs",
  status: "",
  code: "",
  saved_at: item.at,
  acknowledged_at: item.at,
  row,
});

const stands = (row) => row === null || (row.state !== "amended" && row.state !== "void");
