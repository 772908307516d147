// Days as numbers and the calendar's periods over them: day, week (Monday to Sunday), month, quarter. Pure.
// A day number counts days since 1970-01-01. Twin: webapp/care/periods.py; vectors: tests/vectors/periods.json.

const DAY = 86_400_000;
const MOST_KEPT = 4000;
const written = new Map();

/** The number of an ISO date. */
export const dayNumber = (day) =>
  Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1, Number(day.slice(8, 10))) / DAY;

/** The ISO date of a day number; a page asks for the same few over and over. */
export function numberDay(number) {
  if (!written.has(number)) {
    if (written.size > MOST_KEPT) written.clear();
    written.set(number, new Date(number * DAY).toISOString().slice(0, 10));
  }
  return written.get(number);
}

/** The period a day lies in, counted without gaps: `unit` is day, week, month or quarter. */
export function periodOf(unit, number) {
  if (unit === "day") return number;
  if (unit === "week") return Math.floor((number + 3) / 7);
  const day = new Date(number * DAY);
  const month = day.getUTCFullYear() * 12 + day.getUTCMonth();
  return unit === "month" ? month : Math.floor(month / 3);
}

/** The last day of a period, as a day number. */
export function periodLast(unit, period) {
  if (unit === "day") return period;
  if (unit === "week") return period * 7 + 3;
  const after = unit === "month" ? period + 1 : (period + 1) * 3;
  return Date.UTC(Math.floor(after / 12), after % 12, 1) / DAY - 1;
}
