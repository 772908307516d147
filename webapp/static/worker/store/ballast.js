// Ballast: half a megabyte of noise that this phone keeps for the day its space runs out. Then it is thrown
// overboard so that the visit at hand still saves, and the strip says so; it is taken aboard when space is back.
// It is one value, which Chromium keeps in a file of its own: deleting small ones frees nothing until its
// database is compacted, and takes more space until then (measured: 540 kB more, and the visit was not saved).

const SIZE = 512 * 1024;
const PIECE = 32 * 1024;
const ROOM = 4 * SIZE;

/** Run `write`; where space has run out, free the ballast and run it once more. */
export async function withBallast(database, write) {
  try {
    return await write();
  } catch (error) {
    if (error.name !== "QuotaExceededError" || !(await isAboard(database))) throw error;
    await database.write(["ballast"], (tx) => tx.objectStore("ballast").clear());
    return write();
  }
}

/** Take ballast aboard where there is none and room for four times as much; whether it is aboard. */
export async function takeBallast(database, random, estimate) {
  if (await isAboard(database)) return true;
  const { usage = 0, quota = Infinity } = await estimate();
  if (quota - usage < ROOM) return false;
  const noise = new Uint8Array(SIZE);
  for (let place = 0; place < SIZE; place += PIECE) noise.set(random(PIECE), place);
  try {
    await database.write(["ballast"], (tx) => tx.objectStore("ballast").put(noise, "noise"));
  } catch (error) {
    if (error.name === "QuotaExceededError") return false;
    throw error;
  }
  return true;
}

/** Whether the ballast is there. */
export const isAboard = async (database) => (await database.count("ballast")) > 0;
