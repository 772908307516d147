// Taking a whole answer in: what became of our changes, news area by area, areas lost, and last whether the
// phone is usable and ready. Each step is a transaction of its own; one that is missing comes again.

import { askCheck, takeChecks } from "./check.js";
import { forgetArea, PageHasGap, purgeCopies, takeNews } from "./news.js";
import { decideEntry, isOver, offerAgain, settleEntry } from "./outbox.js";

const GAPS_ENDURED = 2;
const ALL = ["meta", "cursors", "directory", "summaries", "facts", "drafts", "outbox"];

/**
 * Take an answer to `request` in; returns how many rows came. Throws PageHasGap after taking what joins on, and
 * `not_mine` where somebody else, or nobody, uses this phone by now.
 */
export async function takeAnswer(core, answer, request) {
  const identity = await core.identity();
  if (identity?.account !== answer.me.id) throw Object.assign(new Error("not_mine"), { code: "not_mine" });
  await settleEntries(core, answer, identity.epoch);
  if (identity.epoch && identity.epoch !== answer.epoch) await askCheck(core, await core.database.getAllKeys("cursors"));
  const { rows, gap } = await takeAllNews(core, withCell(answer), request.cursors);
  for (const area of answer.areas.lost) await loseArea(core, area);
  if (gap) throw gap;
  await takeChecks(core, answer);
  if (!answer.more) {
    await noteAbsent(core);
    await forgetStrangers(core);
  }
  await finish(core, identity, answer, request);
  return rows;
}

/** The news, the page that has no tables with the answer's cell. */
const withCell = ({ news, cell }) => news.map((page) => (page.tables ? page : { ...page, cell }));

async function settleEntries(core, answer, epochBefore) {
  const now = answer.time ?? core.now(); // the server's: a clock that jumped ahead must not end the 30 days
  const entries = new Map((await core.database.getAll("outbox")).map((entry) => [entry.id, entry]));
  const changed = new Map();
  // Also where none is known yet: a phone may be killed after a receipt, before it noted its first epoch.
  if (epochBefore !== answer.epoch) {
    for (const entry of entries.values()) if (offerAgain(entry)) changed.set(entry.id, offerAgain(entry));
  }
  for (const status of answer.statuses) {
    const entry = entries.get(status.id);
    if (entry) changed.set(entry.id, settleEntry(entry, status, now));
  }
  for (const verdict of answer.verdicts ?? []) {
    const entry = changed.get(verdict.id) ?? entries.get(verdict.id);
    if (entry) changed.set(entry.id, decideEntry(entry, verdict, await core.sealer.seal(verdict.reason ?? "")));
  }
  const over = [...entries.values()].filter((entry) => !changed.has(entry.id) && isOver(entry, now));
  if (!changed.size && !over.length) return;
  await core.write(["meta", "outbox"], (tx) => {
    for (const entry of changed.values()) tx.objectStore("outbox").put(entry);
    for (const entry of over) tx.objectStore("outbox").delete(entry.id);
  });
}

/**
 * Area by area, one sealed while another is written (they share nothing but the database); one whose pages do
 * not join on keeps none of the others from what came for them.
 */
async function takeAllNews(core, news, asked = {}) {
  const areas = new Map();
  for (const page of news) {
    if (areas.has(page.area)) areas.get(page.area).push(page);
    else areas.set(page.area, [page]);
  }
  const taken = await Promise.allSettled([...areas].map(([area, pages]) => takeNews(core, area, pages, asked[area])));
  const failed = taken.filter((each) => each.status === "rejected").map((each) => each.reason);
  const broken = failed.find((error) => !(error instanceof PageHasGap));
  if (broken) throw broken;
  for (const { area } of failed) await noteGap(core, area);
  return { rows: taken.reduce((sum, each) => sum + (each.value ?? 0), 0), gap: failed[0] ?? null };
}

/** The second gap of an area since it last joined on lets go of its cursor: it starts afresh. */
async function noteGap(core, area) {
  const known = await core.database.get("cursors", area);
  if (!known) return;
  const gaps = (known.gaps ?? 0) + 1;
  await core.write(["meta", "cursors"], (tx) => {
    if (gaps < GAPS_ENDURED) tx.objectStore("cursors").put({ ...known, gaps }, area);
    else tx.objectStore("cursors").delete(area);
  });
  await askCheck(core, [area]);
}

/**
 * Purge a lost area once nothing that was written for it waits any more, and remember to say so. The server has
 * what it acknowledged: of those copies only the number stays, without a body, so that the outbox still says that
 * they arrived, and a verdict on what is held still does; what was refused is the only copy there is, and stays.
 */
async function loseArea(core, area) {
  const { database, sealer } = core;
  const entries = (await database.getAll("outbox")).filter((entry) => entry.area === area);
  if (entries.some((entry) => entry.state === "waiting")) return;
  const directory = (await sealer.open(await database.get("directory", area))) ?? [];
  const people = new Set(directory.filter((row) => row.kind === "person").map((row) => row.id));
  const drafts = (await database.getAllKeys("drafts")).filter(([, person]) => people.has(person));
  const purged = new Set((await database.get("meta", "purged")) ?? []).add(area);
  const numbers = entries.filter((entry) => entry.state === "acknowledged" || entry.status === "declined");
  await core.write(ALL, (tx) => {
    forgetArea(tx, area);
    purgeCopies(tx, { entries: [], drafts });
    for (const entry of numbers) tx.objectStore("outbox").put({ ...entry, person: null, sealed: null });
    tx.objectStore("meta").put([...purged], "purged");
  });
}

/** With nothing more to come, an entry whose record has not come is about one that left: it shows no longer. */
async function noteAbsent({ database, write }) {
  const [areas, cursors, entries] = await Promise.all([
    database.getAllKeys("cursors"),
    database.getAll("cursors"),
    database.getAll("outbox"),
  ]);
  const reached = new Map(areas.map((area, place) => [area, cursors[place].seq]));
  const absent = entries.filter(
    (entry) =>
      entry.state === "acknowledged" && !entry.seen && entry.row_seq === null && entry.seq !== null &&
      entry.seq <= (reached.get(entry.area) ?? -1),
  );
  if (!absent.length) return;
  await write(["meta", "outbox"], (tx) => {
    for (const entry of absent) tx.objectStore("outbox").put({ ...entry, seen: true });
  });
}

/**
 * Once an area that started afresh is here whole: copies, what was declined, and drafts about people who are in no
 * area of this phone go. Whoever was erased while it was away has left no tombstone for it to see.
 */
async function forgetStrangers(core) {
  const { database, sealer } = core;
  const [areas, cursors] = await Promise.all([database.getAllKeys("cursors"), database.getAll("cursors")]);
  const unchecked = areas.filter((_area, place) => cursors[place].unchecked);
  if (!unchecked.length) return;
  const directories = await Promise.all((await database.getAll("directory")).map((sealed) => sealer.open(sealed)));
  const here = new Set(directories.flat().map((row) => row.id));
  const [entries, drafts] = await Promise.all([database.getAll("outbox"), database.getAllKeys("drafts")]);
  const strangers = entries.filter(
    ({ state, status, person }) =>
      person && !here.has(person) && ((state === "acknowledged" && status !== "quarantined") || status === "declined"),
  );
  await core.write(ALL, (tx) => {
    purgeCopies(tx, { entries: strangers, drafts: drafts.filter(([, person]) => !here.has(person)) });
    for (const [place, area] of areas.entries()) {
      tx.objectStore("cursors").put({ ...cursors[place], unchecked: false }, area);
    }
  });
}

/** The key that parcels are sealed to; a server that was put back may have another, and is asked again. */
const fileKey = (identity, answer) =>
  answer.file_key ?? (identity.epoch && identity.epoch !== answer.epoch ? undefined : identity.file_key);

/** Who we are now, what is left to come, what the server knows to be purged; "ready" is written with them, last. */
async function finish(core, identity, answer, request) {
  const ready = identity.ready || !answer.more;
  const sealed = await core.sealer.seal({
    ...identity,
    epoch: answer.epoch,
    token: answer.token,
    file_key: fileKey(identity, answer),
    name: answer.me.name,
    role: answer.me.role,
    usable: Boolean(identity.usable || answer.usable || ready),
    ready,
  });
  const confirmed = new Set(request.purged ?? []);
  const purged = ((await core.database.get("meta", "purged")) ?? []).filter((area) => !confirmed.has(area));
  await core.write(["meta"], (tx) => {
    tx.objectStore("meta").put(sealed, "identity");
    tx.objectStore("meta").put(answer.remaining?.rows ?? 0, "left");
    tx.objectStore("meta").put(purged, "purged");
  });
}
