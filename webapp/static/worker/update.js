// How one build hands over to the next: between exchanges and saves, and only to one that reads all that waits.

import { handOver, inspectOutbox } from "./store/handover.js";
import { openStore } from "./store/index.js";

const random = (length) => crypto.getRandomValues(new Uint8Array(length));

/**
 * Make ready to take over from the build that runs: {ok, code}; where it is, the page says "activate" once the other
 * has come to rest (rest.js). Where this build cannot, it stays waiting and the other goes on.
 */
export async function takeOver() {
  try {
    return await handOver({ locks: navigator.locks, now: Date.now, random }, takeOverNow);
  } catch (error) {
    console.error(error);
    return { ok: false, code: "broken" };
  }
}

/** Nobody saves or exchanges now: read what waits, as it is and once more after this build's upgrade of it. */
async function takeOverNow() {
  const before = await inspectOutbox(crypto);
  if (before.unreadable) return { ok: false, code: "unreadable" };
  const store = await openStore({ crypto, locks: navigator.locks, now: Date.now, random });
  store.close();
  const after = await inspectOutbox(crypto);
  if (after.unreadable || after.entries !== before.entries) return { ok: false, code: "unreadable" };
  return { ok: true, code: "" };
}
