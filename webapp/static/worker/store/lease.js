// The lock of browsers without Web Locks: a record {owner, until} in `meta` says who is at work, renewed while they
// are and taken over when it is over (a worker that was killed frees nothing). A holder that slept past its time
// and wakes is stopped by its next write, in the write's own transaction: it wrote nothing, and starts again.

import { withBallast } from "./ballast.js";

export const LASTS = 5_000;
const RENEWED = LASTS / 5;
const TRIED_AGAIN = 100;

/**
 * A function that runs `work` alone under `name`. `database` is a Connection, `owner` this tab's or worker's own
 * name, `pause(ms)` resolves later, `every(ms, work)` repeats until the function it returns is called. With
 * `guards`, writes inside `work` are refused once the lease is somebody else's; else it only keeps others waiting.
 */
export function makeLease(name, { database, owner, now, pause, every, guards = true }) {
  const key = `lease ${name}`;
  let last = Promise.resolve();

  function alone(work) {
    const run = last.then(() => untilHeld(work));
    last = run.catch(() => undefined);
    return run;
  }

  /** Again from the start where the lease was lost meanwhile: nothing of the interrupted write was kept. */
  async function untilHeld(work) {
    for (;;) {
      while (!(await take())) await pause(TRIED_AGAIN);
      const holding = { lost: false };
      const stop = every(RENEWED, () => renew());
      try {
        return guards ? await database.guarded((tx) => check(tx, holding), work) : await work();
      } catch (error) {
        if (!holding.lost) throw error;
      } finally {
        stop();
        await alter((lease) => (lease?.owner === owner ? null : lease));
      }
    }
  }

  const take = async () => (await alter((lease) => (isFree(lease) ? mine() : lease)))?.owner === owner;
  const renew = () => alter((lease) => (lease?.owner === owner ? mine() : lease));
  const mine = () => ({ owner, until: now() + LASTS });

  /** Free: nobody's, one's own, over, or from a clock that has gone back since. */
  function isFree(lease) {
    return !lease || lease.owner === owner || lease.until <= now() || lease.until > now() + LASTS;
  }

  /** Abort a write of somebody who no longer holds the lease. */
  function check(tx, holding) {
    tx.objectStore("meta").get(key).onsuccess = ({ target }) => {
      if (target.result?.owner === owner) return;
      holding.lost = true;
      tx.abort();
    };
  }

  /** Replace the lease by `change(lease)` (null takes it away); returns what it is then. */
  async function alter(change) {
    let after = null;
    const write = (tx) => {
      const meta = tx.objectStore("meta");
      meta.get(key).onsuccess = ({ target }) => {
        const before = target.result ?? null;
        after = change(before);
        if (after === before) return;
        if (after) meta.put(after, key);
        else meta.delete(key);
      };
    };
    await withBallast(database, () => database.unguarded(["meta"], write));
    return after;
  }

  return alone;
}
