// A person's or a household's data to correct on the phone: the fields that their definition marks "phone", each
// with the value that was seen. Twin: webapp/field/view_models/edit.py.

import { localDate } from "../../care/dates.js";
import {
  checkRequired,
  checkTyped,
  doorNumber,
  drawFields,
  isFor,
  loadProfile,
  phoneFields,
  readTyped,
} from "../../forms/profile.js";
import { changedFields } from "../../sync/edits.js";
import { head } from "./frame.js";
import { Shelf } from "./shelf.js";
import { joinWords } from "./words.js";

const FOLDERS = { person: "people", household: "households", need: "needs" };

/** The page; `filled` is {typed, seen, errors} of what was sent, or empty. Null where not in the book. */
export function editView(book, kind, record, filled, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const row = (kind === "person" ? shelf.people : shelf.households).get(record);
  if (!row) return null;
  const { typed = row.fields, seen = row.fields, errors = [] } = filled;
  const [path, name] = [profilePath(kind, record), profileName(row)];
  const fields = phoneFields(loadProfile(kind)).filter((field) => isFor(field, row.fields.category ?? ""));
  return {
    head: head(t("改资料 · %(what)s", { what: name }), { back: path, back_text: name }),
    action: `${path}/edit`,
    fields: drawFields(fields, typed, seen, errors, t),
    errors: errors.map(({ key, message }) => ({ href: `#f-${key}`, message })),
    has_errors: errors.length > 0,
  };
}

/**
 * What was sent: {typed, seen, errors, body, base}; a field that was not sent is left alone. Only what differs from
 * what was seen is checked, so that an old value stops nobody from mending another.
 */
export function readEdit(kind, data, now, t) {
  const form = loadProfile(kind);
  const fields = phoneFields(form).filter(({ key }) => key in data);
  const [typed, seen] = [readTyped(fields, data), readTyped(fields, data, "seen-")];
  const made = changedFields(seen, typed);
  const missing = checkRequired(fields.filter(({ key }) => key in made.body), typed, t);
  const errors = missing.length ? missing : checkTyped(form, typed, made.body, t, localDate(now));
  if (!("door" in made.body)) return { typed, seen, errors, ...made };
  const derived = changedFields({ number: doorNumber(seen.door) }, { number: doorNumber(typed.door) });
  return { typed, seen, errors, body: { ...made.body, ...derived.body }, base: { ...made.base, ...derived.base } };
}

/** The page of a person, a household or a need. */
export const profilePath = (kind, record) => `/field/${FOLDERS[kind]}/${record}`;

/** What a person, a household or a need is called. */
export const profileName = ({ fields }) =>
  fields.name || fields.what || joinWords([fields.door ?? "", fields.title ?? ""]);
