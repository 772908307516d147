// 帮扶计划 of a person: what it is after, its steps, and a step done. Twin: webapp/field/view_models/plan.py.

import profile from "../../../forms/profiles/care_plan.json" with { type: "json" };
import { isDate, localDate } from "../../care/dates.js";
import { head } from "./frame.js";
import { byKeys } from "./shelf.js";
import { dayWords, joinWords } from "./words.js";

const TOLD = ["study", "situation", "aims", "effect"];
const LABELS = Object.fromEntries(profile.fields.map((field) => [field.key, field.label]));

/** The page of a person's plans, the latest first; null where the person is not in the book. */
export function planView(book, personId, saved, now, t) {
  const person = book.people.find((row) => row.id === personId);
  if (!person) return null;
  const name = person.fields.name ?? "";
  const plans = (book.plans ?? []).filter((row) => row.fields.person === personId);
  plans.sort(byKeys((row) => [row.id])).reverse();
  return {
    head: head(t("帮扶计划"), { sub: name, back: `/field/people/${personId}`, back_text: name }),
    just_saved: saved === "phone" || saved === "server",
    saved: saved === "phone" ? t("已存本机") : t("已上传"),
    plans: plans.map((plan) => planOf(book, plan, localDate(now), t)),
    nothing: !plans.length,
  };
}

/** Whether there is a plan for a person that is not done. */
export const hasPlan = (book, personId) =>
  (book.plans ?? []).some(({ fields }) => fields.person === personId && fields.state !== "done");

/** {body, base} of the change by which a step was done today, with its effect where one is said. */
export function finishStep(step, effect, today) {
  const body = { done_on: today, ...(effect ? { effect } : {}) };
  return { body, base: Object.fromEntries(Object.keys(body).map((key) => [key, step.fields[key] ?? null])) };
}

function planOf(book, plan, today, t) {
  const { fields } = plan;
  const steps = (book.plan_steps ?? []).filter((row) => row.fields.plan === plan.id);
  steps.sort(byKeys((row) => [row.fields.due ?? "9999", row.id]));
  const days = ["from", "until"].filter((key) => isDate(fields[key] ?? "")).map((key) => dayWords(fields[key], today, t));
  return {
    id: plan.id,
    title: joinWords([days.join(" – "), fields.state === "done" ? t("做完了") : ""]),
    lines: TOLD.filter((key) => fields[key]).map((key) => ({ label: t(LABELS[key]), text: fields[key] })),
    steps: steps.map((step) => stepOf(step, today, t)),
    no_steps: !steps.length,
  };
}

function stepOf({ id, fields }, today, t) {
  const { due = "", done_on: doneOn = "" } = fields;
  const done = isDate(doneOn);
  let when = done ? t("%(day)s做完", { day: dayWords(doneOn, today, t) }) : "";
  if (!done && isDate(due)) when = t("%(day)s前", { day: dayWords(due, today, t) });
  return {
    id,
    what: fields.what ?? "",
    who: fields.who ?? "",
    when,
    detail: joinWords([fields.who ?? "", when]),
    is_done: done,
    is_late: isDate(due) && !done && due < today,
    effect: fields.effect ?? "",
    action: `/field/people/${fields.person ?? ""}/plan/${id}`,
  };
}
