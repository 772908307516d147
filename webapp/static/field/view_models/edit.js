// A person's or a household's data to correct on the phone: the fields that their definition marks "phone", each
// with the value that was seen. Twin: webapp/field/view_models/edit.py.

import household from "../../../forms/profiles/household.json" with { type: "json" };
import person from "../../../forms/profiles/person.json" with { type: "json" };
import { localDate } from "../../care/dates.js";
import { plain } from "../../forms/engine.js";
import { changedFields } from "../../sync/edits.js";
import { head } from "./frame.js";
import { Shelf } from "./shelf.js";
import { joinWords } from "./words.js";

const PROFILES = { person, household };
const LONGEST = 200;

/** The page; `filled` is {typed, seen, errors} of what was sent, or empty. Null where not in the book. */
export function editView(book, kind, record, filled, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const row = (kind === "person" ? shelf.people : shelf.households).get(record);
  if (!row) return null;
  const { typed = row.fields, seen = row.fields, errors = [] } = filled;
  const said = new Map(errors.map((error) => [error.key, error.message]));
  const [path, name] = [profilePath(kind, record), profileName(row)];
  return {
    head: head(t("改资料 · %(what)s", { what: name }), { back: path, back_text: name }),
    action: `${path}/edit`,
    fields: fieldsOf(kind).map((field) => ({
      key: field.key,
      id: `f-${field.key}`,
      label: t(field.label),
      value: typed[field.key] || "",
      seen: seen[field.key] || "",
      is_phone: field.type === "phone",
      error: said.get(field.key) ?? "",
      has_error: said.has(field.key),
    })),
    errors: [...said].map(([key, message]) => ({ href: `#f-${key}`, message })),
    has_errors: said.size > 0,
  };
}

/** What was sent: {typed, seen, errors, body, base}; a field that was not sent is left alone. */
export function readEdit(kind, data, t) {
  const fields = fieldsOf(kind).filter(({ key }) => key in data);
  const typed = Object.fromEntries(fields.map((field) => [field.key, typedIn(field, data[field.key])]));
  const seen = Object.fromEntries(fields.map(({ key }) => [key, said(data[`seen-${key}`] ?? [])]));
  const made = changedFields(seen, typed);
  const errors = fields
    .filter(({ key }) => [...(made.body[key] ?? "")].length > LONGEST)
    .map(({ key, label }) => ({
      key,
      message: t("%(label)s：最多写 %(max)s 个字。", { label: t(label), max: String(LONGEST) }),
    }));
  return { typed, seen, errors, ...made };
}

/** The page of a person or a household. */
export const profilePath = (kind, record) => `/field/${kind === "person" ? "people" : "households"}/${record}`;

/** What a person or a household is called. */
export const profileName = ({ fields }) => fields.name || joinWords([fields.door ?? "", fields.title ?? ""]);

const fieldsOf = (kind) => PROFILES[kind].fields.filter((field) => field.phone);

function typedIn(field, texts) {
  const text = said(texts);
  return text && field.type === "phone" ? text.normalize("NFKC") : text;
}

const said = (texts) => (texts.length ? plain(texts[0]) : "") || null;
