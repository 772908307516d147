// Rows in words: days, times, kinds, people and what a fact says. Twin: webapp/field/view_models/words.py.

import member from "../../../forms/profiles/member.json" with { type: "json" };
import { ageOn, daysBetween, isDate, localDate, localTime, weekday } from "../../care/dates.js";
import { reasonText } from "../../care/thresholds.js";
import { loadForm, valueText } from "../../forms/engine.js";
import { loadProfile } from "../../forms/profile.js";

export const SHAPES = { urgent: "▲", watch: "◆", well: "●" };
export const KINDS = [
  "visit",
  "health_check",
  "counselling",
  "parent_feedback",
  "school_visit",
  "service",
  "diary",
  "talk",
  "guardian_talk",
  "attendance",
];

/** A date as people say it: 今天, 昨天, 明天, 11月30日, 2025年11月30日. */
export function dayWords(date, today, t) {
  const near = { 0: "今天", 1: "昨天", "-1": "明天" }[daysBetween(date, today)];
  if (near) return t(near);
  const [year, month, day] = date.split("-");
  const values = { year, month: String(Number(month)), day: String(Number(day)) };
  if (year === today.slice(0, 4)) return t("%(month)s月%(day)s日", values);
  return t("%(year)s年%(month)s月%(day)s日", values);
}

/** 周一 … 周日. */
export const weekdayWords = (date, t) =>
  t(["周一", "周二", "周三", "周四", "周五", "周六", "周日"][weekday(date) - 1]);

/** An instant: the day, and the time of day where that is today or yesterday. */
export function momentWords(millis, today, t) {
  const date = localDate(millis);
  const words = dayWords(date, today, t);
  const days = daysBetween(date, today);
  return days >= 0 && days <= 1 ? `${words} ${localTime(millis)}` : words;
}

/** How long ago: 刚刚, 5 分钟前, 2 小时前, 3 天前. */
export function agoWords(millis, now, t) {
  const minutes = Math.floor(Math.max(0, now - millis) / 60_000);
  if (minutes < 1) return t("刚刚");
  if (minutes < 60) return t("%(n)s 分钟前", { n: String(minutes) });
  if (minutes < 1440) return t("%(n)s 小时前", { n: String(Math.floor(minutes / 60)) });
  return t("%(n)s 天前", { n: String(Math.floor(minutes / 1440)) });
}

/** A number in groups that can be read aloud: 138 0013 8000. */
export const phoneWords = (phone) =>
  phone.length === 11 && phone.startsWith("1")
    ? `${phone.slice(0, 3)} ${phone.slice(3, 7)} ${phone.slice(7)}`
    : phone;

/** 走访, 健康检查, 心理疏导; the kind's own name where this build does not know it. */
export const kindWords = (kind, t) => (KINDS.includes(kind) ? t(loadForm(kind).title) : kind);

/** 留守儿童, 留守妇女, 留守老人. */
export function categoryWords(category, t) {
  const name = { child: "留守儿童", woman: "留守妇女", elder: "留守老人" }[category];
  return name ? t(name) : "";
}

/** 志愿者, 村干部, …; the role's own name where this build does not know it. */
export const roleWords = (role, t) =>
  valueText(member.fields.find((field) => field.key === "role"), role, t);

/** "男 5岁". */
export function whoWords(person, today, t) {
  const { fields } = person;
  const sex = { male: t("男"), female: t("女") }[fields.sex] ?? "";
  return [sex, ageWords(person, today, t)].filter(Boolean).join(" ");
}

/** "5岁"; "" where no birth date is known. */
export function ageWords(person, today, t) {
  const age = ageOn(person.fields.birth ?? "", today);
  return age === null ? "" : t("%(n)s岁", { n: String(age) });
}

/** The gist of a fact in a few words. */
export function factWords(row, t) {
  const { fields, kind } = row;
  let gist = [];
  if (kind === "health_check") {
    gist = [...pressure(fields), ...values(kind, ["temperature", "glucose", "weight"], fields, t).slice(0, 1)];
  } else if (KINDS.includes(kind)) gist = values(kind, loadForm(kind).gist ?? [], fields, t);
  return gist.join(" · ") || kindWords(kind, t);
}

/** The forms that are about people of a category: what concerns parents and school is about children. */
export const kindsFor = (category) => KINDS.filter((kind) => (loadForm(kind).for ?? [category]).includes(category));

/** Where a fact is: 已存本机, 已上传, 需处理, 已审核, 已更正, 已收回. */
export function stateWords(row, t) {
  if (row.place === "saved") return t("已存本机");
  const names = {
    pending: "已上传",
    approved: "已审核",
    returned: "需处理",
    amended: "已更正",
    void: "已收回",
  };
  return t(names[row.state] ?? "已上传");
}

/** A fact's attention as shape and word: {kind, shape, text}. */
export function tagOf(row, t) {
  const attention = row.attention ?? "well";
  const reasons = row.reasons ?? [];
  const plain = { urgent: "紧急", watch: "需关注", well: "正常" };
  const text = reasons.length ? reasonText(reasons[0], t) : t(plain[attention] ?? "正常");
  return { kind: attention, shape: SHAPES[attention] ?? "●", text };
}

/** Why somebody is not on the ledger any more, and since when; "" for who is. */
export function stateLine({ fields }, today, t) {
  if ((fields.state ?? "active") === "active") return "";
  const field = loadProfile("person").fields.find(({ key }) => key === "state");
  const since = fields.state_since ?? "";
  const when = isDate(since) ? t("从%(day)s起", { day: dayWords(since, today, t) }) : "";
  return joinWords([valueText(field, fields.state, t), when]);
}

/** The address of a fact: a phone finds it among its person's, and so does the server. */
export const factPath = (person, fact) => `/field/people/${person}/facts/${fact}`;

/** The parts that say something, with a dot between. */
export const joinWords = (parts) => parts.filter(Boolean).join(" · ");

const pressure = (fields) =>
  fields.systolic === undefined || fields.diastolic === undefined
    ? []
    : [`${fields.systolic}/${fields.diastolic} mmHg`];

function values(kind, keys, fields, t) {
  const known = Object.fromEntries(loadForm(kind).fields.map((field) => [field.key, field]));
  return keys
    .filter((key) => fields[key] !== undefined && fields[key] !== null)
    .map((key) => valueText(known[key], fields[key], t));
}
