// 结对帮扶 by the third plan: which children are to be paired, from when, until when. Pure.
// Twin: webapp/care/pairing.py; vectors: tests/vectors/pairing.json.

import { addDays, ageOn, isDate } from "./dates.js";

const SCHOOL_AGE = 6; // the source stands in the twin
const FIRST_OF_MIDDLE = 7;
const ADULT = 18;
const NUMBERS = "一二三四五六七八九";
const STAGES = { 初中: 6, 初: 6, 高中: 9, 高: 9, 小学: 0 };

/** Whether a person is to be paired by the third plan today: {state, from, until, by}. */
export function thirdPlan(fields, today) {
  if (fields.category !== "child") return told("no");
  const birth = fields.birth ?? "";
  const year = schoolYear(fields.class ?? "");
  const born = isDate(birth);
  const until = born ? addDays(birthday(birth, ADULT), -1) : "";
  const begins = born ? middleSchoolFrom(birth) : "";
  const age = ageOn(birth, today);
  if ((until && today > until) || (age !== null && age >= ADULT)) return told("over", begins, until, "age");
  if (begins && begins <= today) return told("now", begins, until, "age");
  if (year !== null && year >= FIRST_OF_MIDDLE) return told("now", "", until, "class");
  if (begins) return told("later", begins, until, "age");
  return year === null ? told("unknown") : told("later", "", until, "class");
}

/** The year of school that a class's text says: 三年级 3, 七(2)班 and 初一 7, 高二 11; null where none. */
export function schoolYear(text) {
  const plain = text.replace(/\s/g, "").replaceAll("（", "(");
  const stage = /(初中|初|高中|高|小学)([一二三四五六七八九1-9])/.exec(plain);
  if (stage) return STAGES[stage[1]] + digit(stage[2]);
  const year = /([一二三四五六七八九1-9])(?:年级|\()/.exec(plain);
  return year ? digit(year[1]) : null;
}

/** The 1 September on which somebody could start 初一: six by 31 August, then six years of school. */
export function middleSchoolFrom(birth) {
  const year = Number(birth.slice(0, 4)) + SCHOOL_AGE + (birth.slice(5) > "08-31" ? 1 : 0);
  return `${year + FIRST_OF_MIDDLE - 1}-09-01`;
}

/** Whether a pairing's fields hold on a day: begun, not ended, and agreed. */
export function isInForce(pairing, today) {
  if (["asked", "declined"].includes(pairing.state) || (pairing.from ?? "") > today) return false;
  return !pairing.until || pairing.until >= today;
}

function birthday(birth, age) {
  const day = `${String(Number(birth.slice(0, 4)) + age).padStart(4, "0")}${birth.slice(4)}`;
  return isDate(day) ? day : `${day.slice(0, 4)}-03-01`;
}

const digit = (text) => (NUMBERS.includes(text) ? NUMBERS.indexOf(text) + 1 : Number(text));
const told = (state, from = "", until = "", by = "") => ({ state, from, until, by });
