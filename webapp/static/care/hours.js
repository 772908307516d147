// Opening hours of a room: "1-5 16:00-18:00" is Monday to Friday from four to six. Pure.
// Twin: webapp/care/hours.py; vectors: tests/vectors/hours.json.

import { localDate, localTime, weekday } from "./dates.js";

const DAYS = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
const LINE = /^([1-7])(?:-([1-7]))? ([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])$/;

/** Whether a line can be true: days in order, closing after opening, no later than midnight. */
export function isHours(line) {
  const found = LINE.exec(line);
  if (!found) return false;
  const [, first, last, , , closes, minutes] = found;
  if (closes === "24" && minutes !== "00") return false;
  const [opened, closed] = line.slice(-11).split("-");
  return opened < closed && (last === undefined || first <= last);
}

/** Whether one of the lines holds at this instant (ms), village time. */
export function isOpen(lines, now) {
  const [day, time] = [String(weekday(localDate(now))), localTime(now)];
  return lines.some((line) => isHours(line) && holds(line, day, time));
}

/** 周一至周五 16:00–18:00; what is no line stays as it is. */
export function hoursWords(line, t) {
  if (!isHours(line)) return line;
  const [days, times] = line.split(" ");
  const first = t(DAYS[Number(days[0]) - 1]);
  const last = t(DAYS[Number(days.at(-1)) - 1]);
  const named = first === last ? first : t("%(first)s至%(last)s", { first, last });
  return `${named} ${times.replaceAll("-", "–")}`;
}

function holds(line, day, time) {
  const [days, times] = line.split(" ");
  const [opened, closed] = times.split("-");
  return days[0] <= day && day <= days.at(-1) && opened <= time && time < closed;
}
