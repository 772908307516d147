// Public holidays: as announced by the State Council, else by the rule of its notice; none after the table. Pure.
// Twin: webapp/care/holidays.py; vectors: tests/vectors/holidays.json.

import TABLE from "../../care/holidays.json" with { type: "json" };
import { addDays, weekday } from "./dates.js";

const [FIRST, LAST] = [2, 9998]; // years around which the calendar still has days
const known = new Map();

/** [{title, from, until}] of a year, in order of the calendar; both ends are days off. */
export function holidaysOf(year) {
  if (!known.has(year)) known.set(year, TABLE.announced.years[year] ?? reckon(year));
  return known.get(year);
}

function reckon(year) {
  if (year < FIRST || year > LAST) return [];
  const lunar = TABLE.lunar.years[year] ?? {};
  const found = TABLE.rule.festivals.map((festival) => byRule(festival, year, lunar)).filter(Boolean);
  return join(found).sort((a, b) => (a.from < b.from ? -1 : 1));
}

function byRule(festival, year, lunar) {
  const day = festival.on ? `${year}-${festival.on}` : lunar[festival.table];
  if (!day) return null;
  if (festival.days) {
    const start = addDays(day, -(festival.before ?? 0));
    return { title: festival.title, from: start, until: addDays(start, festival.days - 1) };
  }
  const [before, after] = TABLE.rule.around_weekday.days[weekday(day)];
  return { title: festival.title, from: addDays(day, before), until: addDays(day, after) };
}

/** 中秋节 that meets 国庆节 makes one holiday of it, a day longer. */
function join(found) {
  const named = (name) => found.find((each) => each.title === name);
  for (const festival of TABLE.rule.festivals) {
    const [small, large] = [named(festival.title), named(festival.joins)];
    if (small && large && small.from <= large.until && large.from <= small.until) {
      const { joined_days: days } = TABLE.rule.festivals.find((each) => each.title === large.title);
      const joined = { title: `${large.title}、${small.title}`, from: large.from, until: addDays(large.from, days - 1) };
      return [...found.filter((each) => each !== small && each !== large), joined];
    }
  }
  return found;
}
