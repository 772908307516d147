// Whether this browser can keep what the store needs, tried on a database of its own that is deleted afterwards.

import { deleteDB, openDB } from "idb";
import { Connection } from "./connection.js";
import { makeLocks } from "./lock.js";
import { sealerOf } from "./seal.js";

const NAME = "qiaomen-probe";
const LARGE = 512 * 1024; // the ballast's size

/** {database, key, locks}: "" where it works, else the name of what went wrong. */
export async function probeStore({ crypto, locks, now = Date.now }) {
  const random = (length) => crypto.getRandomValues(new Uint8Array(length));
  const found = { database: await nameOf(() => tryDatabase()) };
  found.key = found.database || (await nameOf(() => tryKey(crypto)));
  found.locks = found.database || (await nameOf(() => tryLocks({ locks, now, random })));
  await deleteDB(NAME).catch((error) => console.error(error));
  return found;
}

async function nameOf(attempt) {
  try {
    await attempt();
    return "";
  } catch (error) {
    return error.name;
  }
}

const connect = () =>
  new Connection((callbacks) =>
    openDB(NAME, 1, { upgrade: (database) => database.createObjectStore("meta"), ...callbacks }),
  );

/** Write, close, open again, read: a text and half a megabyte in one transaction. */
async function tryDatabase() {
  const large = new Uint8Array(LARGE).fill(7);
  await put({ text: "敲门", large });
  const [text, kept] = await take("text", "large");
  if (text !== "敲门" || kept?.length !== LARGE || kept.some((byte) => byte !== 7)) throw new Error("not kept");
}

/** Keep a key that no script reads out, close, open again, and use it. */
async function tryKey(crypto) {
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await put({ key: made, sealed: await sealerOf(made, crypto).seal("敲门") });
  const [key, sealed] = await take("key", "sealed");
  if ((await sealerOf(key, crypto).open(sealed)) !== "敲门" || key.extractable) throw new Error("not usable");
}

/** Two at once, one after the other: by the browser's locks, else by the lease that stands in for them. */
async function tryLocks({ locks, now, random }) {
  const database = connect();
  let inside = 0;
  const work = async () => {
    inside += 1;
    if (inside > 1) throw new Error("two at once");
    await database.get("meta", "text");
    inside -= 1;
  };
  try {
    const { alone } = makeLocks(locks, { database, now, random });
    await Promise.all([alone(work), alone(work)]);
  } finally {
    database.close();
  }
}

async function put(values) {
  const database = connect();
  await database.write(["meta"], (tx) => {
    for (const [key, value] of Object.entries(values)) tx.objectStore("meta").put(value, key);
  });
  database.close();
}

async function take(...keys) {
  const database = connect();
  const values = await Promise.all(keys.map((key) => database.get("meta", key)));
  database.close();
  return values;
}
