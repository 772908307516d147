// Free clinics, lectures, screenings: which are on, and a list to tick off who came. Twin: webapp/…/sessions.py.

import profile from "../../../forms/profiles/session.json" with { type: "json" };
import { addDays, instantAt, isDate, localDate } from "../../care/dates.js";
import { valueText } from "../../forms/engine.js";
import { head } from "./frame.js";
import { byKeys, isActive, Shelf } from "./shelf.js";
import { ageWords, dayWords, joinWords } from "./words.js";

const [SHOWN_BEFORE, SHOWN_AFTER] = [30, 60]; // days around today
const NOON = 12;
const SOON = 3; // days
const FORM = profile.fields.find(({ key }) => key === "form");

/** The sessions of these grids around today, the next first, then those that were. */
export function sessionsView(book, now, t) {
  const today = localDate(now);
  const [first, last] = [addDays(today, -SHOWN_BEFORE), addDays(today, SHOWN_AFTER)];
  const shown = (book.sessions ?? []).filter((row) => first <= dayOf(row) && dayOf(row) <= last);
  shown.sort(byKeys((row) => [dayOf(row), row.id]));
  const titled = [
    [t("要办的"), shown.filter((row) => dayOf(row) >= today)],
    [t("办过的"), shown.filter((row) => dayOf(row) < today).reverse()],
  ];
  return {
    head: head(t("义诊、讲座、普查"), { back: "/field/today", back_text: t("今天") }),
    sections: titled
      .filter(([, rows]) => rows.length)
      .map(([title, rows]) => ({ title, entries: rows.map((row) => entry(row, today, t)) })),
    nothing: !shown.length,
  };
}

/** The sessions of today and the next three days, for the page of today. */
export function sessionsSoon(book, today, t) {
  const last = addDays(today, SOON);
  const soon = (book.sessions ?? []).filter((row) => today <= dayOf(row) && dayOf(row) <= last);
  return soon.sort(byKeys((row) => [dayOf(row), row.id])).map((row) => entry(row, today, t));
}

/** The list of a session's grid; `came` is the attendance fact of each person who did. Null: not in the book. */
export function sessionView(book, sessionId, came, now, t) {
  const session = (book.sessions ?? []).find((row) => row.id === sessionId);
  if (!session) return null;
  const shelf = new Shelf(book, localDate(now));
  const here = book.people.filter((row) => row.area === session.area);
  const people = here.filter((row) => isActive(row) || row.id in came);
  people.sort(byKeys((row) => shelf.walkKey(row)));
  const { fields } = session;
  return {
    head: head(fields.title ?? "", {
      sub: joinWords([words(session, shelf.today, t), fields.place ?? ""]),
      side: t("来了 %(n)s 人", { n: String(Object.keys(came).length) }),
      back: "/field/sessions",
      back_text: t("义诊、讲座、普查"),
    }),
    people: people.map((row) => personOf(shelf, row, sessionId, came, t)),
    nobody_here: !people.length,
    too_early: dayOf(session) > shelf.today,
  };
}

/** When somebody is noted to have come, ticked off at `now` (ms): noon of a day gone by; null before the day. */
export function cameAt(session, now) {
  const [day, today] = [dayOf(session), localDate(now)];
  if (day > today) return null;
  return day === today || !isDate(day) ? now : instantAt(day, NOON, 0);
}

function entry(session, today, t) {
  const { fields } = session;
  const detail = joinWords([words(session, today, t), fields.place ?? "", fields.organiser ?? ""]);
  return { href: `/field/sessions/${session.id}`, title: fields.title ?? "", detail };
}

function words(session, today, t) {
  const kind = session.fields.form ?? "";
  const day = isDate(dayOf(session)) ? dayWords(dayOf(session), today, t) : "";
  return joinWords([kind ? valueText(FORM, kind, t) : "", day]);
}

const personOf = (shelf, person, session, came, t) => ({
  id: `p-${person.id}`,
  name: person.fields.name ?? "",
  detail: joinWords([shelf.doorOf(person), ageWords(person, shelf.today, t)]),
  came: person.id in came,
  action: `/field/sessions/${session}/people/${person.id}`,
  check_href: `/field/people/${person.id}/health_check/new`,
});

const dayOf = ({ fields }) => String(fields.date ?? "");
