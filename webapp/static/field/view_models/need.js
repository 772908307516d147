// A need: raised, shown with what is next, and its steps as forms. Twin: webapp/field/view_models/need.py.
// What a form of it makes (raiseNeed, takeStep) is a set with the base that was seen.

import profile from "../../../forms/profiles/need.json" with { type: "json" };
import { isDate, localDate } from "../../care/dates.js";
import { isOpen, lateDays, nextSteps, STEPS } from "../../care/needs.js";
import { formFields, valueText } from "../../forms/engine.js";
import { head } from "./frame.js";
import { personCalls } from "./household.js";
import { needField, needLabel, needTag, whoseNeed } from "./need_items.js";
import { Shelf } from "./shelf.js";
import { dayWords, joinWords, momentWords } from "./words.js";

const TOLD = ["category", "due", "source", "opened_at", "taker", "department", "answer", "result", "reason"];

/** The page of a need for the account `me`; null where it is not in the book. */
export function needView(book, needId, me, saved, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const need = shelf.needs.get(needId);
  if (!need) return null;
  const { fields } = need;
  const person = shelf.people.get(fields.person ?? "");
  const step = firstStep(fields, me);
  const calls = person ? personCalls(person.fields, t) : [];
  const late = lateDays(fields, shelf.today);
  return {
    head: head(t("需求"), {
      sub: joinWords([whoseNeed(shelf, need), needLabel("state", fields.state ?? "", t)]),
      side: shelf.gridName(need),
      back: home(need),
      back_text: whoseNeed(shelf, need),
    }),
    just_saved: saved === "phone" || saved === "server",
    saved: saved === "phone" ? t("已存本机") : t("已上传"),
    what: fields.what ?? "",
    tag: needTag(fields, t),
    is_late: late > 0,
    late: late ? t("过了 %(n)s 天", { n: String(late) }) : "",
    is_urgent: isOpen(fields) && fields.urgency === "urgent",
    lines: needLines(shelf, need, t),
    take_at_once: step === "taken",
    next_label: t(STEPS[step].act),
    next_href: `/field/needs/${needId}/${step}`,
    others: nextSteps(fields.state ?? "")
      .filter((each) => each !== step && each !== "taken")
      .map((each) => ({ label: t(STEPS[each].act), href: `/field/needs/${needId}/${each}` })),
    can_serve: person !== undefined && isOpen(fields),
    serve_href: `/field/people/${fields.person ?? ""}/service/new?need=${needId}`,
    calls,
    has_calls: calls.length > 0,
  };
}

/** The form by which a person's need is raised, for field/form.html; null where nobody is there. */
export function raiseForm(book, personId, filled, errors, now, t) {
  const person = new Shelf(book, localDate(now)).people.get(personId);
  if (!person) return null;
  const name = person.fields.name ?? "";
  const path = `/field/people/${personId}`;
  return {
    ...form(raising(), filled, errors, t),
    head: head(t("需要什么 · %(who)s", { who: name }), { back: path, back_text: name }),
    action: `${path}/needs/new${filled.fact ? `?fact=${filled.fact}` : ""}`,
    submit: t("提出需求"),
  };
}

/** The form of a step of a need; null where there is no such need, or the step cannot follow. */
export function stepForm(book, needId, step, filled, errors, now, t) {
  const need = new Shelf(book, localDate(now)).needs.get(needId);
  if (!need || !nextSteps(need.fields.state ?? "").includes(step)) return null;
  const act = t(STEPS[step].act);
  const path = `/field/needs/${needId}`;
  return {
    ...form(asking(step), filled, errors, t),
    head: head(act, { sub: need.fields.what ?? "", back: path, back_text: t("需求") }),
    action: `${path}/${step}`,
    submit: act,
  };
}

/** The form of what is asked when a need is raised. */
export const raising = () => ({ fields: profile.fields.filter((field) => field.raise) });

/** The form of what a step asks. */
export const asking = (step) => ({
  fields: STEPS[step].ask.map((key) => ({ ...needField(key), required: STEPS[step].must.includes(key) })),
});

/** {body, base} of the change that raises a need of a person's row. */
export function raiseNeed(person, typed, source, now) {
  const body = { person: person.id, household: person.fields.household, ...typed };
  const made = { ...body, source, state: "open", opened_at: now };
  const said = Object.entries(made).filter(([, value]) => value !== null && value !== undefined);
  return { body: Object.fromEntries(said), base: {} };
}

/** {body, base} of the change by which `me` takes a step, with all that it must say. */
export function takeStep(need, step, typed, me) {
  const body = { ...typed, state: step, ...(step === "taken" ? { taker: me } : {}) };
  const base = Object.fromEntries(Object.keys(body).map((key) => [key, need.fields[key] ?? null]));
  return { body, base };
}

/** What is told of a need, in words. */
export const needLines = (shelf, need, t) =>
  TOLD.filter((key) => (need.fields[key] ?? "") !== "").map((key) => ({
    label: t(needField(key).label),
    text: valueWords(shelf, key, need.fields[key], t),
  }));

const form = (definition, filled, errors, t) => ({
  kind: "need",
  fields: formFields(definition, filled, errors, t),
  errors: errors.map((error) => ({ href: `#f-${error.key}`, message: error.message })),
  has_errors: errors.length > 0,
  has_reason: false,
  reason: "",
  reviewer: "",
  drafts: false,
  draft_action: "",
  draft_kept: false,
  is_counselling: false,
});

/** The one next thing to do: nobody has it, or I have it, or it was closed. */
function firstStep(fields, me) {
  if (!isOpen(fields)) return "reopened";
  if (fields.state === "handed") return "answered";
  return fields.taker === me || fields.state === "answered" ? "closed" : "taken";
}

function home({ fields }) {
  if (fields.person) return `/field/people/${fields.person}`;
  return fields.household ? `/field/households/${fields.household}` : "/field/needs";
}

/** A value of a need's field in words. */
export function valueWords(shelf, key, value, t) {
  if (key === "taker") return shelf.memberName(value) || t("别人");
  if (key === "opened_at") return Number.isInteger(value) ? momentWords(value, shelf.today, t) : "";
  if (key === "due") return isDate(value) ? dayWords(value, shelf.today, t) : String(value);
  return valueText(needField(key), value, t);
}
