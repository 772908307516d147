// Needs in lists, late and urgent ones first. Twin: webapp/field/view_models/need_items.py.

import profile from "../../../forms/profiles/need.json" with { type: "json" };
import { isDate } from "../../care/dates.js";
import { isOpen, lateDays, needOrder } from "../../care/needs.js";
import { valueText } from "../../forms/engine.js";
import { byKeys } from "./shelf.js";
import { dayWords, joinWords, SHAPES } from "./words.js";

const RANKS = { urgent: "urgent", soon: "watch", normal: "well" };
const FIELDS = new Map(profile.fields.map((field) => [field.key, field]));

/** Needs as a list draws them, late and urgent ones first; `named` says whose each is. */
export function needItems(shelf, needs, t, { named = true } = {}) {
  const ordered = [...needs].sort(byKeys((row) => [...needOrder(row.fields, shelf.today), row.id]));
  return ordered.map((need) => item(shelf, need, t, named));
}

/** The needs of a person that are not met yet. */
export const openNeeds = (shelf, person) =>
  [...shelf.needs.values()].filter(({ fields }) => fields.person === person && isOpen(fields));

/** How urgent an open need is, or that it was met, as shape and word. */
export function needTag(fields, t) {
  const kind = isOpen(fields) && Object.hasOwn(RANKS, fields.urgency ?? "") ? RANKS[fields.urgency] : "well";
  const text = isOpen(fields) ? needLabel("urgency", fields.urgency ?? "", t) : needLabel("state", "closed", t);
  return { kind, shape: SHAPES[kind], text };
}

/** Whose need it is: the person's name, else their door. */
export function whoseNeed(shelf, { fields }) {
  const person = shelf.people.get(fields.person ?? "");
  const household = shelf.households.get(fields.household ?? "");
  if (person) return person.fields.name ?? "";
  return household ? household.fields.title || (household.fields.door ?? "") : "";
}

/** A choice of a need's field in words; "" for none. */
export const needLabel = (key, value, t) => (value ? valueText(needField(key), value, t) : "");

/** The definition of a need's field. */
export const needField = (key) => FIELDS.get(key);

function item(shelf, need, t, named) {
  const { fields } = need;
  const person = shelf.people.get(fields.person ?? "");
  const late = lateDays(fields, shelf.today);
  let when = late ? t("过了 %(n)s 天", { n: String(late) }) : "";
  if (!late && isOpen(fields) && isDate(fields.due ?? "")) {
    when = t("%(day)s前", { day: dayWords(fields.due, shelf.today, t) });
  }
  const taker = fields.state === "taken" ? shelf.memberName(fields.taker) : "";
  const department = fields.state === "handed" ? needLabel("department", fields.department ?? "", t) : "";
  const step = needLabel("state", fields.state ?? "", t);
  const called = named ? whoseNeed(shelf, need) : "";
  return {
    href: `/field/needs/${need.id}`,
    face: [...called].slice(0, 1).join("") || needTag(fields, t).shape,
    face_kind: named ? (person?.fields.category ?? "plain") : "plain",
    name: fields.what ?? "",
    detail: joinWords([called, step, taker, department, when]),
    tag: needTag(fields, t),
    has_tag: isOpen(fields) && fields.urgency !== "normal",
    badge: "",
    has_badge: false,
  };
}
