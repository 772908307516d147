// What is known of a person from their facts, small enough to keep for everybody on a phone. Pure.
// {last_at, latest: {id, kind, at, attention, reasons}, last: {visit: {id, at, attention, reasons}},
//  follow_ups: [{date, kind, id, at}], returned: [{id, kind, at, author}]}. The result does not depend on the order of rows.
// Twin: webapp/care/summary.py; vectors: tests/vectors/summary.json.

import { localDate } from "./dates.js";

const COUNTED = new Set(["pending", "approved", "returned"]);

/** The summary of somebody nobody has visited yet. */
export const emptySummary = () => ({ last_at: 0, latest: null, last: {}, follow_ups: [], returned: [] });

/** The summary of a person's facts. */
export const summarise = (rows) => rows.reduce(mergeSummary, emptySummary());

/** The summary with one more fact counted in. A fact that is taken back needs summarise anew. */
export function mergeSummary(summary, row) {
  if (!COUNTED.has(row.state) || isPast(summary, row)) return summary;
  const fact = {
    id: row.id,
    at: row.occurred_at,
    attention: row.attention ?? "well",
    reasons: row.reasons ?? [],
  };
  const last = { ...summary.last, [row.kind]: later(summary.last[row.kind], fact) };
  const latest = later(summary.latest, { ...fact, kind: row.kind });
  const followUps = summary.follow_ups.filter((item) => item.id !== row.id);
  const date = row.fields.next_date;
  if (date) followUps.push({ date, kind: row.kind, id: row.id, at: row.occurred_at });
  const open = followUps.filter((item) => !done(item, latest.at));
  open.sort((a, b) => (a.date + a.id < b.date + b.id ? -1 : 1));
  const returned = summary.returned.filter((item) => item.id !== row.id);
  if (row.state === "returned") {
    returned.push({ id: row.id, kind: row.kind, at: row.occurred_at, author: row.author });
    returned.sort((a, b) => (a.id < b.id ? -1 : 1));
  }
  return { last_at: latest.at, latest, last, follow_ups: open, returned };
}

/** Whether a fact is so old that the summary says nothing of it: the common case where much comes at once. */
const isPast = ({ latest, last, follow_ups: followUps, returned }, { id, kind, occurred_at: at, state, fields }) =>
  latest !== null &&
  at < latest.at &&
  at < (last[kind]?.at ?? -1) &&
  state !== "returned" &&
  (!fields.next_date || done({ date: fields.next_date, at }, latest.at)) &&
  followUps.every((item) => item.id !== id) &&
  returned.every((item) => item.id !== id);

function later(known, fact) {
  if (!known || fact.at > known.at || (fact.at === known.at && fact.id >= known.id)) return fact;
  return known;
}

/** Somebody came on that day or later, after it was agreed. */
const done = (followUp, lastAt) => lastAt > followUp.at && localDate(lastAt) >= followUp.date;
