// Whether what is kept here outlives the browser's end. No browser says "private mode", and Chromium reports the same
// quota in it as anywhere; but in private mode the real quota is a fifth of the memory at most, so a file of half the
// memory (in name only: nothing is written, and it is thrown away) is refused there, and where a phone is nearly full.

const SMALLEST_QUOTA = 120 * 1024 * 1024; // what older private modes report
const GIGABYTE = 2 ** 30;
const NAME = "probe";

/** "" where all looks lasting, "private" where it looks like private mode or like a phone that is nearly full. */
export async function looksPassing() {
  const storage = navigator.storage;
  if (!storage?.estimate || (await storage.persisted?.())) return "";
  const { quota = Infinity } = await storage.estimate();
  if (quota < SMALLEST_QUOTA) return "private";
  return (await refusesHalfTheMemory()) ? "private" : "";
}

async function refusesHalfTheMemory() {
  if (!navigator.deviceMemory || !navigator.storage.getDirectory) return false;
  try {
    const folder = await navigator.storage.getDirectory();
    const file = await folder.getFileHandle(NAME, { create: true });
    const writing = await file.createWritable();
    const refused = await writing.truncate((navigator.deviceMemory * GIGABYTE) / 2).then(
      () => false,
      (error) => error.name === "QuotaExceededError",
    );
    await writing.abort().catch(() => undefined); // a refused one is closed already
    await folder.removeEntry(NAME);
    return refused;
  } catch (error) {
    console.error(error); // this browser has no such files, or hides them: nothing is known
    return false;
  }
}
