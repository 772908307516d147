// What this build still has to do, for the next one: it takes over only when nothing is under way, because Chromium,
// asked while something is, looks again only half a minute later.

const underWay = new Set();

/** Count a piece of work until it has ended. */
export function track(work) {
  underWay.add(work);
  const ended = () => underWay.delete(work);
  work.then(ended, ended);
  return work;
}

/** An event whose later work counts, too. */
export const tracked = (event) => ({ request: event.request, waitUntil: (work) => event.waitUntil(track(work)) });

/** Once nothing is under way: {rested: true}. */
export async function rest() {
  while (underWay.size) await Promise.allSettled([...underWay]);
  return { rested: true };
}
