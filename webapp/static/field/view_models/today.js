// 今天: who is due and why, nearest first. Twin: webapp/field/view_models/today.py.

import { localDate } from "../../care/dates.js";
import { head } from "./frame.js";
import { byKeys, Shelf } from "./shelf.js";
import { ageWords, dayWords, joinWords, tagOf, weekdayWords } from "./words.js";

const SECTIONS = [
  ["先去这里", ["urgent", "follow_up"], ""],
  ["今天一敲门", ["daily_knock"], "敲一敲"],
  ["本周一登门", ["weekly_call"], "登门"],
];
const MOST_SHOWN = 60;

/** Head, sections of people, and what to say where nobody is due. */
export function todayView(book, now, t) {
  const today = localDate(now);
  const shelf = new Shelf(book, today);
  const walk = book.people.map((person) => [person, shelf.walkKey(person)]);
  walk.sort(byKeys(([, key]) => key));
  const due = walk.map(([person]) => [person, shelf.duesOf(person)]).filter(([, found]) => found.length);
  const sections = [];
  const households = [new Set(), new Set()];
  for (const [title, whys, badge] of SECTIONS) {
    const people = due.map(([person, found]) => [person, found[0]]).filter(([, first]) => whys.includes(first.why));
    const counted = households[badge === "登门" ? 1 : 0];
    for (const [person] of people) counted.add(person.fields.household ?? "");
    if (people.length) {
      const entries = people.slice(0, MOST_SHOWN).map(([person, first]) => item(shelf, person, first, badge, t));
      const rest = people.length - entries.length;
      const more = rest ? t("还有 %(n)s 人，在“住户”里看", { n: String(rest) }) : "";
      sections.push({ title: t(title), entries, more, has_more: rest > 0 });
    }
  }
  const later = [...households[1]].filter((household) => !households[0].has(household)).length;
  const counts = t("今天该走 %(n)s 户", { n: String(households[0].size) });
  const week = t("本周还有 %(n)s 户", { n: String(later) });
  return {
    head: head(t("今天"), {
      sub: joinWords([counts, week]),
      side: `${monthDay(today, t)} ${weekdayWords(today, t)}`,
    }),
    sections,
    nobody_due: !sections.length,
    nobody_here: !book.people.length,
  };
}

function item(shelf, person, due, badge, t) {
  const found = tag(shelf, person, due, t);
  return personItem(person, detail(shelf, person, due, t), { tag: found, badge: badge ? t(badge) : "" });
}

/** A person in a list: face, name, tag, one line, badge. */
export function personItem(person, text, { tag: given = null, badge = "" } = {}) {
  const name = person.fields.name ?? "";
  return {
    href: `/field/people/${person.id}`,
    face: [...name].slice(0, 1).join(""),
    face_kind: person.fields.category ?? "plain",
    name,
    detail: text,
    tag: given ?? { kind: "", shape: "", text: "" },
    has_tag: given !== null,
    badge,
    has_badge: badge !== "",
  };
}

function tag(shelf, person, due, t) {
  const { latest } = shelf.summaryOf(person);
  if (due.why === "follow_up") {
    const day = dayWords(due.date, shelf.today, t);
    return { kind: "watch", shape: "◆", text: t("约好%(day)s来", { day }) };
  }
  return latest !== null && latest.attention !== "well" ? tagOf(latest, t) : null;
}

/** Where, who, and when somebody came last. */
function detail(shelf, person, due, t) {
  const { latest } = shelf.summaryOf(person);
  const grid = shelf.grids.length > 1 ? shelf.shortGrid(person) : "";
  const alone = shelf.isAlone(person) && person.fields.category === "elder" ? t("一个人住") : "";
  const parts = [`${grid} ${shelf.doorOf(person)}`.trim(), ageWords(person, shelf.today, t), alone];
  if (latest === null) {
    parts.push(t("还没去过"));
  } else if (due.why === "weekly_call" && !due.late_days) {
    parts.push(due.left_days ? t("还有 %(n)s 天", { n: String(due.left_days) }) : t("今天最后一天"));
  } else {
    parts.push(t("上次 %(day)s", { day: dayWords(localDate(latest.at), shelf.today, t) }));
  }
  return joinWords(parts);
}

const monthDay = (today, t) =>
  t("%(month)s月%(day)s日", { month: String(Number(today.slice(5, 7))), day: String(Number(today.slice(8))) });
