// What of this phone nobody else has: changes that wait, in the order in which they are sent, and drafts.

import { inSendingOrder } from "./outbox.js";

/** {changes, drafts}: whole changes, and drafts as {kind, person, body}. */
export async function readUnsent({ database, sealer }) {
  const [waiting, keys, drafts] = await Promise.all([
    database.getAllFromIndex("outbox", "state", "waiting"),
    database.getAllKeys("drafts"),
    database.getAll("drafts"),
  ]);
  return {
    changes: await Promise.all(inSendingOrder(waiting).map((entry) => sealer.open(entry.sealed))),
    drafts: await Promise.all(
      keys.map(async ([kind, person], place) => ({ kind, person, body: await sealer.open(drafts[place]) })),
    ),
  };
}

/** Whether there is anything of that kind. */
export async function hasUnsent({ database }) {
  const counts = [database.countFromIndex("outbox", "state", "waiting"), database.count("drafts")];
  return (await Promise.all(counts)).some(Boolean);
}
