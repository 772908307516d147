// The hybrid logical clock: orders edits by real time, and by cause where clocks disagree. Pure.
// A stamp is fixed-width ASCII: "0001763980000000-0000-a1b2c3d4" (milliseconds, counter, node).
// Twin: sync/clock.py; vectors: tests/vectors/clock.json.

const AHEAD_LIMIT = 5 * 60 * 1000;
const MAX_COUNTER = 0xffff;
const STAMP = /^([0-9]{16})-([0-9a-f]{4})-([0-9a-f]{8})$/;

/** The clock after making an edit at the wall time `now` (ms): always later than before. */
export function tick(clock, now) {
  if (now > clock.millis) return { millis: now, counter: 0, node: clock.node };
  return next(clock.millis, clock.counter, clock.node);
}

/** The clock after seeing `remote` at the wall time `now`: later than both. */
export function receive(clock, remote, now) {
  const latest = Math.max(now, clock.millis, remote.millis);
  if (latest === clock.millis && latest === remote.millis) {
    return next(latest, Math.max(clock.counter, remote.counter), clock.node);
  }
  if (latest === clock.millis) return next(latest, clock.counter, clock.node);
  if (latest === remote.millis) return next(latest, remote.counter, clock.node);
  return { millis: latest, counter: 0, node: clock.node };
}

/** [clock, pulled]: a clock that runs more than five minutes ahead is pulled back to `now`. */
export function clamp(clock, now) {
  if (clock.millis <= now + AHEAD_LIMIT) return [clock, false];
  return [{ ...clock, millis: now }, true];
}

/** The stamp of a clock. */
export const formatStamp = ({ millis, counter, node }) =>
  `${String(millis).padStart(16, "0")}-${counter.toString(16).padStart(4, "0")}-${node}`;

/** The clock of a stamp; throws where it is none. */
export function parseStamp(stamp) {
  const match = STAMP.exec(stamp);
  if (!match) throw new Error("not a stamp");
  return { millis: Number(match[1]), counter: Number.parseInt(match[2], 16), node: match[3] };
}

const next = (millis, counter, node) =>
  counter < MAX_COUNTER ? { millis, counter: counter + 1, node } : { millis: millis + 1, counter: 0, node };
