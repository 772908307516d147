// One person: whom to call, what is due, one big button, and what was before.
// Twin: webapp/field/view_models/person.py.

import profile from "../../../forms/profiles/person.json" with { type: "json" };
import { localDate } from "../../care/dates.js";
import { valueText } from "../../forms/engine.js";
import { dueLine } from "./due.js";
import { head } from "./frame.js";
import { historyEntries } from "./history.js";
import { EDITED, personCalls, savedEdit } from "./household.js";
import { needItems, openNeeds } from "./need_items.js";
import { hasPlan } from "./plan.js";
import { pairedLines } from "./paired.js";
import { isActive, Shelf } from "./shelf.js";
import { categoryWords, factPath, joinWords, kindsFor, kindWords, stateLine, tagOf, whoWords } from "./words.js";

/**
 * The page of a person as `me` sees it; null where not in the book. `saved` is the fact saved just now, or where an edit of the
 * person's data was: "phone" or "server".
 */
export function personView(book, personId, facts, saved, now, t, { me = "" } = {}) {
  const shelf = new Shelf(book, localDate(now));
  const person = shelf.people.get(personId);
  if (!person) return null;
  const { fields } = person;
  const household = shelf.householdOf(person);
  const alone = shelf.isAlone(person) && fields.category === "elder" ? t("一个人住") : "";
  const fact = facts.find((row) => row.id === saved);
  const { latest } = shelf.summaryOf(person);
  const found = shelf.duesOf(person);
  const calls = personCalls(fields, t);
  const history = historyEntries(shelf, facts, t);
  return {
    head: head(fields.name ?? "", {
      sub: joinWords([whoWords(person, shelf.today, t), categoryWords(fields.category ?? "", t), alone]),
      side: `${shelf.gridName(person)} ${shelf.doorOf(person)}`.trim(),
      back: household ? `/field/households/${household.id}` : "/field/households",
      back_text: household ? (household.fields.title ?? "") : t("住户"),
    }),
    dues: found.map((due) => dueLine(due, shelf, person, t)),
    has_dues: found.length > 0,
    ...pairedLines(shelf, person, me, t),
    tag: latest ? tagOf(latest, t) : { kind: "", shape: "", text: "" },
    has_tag: Boolean(latest) && latest.attention !== "well",
    well_action: `/field/people/${personId}/visit/well`,
    forms: kindsFor(fields.category ?? "").map((kind) => ({
      href: `/field/people/${personId}/${kind}/new`,
      label: formLabel(kind, t),
    })),
    calls,
    has_calls: calls.length > 0,
    details: profile.fields
      .filter((field) => field.shown && fields[field.key])
      .map((field) => ({ label: t(field.label), text: valueText(field, fields[field.key], t) })),
    history,
    no_history: !history.length,
    just_saved: Object.hasOwn(EDITED, saved) || (fact !== undefined && fact.state !== "void"),
    saved: Object.hasOwn(EDITED, saved) ? savedEdit(saved, t) : savedLine(fact, t),
    can_undo: fact !== undefined,
    needs: needItems(shelf, openNeeds(shelf, personId), t, { named: false }),
    has_plan: hasPlan(book, personId),
    plan_href: `/field/people/${personId}/plan`,
    raise_href: raiseHref(personId, fact),
    told_need: Boolean(fact?.fields.needs),
    edit_href: `/field/people/${personId}/edit`,
    state: stateLine(person, shelf.today, t),
    has_state: !isActive(person),
    state_href: `/field/people/${personId}/state`,
    seen_state: fields.state ?? "",
    seen_since: fields.state_since ?? "",
    urgent_help: fact?.attention === "urgent",
  };
}

/** Where a need is raised; from a visit saved just now that told of one, with its words. */
const raiseHref = (person, fact) =>
  `/field/people/${person}/needs/new${fact?.fields.needs ? `?fact=${fact.id}` : ""}`;

const formLabel = (kind, t) => (kind === "visit" ? t("详细走访") : kindWords(kind, t));

function savedLine(fact, t) {
  if (!fact) return { text: "", undo: "", href: "" };
  const path = factPath(fact.person ?? "", fact.id);
  const place = fact.place === "saved" ? t("已存本机") : t("已上传");
  return {
    text: joinWords([place, kindWords(fact.kind, t)]),
    undo: `${path}/void`,
    href: path,
  };
}
