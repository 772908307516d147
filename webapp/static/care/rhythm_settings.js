// What a village, a grid and a person changed of the rules of the rhythm, from which day on. Pure.
// Twin: webapp/care/rhythm_settings.py; vectors: tests/vectors/rhythm_settings.json.

import RULES from "../../care/rhythm.json" with { type: "json" };
import { isDate } from "./dates.js";
import { dayNumber } from "./periods.js";

const ALWAYS = -(10 ** 7); // a day number before all days
export const FAR = 2 * 10 ** 6; // a day number after all days that matter, in the year 7445
const MOST = 366; // periods between two calls, at most

/** Each rule's settings by the day they begin, for people of the last area of `chain`: {key: [[begins, {on, every, holidays}]]}. */
export function settleRules(rhythms, chain) {
  const byRule = new Map();
  for (const row of rhythms.filter(({ area }) => chain.includes(area))) {
    const key = row.fields.rule ?? "";
    if (!byRule.has(key)) byRule.set(key, []);
    byRule.get(key).push(row);
  }
  return Object.fromEntries(RULES.rules.map((rule) => [rule.key, settle(rule, byRule.get(rule.key) ?? [], chain)]));
}

/** The settings as a person's own choice (rhythm_…, from rhythm_from on) leaves them. */
export function ownTimeline({ own }, timeline, fields) {
  const chosen = own && fields[own.field];
  if (!chosen || (own.every[chosen] === undefined && !own.off.includes(chosen))) return timeline;
  const begins = numberOf(fields.rhythm_from);
  const before = timeline.filter(([day]) => day < begins);
  const setting = { ...timeline.at(-1)[1], on: !own.off.includes(chosen), every: own.every[chosen] ?? 1 };
  return [...before, [begins, setting]];
}

function settle(rule, rows, chain) {
  const usual = { on: true, every: rule.every, holidays: rule.holidays };
  let timeline = [[ALWAYS, usual]];
  const days = [...new Set(rows.map(beginsOn))].sort((a, b) => a - b);
  for (const begins of days) {
    let setting = usual;
    for (const area of chain) {
      setting = asOf(
        rule,
        rows.filter((row) => row.area === area),
        begins,
        setting,
      );
    }
    if (!isSame(setting, timeline.at(-1)[1])) {
      timeline = [...timeline.filter(([day]) => day < begins), [begins, setting]];
    }
  }
  return timeline;
}

/** The setting of an area on a day: its latest record that has begun, else what is above it. */
function asOf(rule, rows, day, above) {
  const begun = rows.filter((row) => beginsOn(row) <= day);
  begun.sort((a, b) => beginsOn(a) - beginsOn(b) || (a.id < b.id ? -1 : 1));
  const fields = begun.at(-1)?.fields;
  if (!fields || (fields.state ?? "on") === "above") return above;
  return {
    on: (fields.state ?? "on") !== "off",
    every: Math.min(Math.max(fields.every ?? rule.every, 1), MOST),
    holidays: fields.holidays ?? rule.holidays,
  };
}

const isSame = (a, b) => a.on === b.on && a.every === b.every && a.holidays === b.holidays;
const beginsOn = (row) => numberOf(row.fields.from);
const numberOf = (day) => (isDate(day ?? "") ? Math.min(dayNumber(day), FAR) : ALWAYS);
