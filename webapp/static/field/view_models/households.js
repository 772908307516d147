// 住户: by grid and door number, and found by any name, pinyin, initials, phone or address.
// Twin: webapp/field/view_models/households.py.

import { localDate } from "../../care/dates.js";
import { head } from "./frame.js";
import { byKeys, Shelf } from "./shelf.js";
import { joinWords, whoWords } from "./words.js";

const PHONES = ["phone", "father_phone", "mother_phone", "guardian_phone"];
const NAMES = ["name", "guardian_name", "father_name", "mother_name"];

/** Households by grid; with a query only those where somebody matches. */
export function householdsView(book, query, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const wanted = squash(query);
  const groups = [];
  let found = 0;
  for (const grid of shelf.grids) {
    const rows = book.households.filter((row) => row.area === grid.id);
    rows.sort(byKeys((row) => [row.fields.number ?? 0, row.fields.door ?? "", row.id]));
    const entries = rows.map((row) => entry(shelf, row, wanted, t)).filter(Boolean);
    found += entries.length;
    if (entries.length) groups.push({ title: grid.fields.name ?? "", entries });
  }
  const total = book.households.length;
  const sub = wanted ? t("找到 %(n)s 户", { n: String(found) }) : t("共 %(n)s 户", { n: String(total) });
  return {
    head: head(t("住户"), { sub }),
    query,
    groups,
    nothing_found: wanted !== "" && !found,
    nobody_here: !total,
  };
}

/** A query as it is compared: plain digits and letters, lower case, no blanks and no dashes. */
export const squash = (query) => query.normalize("NFKC").toLowerCase().replace(/[\s-]+/g, "");

/** Whether a person is meant: by characters, pinyin, initials, or at least three digits of a phone. */
export function matchesPerson(fields, wanted) {
  if (NAMES.some((name) => squash(fields[name] ?? "").includes(wanted))) return true;
  const spelled = [...(fields.pinyin ?? []).map(squash), ...(fields.initials ?? [])];
  if (spelled.some((one) => one.startsWith(wanted))) return true;
  return /^[0-9]{3,}$/.test(wanted) && PHONES.some((name) => (fields[name] ?? "").includes(wanted));
}

/** Whether a household is meant: by the number of its door (4 or 4号, not 14号), its address or its name. */
export function matchesPlace(fields, wanted) {
  const number = /^([0-9]{1,5})号?$/.exec(wanted);
  if (number) return fields.number === Number(number[1]);
  return squash(`${fields.address ?? ""}${fields.title ?? ""}`).includes(wanted);
}

function entry(shelf, household, wanted, t) {
  const people = shelf.living.get(household.id) ?? [];
  const { fields } = household;
  const hits = wanted ? people.filter((person) => matchesPerson(person.fields, wanted)) : people;
  if (wanted && !hits.length && !matchesPlace(fields, wanted)) return null;
  const item = householdItem(shelf, household, t, hits.length ? hits : people);
  return wanted && hits.length === 1 ? { ...item, href: `/field/people/${hits[0].id}` } : item;
}

/** A household in a list, with who lives there (or those of them that are `shown`). */
export function householdItem(shelf, household, t, shown = shelf.living.get(household.id) ?? []) {
  const { fields } = household;
  const told = shown.map((person) =>
    [person.fields.name ?? "", whoWords(person, shelf.today, t)].filter(Boolean).join(" "),
  );
  return {
    href: `/field/households/${household.id}`,
    face: String(fields.number || [...(fields.title ?? "")].slice(0, 1).join("")),
    face_kind: "door",
    name: joinWords([fields.door ?? "", fields.title ?? ""]),
    detail: told.join(t("、")),
    tag: { kind: "", shape: "", text: "" },
    has_tag: false,
    badge: "",
    has_badge: false,
  };
}
