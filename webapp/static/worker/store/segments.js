// Facts in sealed blocks, each of some people of an area together: every answer adds one to each group of people it
// speaks of, and what has become many is folded into one. What is taken away is taken out of the blocks, not only hidden.
// One block a person had a first sync seal and write 3,600 of them; a group of 16 in a grid is seven people or so.

import { emptySummary, mergeSummary, summarise } from "../../care/summary.js";

const MOST_BLOCKS = 12;
const GROUPS = 16;
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

/** The newest of each record for each person: one may have gone from one person's and stand among another's. */
const latestOfEach = (rows) => [...byPerson(rows).values()].flatMap(latestOf);

function byPerson(rows) {
  const people = new Map();
  for (const row of rows) {
    if (people.has(row.person)) people.get(row.person).push(row);
    else people.set(row.person, [row]);
  }
  return people;
}

/** All of an area's blocks, or all of a group's in it. */
export const blocksOf = (area, ...person) => IDBKeyRange.bound([area, ...person], [area, ...person, []]);

/** A person's facts as the server sent them, the latest of each; of one area where it is given. */
export async function readFacts(core, person, area = null) {
  const blocks = await blocksWith(core, person);
  const rows = await openAll(core, blocks.filter((block) => area === null || block.area === area));
  return latestOf(rows.filter((row) => row.person === person));
}

/** Fold the blocks of a person's group into one where they have become many. */
export async function foldSegments(core, person) {
  const blocks = await blocksWith(core, person);
  if (blocks.length <= MOST_BLOCKS || new Set(blocks.map((each) => each.area)).size > 1) return;
  const [{ area }, owner] = [blocks[0], groupOf(person)];
  const all = await blocksOwned(core, area, [owner, person]);
  const block = await sealBlock(core, owner, latestOfEach(await openAll(core, all)));
  const page = Math.max(...all.map((each) => each.page));
  await core.write(["facts", "meta"], (tx) => writeBlock(tx, area, page, { ...block, stale: [owner, person] }));
}

/**
 * What an answer's facts of one area come to: {summaries, blocks}. Each person's summary with them counted in, as
 * [{person, summary}], and for each group a block, as writeBlock takes it.
 */
export async function makeSegments(core, area, facts, summaries, fresh) {
  const made = await Promise.all([...byPerson(facts)].map((each) => summarisePerson(core, area, each, summaries, fresh)));
  const groups = new Map();
  for (const each of made) groups.set(groupOf(each.person), [...(groups.get(groupOf(each.person)) ?? []), each]);
  const blocks = await Promise.all([...groups].map(([owner, mine]) => makeBlock(core, area, owner, mine, fresh)));
  return { summaries: made, blocks };
}

/** The blocks of these people's groups without the rows that an area has of them, and with `rows` instead. */
export function replaceFacts(core, area, people, rows) {
  const owners = new Map();
  for (const person of people) owners.set(groupOf(person), [...(owners.get(groupOf(person)) ?? []), person]);
  return Promise.all(
    [...owners].map(async ([owner, mine]) => {
      const before = await openAll(core, await blocksOwned(core, area, [owner]));
      const kept = before.filter((row) => !mine.includes(row.person));
      const block = await sealBlock(core, owner, latestOfEach([...kept, ...rows.filter((row) => mine.includes(row.person))]));
      return { ...block, stale: [owner, ...mine] };
    }),
  );
}

/** Write a block, after taking out all that its `stale` owners have in the area; sealed null leaves nothing. */
export function writeBlock(tx, area, page, { owner, people, sealed, stale }) {
  const facts = tx.objectStore("facts");
  for (const each of stale) facts.delete(blocksOf(area, each));
  if (sealed) facts.put({ area, person: owner, page, people, sealed });
}

/** The rows of blocks, each as often as it was sent. */
export const openAll = async (core, blocks) =>
  (await Promise.all(blocks.map((block) => core.sealer.open(block.sealed)))).flat();

/** The group that a person's facts are sealed with. */
function groupOf(person) {
  let sum = 0;
  for (let place = 0; place < person.length; place += 1) sum += person.charCodeAt(place);
  return `group-${sum % GROUPS}`;
}

/** The blocks that hold facts of a person, of every area; those from before there were groups are their own. */
async function blocksWith({ database }, person) {
  const found = await Promise.all(["people", "person"].map((index) => database.getAllFromIndex("facts", index, person)));
  return found.flat();
}

/** The blocks of these owners in an area. */
const blocksOwned = async ({ database }, area, owners) =>
  (await Promise.all(owners.map((owner) => database.getAll("facts", blocksOf(area, owner))))).flat();

const sealBlock = async (core, owner, rows) => ({
  owner,
  people: [...new Set(rows.map((row) => row.person))],
  sealed: rows.length ? await core.sealer.seal(rows) : null,
  stale: [],
});

/** {person, rows, left, summary}: `left` where something of them is to be taken out. */
async function summarisePerson(core, area, [person, rows], summaries, fresh) {
  const known = summaries[person] ?? emptySummary();
  const left = rows.some(isTombstone);
  const taken = left || rows.some((row) => GONE.has(row.state) && speaksOf(known, row.id));
  if (!taken) return { person, rows, left, summary: rows.reduce(mergeSummary, known) };
  const before = fresh ? [] : await readFacts(core, person, area);
  const all = latestOf([...before, ...rows]).filter((row) => !isTombstone(row));
  return { person, rows, left, summary: summarise(all) };
}

async function makeBlock(core, area, owner, mine, fresh) {
  const rows = mine.flatMap((each) => each.rows);
  const left = mine.filter((each) => each.left).map((each) => each.person);
  if (!left.length) return sealBlock(core, owner, rows);
  const before = fresh ? [] : await openAll(core, await blocksOwned(core, area, [owner, ...left]));
  const kept = latestOfEach([...before, ...rows]).filter((row) => !isTombstone(row));
  return { ...(await sealBlock(core, owner, kept)), stale: [owner, ...left] };
}

/** Whether a summary would be another without this fact. */
const speaksOf = (summary, id) =>
  summary.latest?.id === id ||
  Object.values(summary.last).some((fact) => fact.id === id) ||
  summary.follow_ups.some((item) => item.id === id) ||
  summary.returned.some((item) => item.id === id);
