// Who is due, and why: calls, knocks, feedback, checks and birthdays, by rules held as data. Pure.
// Twin: webapp/care/rhythm.py; vectors: tests/vectors/rhythm.json.

import RULES from "../../care/rhythm.json" with { type: "json" };
import { addDays, daysBetween, isDate, localDate } from "./dates.js";
import { holidaysOf } from "./holidays.js";
import { thirdPlan } from "./pairing.js";
import { dayNumber, numberDay, periodLast, periodOf } from "./periods.js";
import { FAR, ownTimeline, settleRules } from "./rhythm_settings.js";

const DAY = 86_400_000;
const OFFSET = 8 * 3_600_000;
const AT_THE_DOOR = new Set([
  "urgent",
  "follow_up",
  ...RULES.rules.filter(({ unit }) => unit === "day" || unit === "week").map(({ key }) => key),
]);
const PLACES = new Map(RULES.order.map((why, place) => [why, place]));

/** `dues` of one person, {fields, alone, since}; `chain` are their areas, the grid last. */
export const duesOn = (person, summary, today, rhythms, chain) =>
  dues(makePlan(today, settleRules(rhythms, chain)), person.fields, person.alone, person.since, summary);

/** What is the same for everybody of a grid on one day: rules, holidays around, birthdays ahead. */
export function makePlan(today, timelines) {
  const year = Number(today.slice(0, 4));
  const near = [year - 1, year, year + 1].flatMap(holidaysOf);
  const now = near.find((each) => each.from <= today && today <= each.until);
  const soon = new Map();
  for (let ahead = 0; ahead <= RULES.birthday.lead; ahead += 1) {
    const day = addDays(today, ahead);
    soon.set(day.slice(5), ahead);
    if (day.slice(5) === "03-01" && addDays(day, -1).slice(5) === "02-28") soon.set("02-29", ahead);
  }
  return {
    today,
    number: dayNumber(today),
    holidays: near.map((each) => [dayNumber(each.from), dayNumber(each.until)]),
    holiday: now?.title ?? "",
    holiday_until: now?.until ?? "",
    soon,
    timelines,
  };
}

/** What is due for a person: [{why, date, late_days, left_days, because}], urgent first; `since` is when they were registered. */
export function dues(plan, fields, alone, since, summary) {
  if ((fields.state ?? "active") !== "active") return [];
  const seen = lastSeen(summary);
  const away = absence(fields);
  const found = [urgent(plan, seen), followUp(plan, summary)];
  if (!isWithin(away, plan.number)) {
    const known = since === null ? plan.number : numberOf(since);
    const person = { fields, alone, known, away, summary, seen };
    for (const rule of RULES.rules) found.push(periodic(plan, rule, person));
    found.push(birthday(plan, person));
  }
  return found.filter((due) => due !== null).sort((a, b) => PLACES.get(a.why) - PLACES.get(b.why));
}

/** The latest fact in which somebody saw them; talking with their parents or their school is none. */
export function lastSeen({ last }) {
  let found = null;
  for (const kind of RULES.seen_by) {
    const fact = last[kind];
    if (fact && (!found || fact.at > found.at || (fact.at === found.at && fact.id > found.id))) found = fact;
  }
  return found;
}

/** Whether somebody should come today: a call or a knock is due by now, or what is urgent or agreed. */
export const needsToday = (found) => found.some((each) => !each.left_days && AT_THE_DOOR.has(each.why));

/** The roles that a rule is first of all for. */
export const rolesOf = (key) => RULES.rules.find((rule) => rule.key === key).roles;

const urgent = (plan, seen) =>
  seen?.attention === "urgent" ? due(plan, "urgent", localDate(seen.at), "attention") : null;

function followUp(plan, { follow_ups: followUps }) {
  const first = followUps.find((item) => item.date <= plan.today);
  return first ? due(plan, "follow_up", first.date, "agreed") : null;
}

/** The due of one rule of periods, within its `lead`; none while it is off or pauses. */
function periodic(plan, rule, person) {
  const because = reasonOf(rule, person, plan.today);
  if (!because) return null;
  const { number: today } = plan;
  const limit = today + rule.lead;
  const timeline = ownTimeline(rule, plan.timelines[rule.key], person.fields);
  const setting = timeline.findLast(([begins]) => begins <= today)[1];
  let date = dateOf(rule.unit, timeline, lastOf(rule, person.summary), person.known, today);
  if (date === null || date > limit) return null;
  const holidays = setting.holidays === "pause" ? plan.holidays : [];
  if (holidays.some((pause) => isWithin(pause, today))) return null;
  date = afterPauses(rule.unit, date, holidays, person.away);
  if (date > limit) return null;
  const away = person.away ? [person.away] : [];
  const late = Math.max(today - date - paused(date, today, [...holidays, ...away]), 0);
  const left = Math.max(date - today, 0);
  return { why: rule.key, date: numberDay(date), late_days: late, left_days: left, because };
}

/** Which of a rule's conditions holds for a person; "" where none does. */
function reasonOf({ own, who: conditions }, { fields, alone, seen }, today) {
  if (own?.anybody?.includes(fields[own.field])) return "asked";
  const fits = (who) =>
    (!who.category || who.category.includes(fields.category)) &&
    (!who.alone || alone) &&
    (!who.risk || who.risk.includes(fields.risk)) &&
    (!who.absence || who.absence.includes(fields.absence)) &&
    (!who.attention || (seen !== null && who.attention.includes(seen.attention))) &&
    (!who.third_plan || thirdPlan(fields, today).state === "now");
  return conditions.find(fits)?.because ?? "";
}

/** The day of the last fact that a rule counts; null where there is none. */
function lastOf({ facts }, { last }) {
  let at = null;
  for (const kind of facts) if (last[kind] && (at === null || last[kind].at > at)) at = last[kind].at;
  return at === null ? null : numberOf(at);
}

/** The day something is due by the rule as it was and is; null where it is off today. */
function dateOf(unit, timeline, last, known, today) {
  const start = last ?? known;
  let date = null;
  for (const [place, [begins, setting]] of timeline.entries()) {
    if (begins > today || timeline[place + 1]?.[0] <= start) continue;
    if (!setting.on) {
      date = null;
      continue;
    }
    const usual = last === null ? endOf(unit, start) : periodLast(unit, periodOf(unit, last) + setting.every);
    const first = begins <= start ? usual : Math.max(usual, endOf(unit, begins));
    if (date === null) date = first;
    else date = usual >= date ? usual : Math.min(date, first);
  }
  return date;
}

/** The last day of the period in which something that begins on a day must first be done. */
const endOf = (unit, number) => periodLast(unit, periodOf(unit, number + RULES.grace[unit]));

/** A date that falls into a pause moves behind it: the day after a holiday, a period after an absence. */
function afterPauses(unit, number, holidays, away) {
  let date = number;
  for (let moved = true; moved; ) {
    moved = false;
    for (const pause of holidays) if (isWithin(pause, date)) [date, moved] = [pause[1] + 1, true];
    if (isWithin(away, date)) [date, moved] = [endOf(unit, away[1] + 1), true];
  }
  return date;
}

/** Days later than `after` and not later than `until` on which it paused. */
function paused(after, until, pauses) {
  let days = 0;
  for (const [first, last] of pauses) days += Math.max(0, Math.min(until, last) - Math.max(after + 1, first) + 1);
  return days;
}

/** A birthday today or in the next days, unless somebody was there on the day; never late. */
function birthday(plan, { fields, seen }) {
  const ahead = plan.soon.get((fields.birth ?? "").slice(5));
  if (ahead === undefined || (seen && ahead === 0 && numberOf(seen.at) === plan.number)) return null;
  return due(plan, "birthday", numberDay(plan.number + ahead), "birthday");
}

/** From when to when somebody is away, as day numbers; without an end it goes on. */
function absence({ away_from: begins, away_until: ends }) {
  if (!isDate(begins ?? "")) return null;
  return [dayNumber(begins), isDate(ends ?? "") ? Math.min(dayNumber(ends), FAR) : FAR];
}

const isWithin = (pause, number) => pause !== null && pause[0] <= number && number <= pause[1];
const numberOf = (millis) => Math.floor((millis + OFFSET) / DAY);

function due(plan, why, date, because) {
  const days = daysBetween(date, plan.today);
  return { why, date, late_days: Math.max(days, 0), left_days: Math.max(-days, 0), because };
}
