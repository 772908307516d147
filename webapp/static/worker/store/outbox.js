// What this phone has to say, and what became of it. An entry leaves the outbox only by its own id, in an
// answer of the server; what the server took is kept 30 days, and offered again when its epoch changed.

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
  rank: change.op === "record" && attention === "urgent" ? 0 : 1,
  state: "waiting",
  status: "",
  code: "",
  seq: null,
  seen: false,
  saved_at: now,
  acknowledged_at: 0,
  sealed,
});

/** The entry after the server's status for it. */
export function settleEntry(entry, status, now) {
  const done = DONE.has(status.status);
  return {
    ...entry,
    state: done ? "acknowledged" : "needs",
    status: status.status,
    code: status.code ?? "",
    seq: status.seq ?? null,
    acknowledged_at: done ? now : 0,
  };
}

/** Whether an entry still has to be laid over the server's rows. */
export const isUnseen = (entry) => !(entry.state === "acknowledged" && entry.seen);

/**
 * Whether the server's row, as the phone has it, already shows what an entry did. A cursor past the entry's
 * number does not say so: its record may have a later number, on a page that is still to come.
 */
export const isShownBy = (entry, seq) =>
  entry.state === "acknowledged" && entry.seq !== null && seq !== undefined && seq >= entry.seq;

/** Whether an acknowledged copy has been kept long enough. */
export const isOver = (entry, now) =>
  entry.state === "acknowledged" && entry.seq !== null && entry.acknowledged_at < now - KEPT;

/** Oldest first, urgent new facts before all (they depend on nothing else that waits). */
export const sendingOrder = (a, b) => a.rank - b.rank || (a.stamp < b.stamp ? -1 : 1);
