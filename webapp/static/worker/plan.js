// What to ask for next while a first sync is under way: one area's next cell at a time, several on their way at once,
// so that a line with slow answers is never idle. First what makes every area usable, then what is older. Pure.

/** A plan over the areas of one run; `stages` says what comes next of those that the phone knows. */
export function makePlan(stages) {
  const areas = new Map(Object.entries(stages).map(([area, stage]) => [area, { stage }]));
  const busy = new Set();
  let [total, since] = [0, 0];

  /** Count an answer in. */
  function hear(request, answer) {
    for (const area of answer.areas.lost) areas.delete(area);
    if (!request.only) for (const area of answer.areas.granted) areas.set(area, { stage: "people" });
    for (const [area, cursor] of Object.entries(request.cursors)) {
      if (areas.has(area) && !areas.get(area).cursor) areas.get(area).cursor = cursor;
    }
    for (const area of request.only ?? []) {
      busy.delete(area);
      if (!answer.news.length) areas.delete(area); // the next whole answer says what became of it
    }
    for (const page of answer.news) areas.set(page.area, { stage: stageAfter(page), cursor: page.cursor });
  }

  /** The area to ask for next, marked as asked for; null where `most` are on their way or no snapshot is left. */
  function next(most) {
    const waiting = [...areas].filter(([area, { stage }]) => stage !== "log" && !busy.has(area));
    const [area] = waiting.find(([, { stage }]) => stage !== "older") ?? waiting[0] ?? [null];
    if (busy.size >= most || area === null) return null;
    busy.add(area);
    const { cursor } = areas.get(area);
    return { only: [area], cursors: cursor ? { [area]: cursor } : {} };
  }

  /** Every area's cursor. */
  const cursors = () => Object.fromEntries([...areas].filter(([, { cursor }]) => cursor).map(([area, { cursor }]) => [area, cursor]));

  /** An answer about one area as one about all of them; `rows` have come before it. */
  function widen(request, answer, rows) {
    if (!request.only) [total, since] = [answer.remaining.rows, rows];
    if (!request.only || request.changes?.length) return answer; // what was just saved speaks of a phone that has all
    const usable = [...areas.values()].every(({ stage }) => stage === "older" || stage === "log");
    const remaining = { ...answer.remaining, rows: Math.max(total - (rows - since), 0) };
    return { ...answer, more: true, usable, remaining };
  }

  return { hear, next, cursors, widen };
}

/** What comes of an area after a page of it. */
export function stageAfter(page) {
  if (page.snapshot === undefined || page.last) return "log";
  return page.next ?? page.stage;
}
