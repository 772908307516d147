// Local dates in China: UTC+8 all year, one zone. Pure. Dates are ISO strings, instants ms.
// Twin: webapp/care/dates.py; vectors: tests/vectors/dates.json.

const OFFSET = 8 * 3_600_000;
export const DAY = 86_400_000; // ms

/** The date in the village at an instant. */
export const localDate = (millis) => iso(millis + OFFSET).slice(0, 10);

/** The time of day in the village at an instant: "18:26". */
export const localTime = (millis) => iso(millis + OFFSET).slice(11, 16);

/** The instant of a local date and time. */
export const instantAt = (day, hour, minute) => utc(day) + hour * 3_600_000 + minute * 60_000 - OFFSET;

/** Whether `text` is a day of the calendar, years 0001 to 9999: 30 February is none. */
export function isDate(text) {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) || text.startsWith("0000")) return false;
  const millis = utc(text);
  return !Number.isNaN(millis) && iso(millis).slice(0, 10) === text;
}

/** The date `days` later. */
export const addDays = (day, days) => iso(utc(day) + days * DAY).slice(0, 10);

/** Days from one date to another; negative where it lies before. */
export const daysBetween = (earlier, later) => Math.round((utc(later) - utc(earlier)) / DAY);

/** Monday 1 … Sunday 7. */
export const weekday = (day) => new Date(utc(day)).getUTCDay() || 7;

/** The Sunday of a date's week. */
export const weekEnd = (day) => addDays(day, 7 - weekday(day));

/** Whole years lived on `day`; `birth` may be a year or a month only. null where it is no date. */
export function ageOn(birth, day) {
  const match = /^([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?$/.exec(birth);
  if (!match) return null;
  const [year, month, ofMonth] = day.split("-").map(Number);
  const bornMonth = Number(match[2] || 1);
  const before = month < bornMonth || (month === bornMonth && ofMonth < Number(match[3] || 1));
  const age = year - Number(match[1]) - (before ? 1 : 0);
  return age >= 0 ? age : null;
}

const utc = (day) => Date.parse(`${day}T00:00:00Z`);
const iso = (millis) => new Date(millis).toISOString();
