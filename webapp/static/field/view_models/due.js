// What is due in words: why, since when or until when. Twin: webapp/field/view_models/due.py.

import { localDate } from "../../care/dates.js";
import { lastSeen } from "../../care/rhythm.js";
import { ageWords, dayWords } from "./words.js";

export const WHY = {
  urgent: "先去看看",
  follow_up: "约好了要来",
  daily_knock: "今天一敲门",
  weekly_call: "本周一登门",
  monthly_feedback: "这个月和父母说一说孩子",
  guardian_talk: "这个月和临时监护人聊一聊",
  school_visit: "这一季到学校了解一次",
  quarterly_check: "这一季查一次身体",
  birthday: "过生日",
};
export const BADGES = {
  urgent: "",
  follow_up: "",
  daily_knock: "敲一敲",
  weekly_call: "登门",
  monthly_feedback: "和父母说",
  guardian_talk: "和监护人聊",
  school_visit: "去学校",
  quarterly_check: "查身体",
  birthday: "生日",
};
export const BECAUSE = {
  risk_high: "要特别留心",
  risk_watch: "要多留心",
  attention: "上次需要关注",
  asked: "说好了常来敲门",
  alone: "一个人住",
};

/** One due on a person's page: {why, when}. */
export const dueLine = (due, shelf, person, t) => ({ why: t(WHY[due.why]), when: dueWhen(due, shelf, person, t) });

/** Until when, or how long past: 还有 3 天, 过了 12 天; of a knock why, of a birthday the age. */
export function dueWhen(due, shelf, person, t) {
  if (due.why === "birthday") {
    const [day, age] = [dayWords(due.date, shelf.today, t), ageWords(person, due.date, t)];
    return age ? t("%(day)s满%(age)s", { day, age }) : day;
  }
  if (due.why === "daily_knock") return t(BECAUSE[due.because]);
  if (due.why === "urgent" || due.why === "follow_up") return dayWords(due.date, shelf.today, t);
  return lateness(due, t) || left(due, t);
}

/** 过了 12 天; "" where it is not late. */
export const lateness = (due, t) => (due.late_days ? t("过了 %(n)s 天", { n: String(due.late_days) }) : "");

/** When somebody saw them last: 上次 昨天, 还没去过. */
export function seenWords(shelf, person, t) {
  const seen = lastSeen(shelf.summaryOf(person));
  return seen ? t("上次 %(day)s", { day: dayWords(localDate(seen.at), shelf.today, t) }) : t("还没去过");
}

const left = (due, t) => (due.left_days ? t("还有 %(n)s 天", { n: String(due.left_days) }) : t("今天最后一天"));
