// Who is due, and why: 每周一登门, 每天一敲门, follow-ups somebody set, and what is urgent. Pure.
// Twin: webapp/care/rhythm.py; vectors: tests/vectors/rhythm.json.

import RULES from "../../care/rhythm.json" with { type: "json" };
import { addDays, daysBetween, localDate, weekEnd } from "./dates.js";

/** What is due by `today`: [{why, date, late_days, left_days}], most urgent first. */
export function dues(category, alone, summary, today) {
  return [
    urgent(summary, today),
    followUp(summary, today),
    dailyKnock(category, alone, summary, today),
    weeklyCall(category, summary, today),
  ].filter((due) => due !== null);
}

function urgent(summary, today) {
  if (summary.latest?.attention !== "urgent") return null;
  return due("urgent", localDate(summary.latest.at), today);
}

function followUp(summary, today) {
  const dates = summary.follow_ups.map((item) => item.date).filter((date) => date <= today);
  return dates.length ? due("follow_up", dates[0], today) : null;
}

function dailyKnock(category, alone, summary, today) {
  const rule = RULES.daily_knock;
  const { latest } = summary;
  const atRisk = latest !== null && rule.attention.includes(latest.attention);
  if (!atRisk && !(alone && rule.alone.includes(category))) return null;
  const date = latest ? addDays(localDate(latest.at), 1) : today;
  return date <= today ? due("daily_knock", date, today) : null;
}

/** Once in each week, Monday to Sunday: due by the Sunday of the week after the last call's. */
function weeklyCall(category, summary, today) {
  const rule = RULES.weekly_call;
  if (!rule.categories.includes(category)) return null;
  const calls = rule.facts.filter((kind) => summary.last[kind]).map((kind) => summary.last[kind].at);
  const thisWeek = weekEnd(today);
  const date = calls.length ? addDays(weekEnd(localDate(Math.max(...calls))), 7) : thisWeek;
  return date <= thisWeek ? due("weekly_call", date, today) : null;
}

function due(why, date, today) {
  const days = daysBetween(date, today);
  return { why, date, late_days: Math.max(days, 0), left_days: Math.max(-days, 0) };
}
