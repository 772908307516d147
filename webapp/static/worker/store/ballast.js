// Ballast: half a megabyte of noise that this phone keeps for the day its space runs out. Then it is thrown
// overboard so that the visit at hand still saves, and the strip says so; it is taken aboard when space is back.

const PIECE = 32 * 1024;
const PIECES = 16;
const ROOM = 4 * PIECE * PIECES;

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
  const pieces = Array.from({ length: PIECES }, () => random(PIECE));
  try {
    await database.write(["ballast"], (tx) => {
      for (const [place, piece] of pieces.entries()) tx.objectStore("ballast").put(piece, place);
    });
  } catch (error) {
    if (error.name === "QuotaExceededError") return false;
    throw error;
  }
  return true;
}

/** Whether the ballast is there. */
export const isAboard = async (database) => (await database.count("ballast")) > 0;
