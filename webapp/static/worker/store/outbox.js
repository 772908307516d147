// What this phone has to say, and what became of it. An entry leaves the outbox only by its own id, in an
// answer of the server; what the server took is kept 30 days, and offered again when its epoch changed.

import { isId } from "../../sync/ids.js";

const KEPT = 30 * 86_400_000;
const DONE = new Set(["accepted", "duplicate", "conflict", "quarantined"]);

/** The entry of a change as it is saved. */
export const newEntry = (change, attention, sealed, now) => ({
  id: change.id,
  area: change.area,
  kind: change.kind,
  op: change.op,
  person: change.person ?? null,
  record: change.record,
  stamp: change.stamp,
  about: aboutOf(change),
  rank: isUrgent(change, attention) ? 0 : 1,
  state: "waiting",
  status: "",
  code: "",
  seq: null,
  row_seq: null,
  seen: false,
  saved_at: now,
  acknowledged_at: 0,
  sealed,
});

/** The entry after the server's status for it; of somebody who was erased nothing is kept but its number. */
export function settleEntry(entry, status, now) {
  const done = DONE.has(status.status);
  const erased = status.code === "erased_person";
  const settled = {
    ...entry,
    state: done ? "acknowledged" : "needs",
    status: status.status,
    code: status.code ?? "",
    seq: status.seq ?? null,
    acknowledged_at: done ? now : 0,
    ...(erased ? { person: null, sealed: null } : {}),
  };
  return { ...settled, seen: isShownBy(settled) };
}

/** A quarantined entry after a supervisor's verdict; `reason` is sealed. What was declined stays, and says so. */
export function decideEntry(entry, verdict, reason) {
  if (entry.status !== "quarantined") return entry;
  if (verdict.code === "erased_person") return settleEntry(entry, { status: "rejected", code: verdict.code }, 0);
  if (verdict.state === "accepted") {
    const accepted = { ...entry, status: "accepted", code: "", seq: verdict.seq ?? null };
    return { ...accepted, seen: isShownBy(accepted) };
  }
  if (verdict.state === "declined") return { ...entry, state: "needs", status: "declined", code: "declined", reason };
  return entry;
}

/** The entry once its row, or none, is on this phone with the number `seq`. */
export function meetRow(entry, seq) {
  const met = { ...entry, row_seq: seq };
  return { ...met, seen: isShownBy(met) };
}

/** The entry after the person said 知道了. */
export const dismissEntry = (entry, now) => ({ ...entry, state: "acknowledged", seen: true, acknowledged_at: now });

/** The entry as it is offered to a server that may have forgotten it (another epoch); null where that cannot be. */
export const offerAgain = (entry) =>
  entry.state === "acknowledged" && entry.sealed ? { ...entry, state: "waiting", seq: null, seen: false } : null;

/** Whether an entry still has to be laid over the server's rows. */
export const isUnseen = (entry) =>
  Boolean(entry.sealed) && !(entry.state === "acknowledged" && entry.seen) && !correctsNothing(entry);

/**
 * Whether the server has judged a correction and did not count it in: declined, refused, or an edit that is held.
 * Laid over a profile it would hide whose value shows, and that two compete.
 */
const correctsNothing = ({ op, status }) =>
  (status === "declined" && op !== "record") ||
  (status === "rejected" && (op === "set" || op === "void")) ||
  (status === "quarantined" && op === "set");

/**
 * Whether the server's row, as the phone has it, already shows what an entry did. A cursor past the entry's
 * number does not say so: its record may have a later number, on a page that is still to come.
 */
const isShownBy = (entry) =>
  entry.state === "acknowledged" && entry.seq !== null && (entry.row_seq ?? -1) >= entry.seq;

/** Whether an acknowledged copy has been kept long enough. */
export const isOver = (entry, now) =>
  entry.state === "acknowledged" && entry.status !== "quarantined" && entry.acknowledged_at < now - KEPT;

/** Whether a supervisor has still to decide about an entry. */
export const isUndecided = (entry) => entry.state === "acknowledged" && entry.status === "quarantined";

/** Oldest first; but what is urgent before all else, each after what it builds upon (its person, its record). */
export function inSendingOrder(entries) {
  const oldest = [...entries].sort((a, b) => (a.stamp < b.stamp ? -1 : 1));
  const first = new Set();
  const send = (entry) => {
    if (first.has(entry)) return;
    const upon = new Set([entry.record, entry.person, ...(entry.about ?? [])]);
    for (const earlier of oldest) {
      if (earlier === entry) break;
      if (upon.has(earlier.record)) send(earlier);
    }
    first.add(entry);
  };
  for (const entry of oldest) if (entry.rank === 0) send(entry);
  return [...first, ...oldest.filter((entry) => !first.has(entry))];
}

/** New facts and needs that cannot wait. */
const isUrgent = ({ op, kind, body }, attention) =>
  (op === "record" && attention === "urgent") || (op === "set" && kind === "need" && body.urgency === "urgent");

/** The ids that a change names beside its record and its person, in the clear like these. */
const aboutOf = ({ amends, household, body }) =>
  [amends, household, body.person, body.household, body.need].filter((id) => isId(id));
