// How a need goes from being raised to being met: which step may follow which, and what each must say. Pure.
// Judged by what the step itself says and what its author saw, never by what arrived meanwhile.
// Twin: webapp/care/needs.py; vectors: tests/vectors/needs.json.

import RULES from "../../care/needs.json" with { type: "json" };
import { daysBetween, isDate } from "./dates.js";

export const STEPS = RULES.steps;
const NO_DATE = "9999-12-31";

/** The code for which a set of a need is held; "" where it may stand. `stored` is null where nothing is known. */
export function judgeStep(body, base, stored, resolves) {
  const emptied = RULES.kept.find((key) => key in body && !says(body[key]));
  if (emptied) return codeOf(emptied);
  if (stored === null && body.state !== "open") return "unknown_record";
  if (!("state" in body)) return "";
  const step = stepOf(body.state);
  const seen = base.state || "";
  const follows = step && (resolves || (step.from.includes(seen) && (seen !== "" || stored === null)));
  if (!follows) return "wrong_step";
  return whatIsMissing(step, resolves ? { ...stored, ...body } : body, stored === null);
}

function whatIsMissing(step, known, isNew) {
  if (isNew && !RULES.about_whom.some((key) => says(known[key]))) return "invalid_fields";
  const missing = step.must.find((key) => !says(known[key]));
  return missing ? codeOf(missing) : "";
}

/** The steps that may follow a state, in the order in which they are offered. */
export const nextSteps = (state) => Object.keys(STEPS).filter((name) => STEPS[name].from.includes(state));

/** Whether somebody has still to do something. */
export const isOpen = (fields) => fields.state !== "closed";

/** Whole days since the day by which an open need was to be met; 0 where it is not late. */
export function lateDays(fields, today) {
  const due = dueOf(fields);
  return isOpen(fields) && due !== NO_DATE ? Math.max(daysBetween(due, today), 0) : 0;
}

/** What needs are sorted by: late ones first, then how urgent, then by when, then since when. */
export function needOrder(fields, today) {
  const place = RULES.urgency.indexOf(fields.urgency);
  const urgency = place < 0 ? RULES.urgency.length : place;
  return [lateDays(fields, today) ? 0 : 1, urgency, dueOf(fields), fields.opened_at ?? 0];
}

const stepOf = (state) => (Object.hasOwn(STEPS, String(state)) ? STEPS[String(state)] : undefined);
const dueOf = ({ due }) => (typeof due === "string" && isDate(due) ? due : NO_DATE);
const says = (value) => (typeof value === "string" ? value.trim() !== "" : value !== null && value !== undefined);
const codeOf = (key) => RULES.codes[key] ?? "invalid_fields";
