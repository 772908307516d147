// Before this build takes over from another: nobody saves or exchanges meanwhile, and every entry that waits on the
// phone must be readable here. Looking alters nothing: the build that runs goes on whatever this finds.

import { Connection } from "./connection.js";
import { openAsItIs } from "./database.js";
import { makeLocks } from "./lock.js";
import { sealerOf } from "./seal.js";

/** Run `work` while no build exchanges or saves, whatever the version of its database. */
export async function handOver({ locks, ...around }, work) {
  const database = new Connection(openAsItIs);
  const { alone, exchanging } = makeLocks(locks, { ...around, database, guards: false });
  try {
    return await exchanging(() => alone(work));
  } finally {
    database.close();
  }
}

/** {entries, unreadable}: how many entries the outbox has, and how many of them this build cannot open. */
export async function inspectOutbox(crypto) {
  const database = await openAsItIs();
  if (!database) return { entries: 0, unreadable: 0 };
  try {
    const [key, entries] = await Promise.all([database.get("meta", "key"), database.getAll("outbox")]);
    const sealer = sealerOf(key, crypto);
    const opened = await Promise.allSettled(entries.map((entry) => openEntry(sealer, entry)));
    return { entries: entries.length, unreadable: opened.filter(({ status }) => status === "rejected").length };
  } finally {
    database.close();
  }
}

async function openEntry(sealer, entry) {
  const change = await sealer.open(entry.sealed);
  if (change?.id !== entry.id) throw new Error("not this entry's change");
}
