// One household: who lives there, whom to call, the next thing to do.
// Twin: webapp/field/view_models/household.py.

import RULES from "../../../care/rhythm.json" with { type: "json" };
import { localDate } from "../../care/dates.js";
import { WHY } from "./due.js";
import { head } from "./frame.js";
import { historyEntries } from "./history.js";
import { byKeys, isActive, Shelf } from "./shelf.js";
import { personItem } from "./today.js";
import { categoryWords, joinWords, phoneWords, stateLine, tagOf, whoWords } from "./words.js";

/** Where an edit was saved just now, in words. */
export const EDITED = { phone: "已存本机", server: "已上传" };

/** The page of a household; `saved` is where an edit of it was just now. Null where it is not in the book. */
export function householdView(book, householdId, facts, now, t, saved = "") {
  const shelf = new Shelf(book, localDate(now));
  const household = shelf.households.get(householdId);
  if (!household) return null;
  const { fields } = household;
  const people = [...(shelf.living.get(householdId) ?? [])].sort(byKeys((row) => [row.fields.birth ?? ""]));
  const [here, gone] = [people.filter(isActive), people.filter((row) => !isActive(row))];
  const due = new Map(here.map((person) => [person.id, shelf.duesOf(person)]));
  const first = mostDue(here, due);
  const why = first && due.get(first.id).length ? t(WHY[due.get(first.id)[0].why]) : "";
  const responsible = shelf.responsible(household.area);
  const name = responsible?.fields.name ?? "";
  const called = calls(here, responsible, t);
  const history = historyEntries(shelf, facts, t, { named: people.length > 1 });
  const sub = joinWords([name ? t("负责人 %(name)s", { name }) : t("还没有负责人"), why]);
  const title = joinWords([fields.door ?? "", fields.title ?? ""]).replaceAll(" · ", " ");
  return {
    head: head(title, {
      sub,
      side: shelf.gridName(household),
      back: "/field/households",
      back_text: t("住户"),
    }),
    people: here.map((person) => personOf(shelf, person, t)),
    gone: gone.map((person) => personItem(person, stateLine(person, shelf.today, t))),
    has_gone: gone.length > 0,
    nobody_here: !people.length,
    calls: called,
    has_calls: called.length > 0,
    has_next: first !== null,
    next: next(first, t),
    history,
    no_history: !history.length,
    just_saved: Object.hasOwn(EDITED, saved),
    saved: savedEdit(saved, t),
    living: fields.living ?? "",
    has_living: Boolean(fields.living),
    edit_href: `/field/households/${householdId}/edit`,
    responsible_href: `/field/households/${householdId}/responsible`,
    register: ["child", "woman", "elder"].map((category) => ({
      href: `/field/households/${householdId}/people/new?category=${category}`,
      label: categoryWords(category, t),
    })),
  };
}

/** The line for an edit saved just now, on the "phone" or the "server". */
export const savedEdit = (saved, t) => ({
  text: Object.hasOwn(EDITED, saved) ? joinWords([t(EDITED[saved]), t("资料")]) : "",
  undo: "",
  href: "",
});

/** A button that calls. */
export const call = (label, phone) => ({ label, href: `tel:${phone}`, number: phoneWords(phone) });

/** Whom to call about a person: themselves, guardian, father, mother. */
export function personCalls(fields, t) {
  const guardian = fields.guardian_relation || t("监护人");
  const wanted = [
    [fields.name ?? "", fields.phone],
    [joinWords([guardian, fields.guardian_name ?? ""]).replaceAll(" · ", " "), fields.guardian_phone],
    [t("爸爸"), fields.father_phone],
    [t("妈妈"), fields.mother_phone],
  ];
  return wanted.filter(([, phone]) => phone).map(([label, phone]) => call(label, phone));
}

function personOf(shelf, person, t) {
  const { fields } = person;
  const { latest } = shelf.summaryOf(person);
  const detail = joinWords([whoWords(person, shelf.today, t), fields.health ?? "", away(fields, t)]);
  return personItem(person, detail, { tag: latest ? tagOf(latest, t) : null });
}

/** Who works where: a child's parents (both, or one of them), else the person. */
function away(fields, t) {
  const place = fields.workplace;
  if (!place) return "";
  if (fields.category !== "child") return t("在%(place)s打工", { place });
  if (fields.absence === "both") return t("父母在%(place)s打工", { place });
  return t("家长在%(place)s打工", { place });
}

function calls(people, responsible, t) {
  const found = people.flatMap((person) => personCalls(person.fields, t));
  if (responsible?.fields.phone) {
    const name = responsible.fields.name ?? "";
    found.push(call(t("负责人 %(name)s", { name }), responsible.fields.phone));
  }
  const seen = new Map();
  for (const each of found) if (!seen.has(each.href)) seen.set(each.href, each);
  return [...seen.values()];
}

function mostDue(people, due) {
  const rank = (row) => (due.get(row.id).length ? RULES.order.indexOf(due.get(row.id)[0].why) : 99);
  return [...people].sort((a, b) => rank(a) - rank(b))[0] ?? null;
}

function next(person, t) {
  if (!person) return { action: "", label: "", detailed: "" };
  const name = person.fields.name ?? "";
  return {
    action: `/field/people/${person.id}/visit/well`,
    label: t("%(name)s一切正常，记一次", { name }),
    detailed: `/field/people/${person.id}/visit/new`,
  };
}
