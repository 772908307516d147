// 今天: who is due and why; what cannot wait first, then in the order one walks. Twin: webapp/field/view_models/today.py.

import { localDate } from "../../care/dates.js";
import { isOpen } from "../../care/needs.js";
import { needsToday, rolesOf } from "../../care/rhythm.js";
import { BADGES, BECAUSE, dueWhen, lateness, seenWords } from "./due.js";
import { head } from "./frame.js";
import { needItems } from "./need_items.js";
import { sessionsSoon } from "./sessions.js";
import { byKeys, Shelf } from "./shelf.js";
import { ageWords, dayWords, joinWords, tagOf, weekdayWords } from "./words.js";

const FIRST = ["urgent", "follow_up"];
const MONTH = ["monthly_feedback", "guardian_talk", "school_visit", "quarterly_check"];
const TITLES = {
  first: "先去这里",
  late: "好些天没人去了",
  mine: "与我结对的人",
  daily_knock: "今天一敲门",
  weekly_call: "本周一登门",
  month: "这个月、这一季",
  birthday: "快过生日",
};
const OTHERS = {
  daily_knock: "多由网格员和志愿者敲门，你顺路也可以去看看。",
  weekly_call: "多由村干部登门，你顺路也可以去看看。",
};
const MOST_SHOWN = 60;
const MOST_NEEDS = 3; // late and urgent ones come first

/** Head, sections of people, and what to say where nobody is due; me is {id, role}. */
export function todayView(book, me, now, t) {
  const today = localDate(now);
  const shelf = new Shelf(book, today);
  const due = book.people
    .map((person) => ({ person, found: shelf.duesOf(person) }))
    .filter(({ found }) => found.length)
    .map((each) => ({ ...each, key: shelf.walkKey(each.person) }));
  due.sort(byKeys(({ key }) => key));
  const order = orderOf(me.role);
  const placed = new Map(order.map((name) => [name, []]));
  for (const { person, found } of due) {
    const [name, shown] = place(shelf, person, found, me.id, order);
    placed.get(name).push([person, shown]);
  }
  const filled = order.filter((name) => placed.get(name).length);
  const waiting = [...shelf.needs.values()].filter((need) => isOpen(need.fields));
  const notice = noticeOf(shelf, t);
  return {
    head: head(t("今天"), { sub: counts(due, t), side: `${monthDay(today, t)} ${weekdayWords(today, t)}` }),
    sections: filled.map((name) => section(shelf, name, placed.get(name), me.role, t)),
    needs: needItems(shelf, waiting, t).slice(0, MOST_NEEDS),
    sessions: sessionsSoon(book, today, t),
    has_needs: waiting.length > 0,
    needs_more: t("看全部 %(n)s 件", { n: String(waiting.length) }),
    nobody_due: !filled.length,
    nobody_here: !book.people.length,
    notice,
    has_notice: notice !== "",
  };
}

/** The sections as a role sees them: its own of knocks, calls and months before the others. */
function orderOf(role) {
  const sections = ["daily_knock", "weekly_call", "month"];
  const own = sections.find((name) => rolesFor(name).includes(role)) ?? sections[0];
  return ["first", "late", "mine", own, ...sections.filter((name) => name !== own), "birthday"];
}

const rolesFor = (name) => (name === "month" ? MONTH : [name]).flatMap(rolesOf);

/** The section a person stands in, once, and the due that is shown there. */
function place(shelf, person, found, me, order) {
  const [first] = found;
  if (FIRST.includes(first.why)) return ["first", first];
  const late = found.find((due) => due.why === "weekly_call" && due.late_days);
  if (late) return ["late", late];
  if (first.why !== "birthday" && shelf.isPairedWith(person, me)) return ["mine", first];
  const sections = found.map((due) => [MONTH.includes(due.why) ? "month" : due.why, due]);
  return sections.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))[0];
}

function section(shelf, name, people, role, t) {
  const entries = people.slice(0, MOST_SHOWN).map(([person, due]) => item(shelf, person, due, t));
  const rest = people.length - entries.length;
  const others = OTHERS[name] !== undefined && !rolesOf(name).includes(role);
  return {
    title: t(TITLES[name]),
    note: others ? t(OTHERS[name]) : "",
    has_note: others,
    entries,
    more: rest ? t("还有 %(n)s 人，在“住户”里看", { n: String(rest) }) : "",
    has_more: rest > 0,
  };
}

/** 今天该走 4 户 · 本周还有 9 户. */
function counts(due, t) {
  const home = ({ person }) => person.fields.household ?? "";
  const now = new Set(due.filter(({ found }) => needsToday(found)).map(home));
  const calls = due.filter(({ found }) => found.some((each) => each.why === "weekly_call"));
  const week = new Set(calls.map(home).filter((household) => !now.has(household)));
  return joinWords([
    t("今天该走 %(n)s 户", { n: String(now.size) }),
    t("本周还有 %(n)s 户", { n: String(week.size) }),
  ]);
}

/** While a holiday lasts: what waits for its end, and that the rest does not. */
function noticeOf(shelf, t) {
  const plan = shelf.grids.length ? shelf.planOf(shelf.grids[0].id) : null;
  if (!plan?.holiday) return "";
  const day = dayWords(plan.holiday_until, shelf.today, t);
  return t("%(name)s放假到%(day)s，登门等放假后接着算；要紧的人照样去看。", { name: t(plan.holiday), day });
}

function item(shelf, person, due, t) {
  const badge = BADGES[due.why];
  const text = detail(shelf, person, due, t);
  return personItem(person, text, { tag: tag(shelf, person, due, t), badge: badge ? t(badge) : "" });
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
  if (latest !== null && latest.attention !== "well") return tagOf(latest, t);
  const late = due.why === "weekly_call" || MONTH.includes(due.why) ? lateness(due, t) : "";
  return late ? { kind: "watch", shape: "◆", text: late } : null;
}

/** Where, who, why, and when somebody came last. */
function detail(shelf, person, due, t) {
  const { why } = due;
  const grid = shelf.grids.length > 1 ? shelf.shortGrid(person) : "";
  const parts = [`${grid} ${shelf.doorOf(person)}`.trim(), ageWords(person, shelf.today, t)];
  if (shelf.isAlone(person) && person.fields.category === "elder") parts.push(t(BECAUSE.alone));
  if (why === "daily_knock" && due.because !== "attention" && due.because !== "alone") parts.push(t(BECAUSE[due.because]));
  const ends = why === "birthday" || why === "weekly_call" || MONTH.includes(why);
  if (ends && !due.late_days) parts.push(dueWhen(due, shelf, person, t));
  if (why !== "birthday" && !MONTH.includes(why)) parts.push(seenWords(shelf, person, t));
  return joinWords(parts);
}

const monthDay = (today, t) =>
  t("%(month)s月%(day)s日", { month: String(Number(today.slice(5, 7))), day: String(Number(today.slice(8))) });
