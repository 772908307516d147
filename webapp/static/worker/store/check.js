// Checking now and then that this phone holds what the server holds: a digest per area, then of its parts where
// it differs; the server replaces the parts that do. What is compared is only what the server sent.

import { digestRows } from "../../sync/digest.js";
import { unpack } from "../../sync/packing.js";
import { summarise } from "../../care/summary.js";
import { blocksOf, latestOf, openAll, replaceFacts, writeBlock } from "./segments.js";

const CHECK_EVERY = 7 * 86_400_000;
const STORES = ["meta", "cursors", "directory", "summaries", "facts"];

/** {count, digest} of an area as this phone has it. */
export async function digestArea(core, area) {
  const parts = await readParts(core, area);
  return digestRows([...parts.values()].flat());
}

/**
 * What to ask the server about one area at most: {digests} where its check is due, {parts} where the last one
 * said "differs", else {}. An area is due a week after it was found the same, or at once after askCheck.
 */
export async function questionsOf(core) {
  const [checks, areas] = await Promise.all([readChecks(core), areasAtHead(core)]);
  const differing = areas.find((area) => checks[area]?.state === "differs");
  if (differing) {
    const parts = [...(await readParts(core, differing))].map(([part, rows]) => [part, digestRows(rows).digest]);
    return { parts: { [differing]: Object.fromEntries(parts) } };
  }
  const due = areas.find((area) => isDue(checks[area], core.now()));
  return due ? { digests: { [due]: await digestArea(core, due) } } : {};
}

/** Have areas checked at the next chance. */
export async function askCheck(core, areas) {
  const checks = await readChecks(core);
  for (const area of areas) checks[area] = { at: core.now(), state: "due" };
  await core.write(["meta"], (tx) => tx.objectStore("meta").put(checks, "checks"));
}

/**
 * Take what the server says of the digests, and put right what it repairs; an area that differs even after that
 * lets go of its cursor and starts afresh.
 */
export async function takeChecks(core, { checks: found = {}, repairs = [] }) {
  const checks = await readChecks(core);
  const begun = (await core.database.getAllKeys("cursors")).filter((area) => !checks[area]);
  if (!begun.length && !Object.keys(found).length && !repairs.length) return;
  const restart = [];
  for (const area of begun) checks[area] = { at: core.now(), state: "same" }; // its week begins now
  for (const [area, verdict] of Object.entries(found)) {
    if (verdict === "same") checks[area] = { at: core.now(), state: "same" };
    if (verdict === "differs" && checks[area]?.state === "repaired") restart.push(area);
    else if (verdict === "differs") checks[area] = { ...checks[area], state: "differs" };
  }
  for (const repair of repairs) {
    await putRight(core, repair);
    checks[repair.area] = { ...checks[repair.area], state: "repaired" };
  }
  await core.write(["meta", "cursors"], (tx) => {
    for (const area of restart) {
      delete checks[area];
      tx.objectStore("cursors").delete(area);
    }
    tx.objectStore("meta").put(checks, "checks");
  });
}

const isDue = (check, now) =>
  check !== undefined && (check.state === "due" || check.state === "repaired" || now > check.at + CHECK_EVERY);

const readChecks = async ({ database }) => ({ ...(await database.get("meta", "checks")) });

async function areasAtHead({ database }) {
  const [areas, cursors] = await Promise.all([database.getAllKeys("cursors"), database.getAll("cursors")]);
  return areas.filter((_area, place) => (cursors[place].stage ?? "log") === "log");
}

/** An area's rows by part: a person's id for their facts, "" for all else. */
async function readParts(core, area) {
  const { database, sealer } = core;
  const [directory, segments] = await Promise.all([
    database.get("directory", area).then((sealed) => sealer.open(sealed)),
    database.getAll("facts", blocksOf(area)),
  ]);
  const parts = new Map([["", directory ?? []]]);
  for (const row of await openAll(core, segments)) {
    if (parts.has(row.person)) parts.get(row.person).push(row);
    else parts.set(row.person, [row]);
  }
  for (const [part, all] of parts) parts.set(part, latestOf(all));
  return parts;
}

/** Put the server's rows in the place of this phone's, in the parts that a repair names. */
async function putRight(core, { area, parts, tables }) {
  const rows = new Map(parts.map((part) => [part, []]));
  for (const row of unpack(tables, area)) rows.get(row.person ?? "")?.push(row);
  const summaries = (await core.sealer.open(await core.database.get("summaries", area))) ?? {};
  for (const [part, mine] of rows) {
    if (part !== "" && mine.length) summaries[part] = summarise(mine);
    else delete summaries[part];
  }
  const people = parts.filter((part) => part !== "");
  const blocks = await replaceFacts(core, area, people, people.flatMap((person) => rows.get(person)));
  const directory = rows.has("") ? await core.sealer.seal(rows.get("")) : null;
  const sealedSummaries = await core.sealer.seal(summaries);
  const { page = 1 } = (await core.database.get("cursors", area)) ?? {};
  await core.write(STORES, (tx) => {
    if (directory) tx.objectStore("directory").put(directory, area);
    for (const block of blocks) writeBlock(tx, area, page, block);
    tx.objectStore("summaries").put(sealedSummaries, area);
  });
}
