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
  partFields,
  readTyped,
} from "../../forms/profile.js";
import { changedFields } from "../../sync/edits.js";
import { head } from "./frame.js";
import { Shelf } from "./shelf.js";
import { joinWords } from "./words.js";

const FOLDERS = { person: "people", household: "households", need: "needs" };

const TITLES = { edit: "改资料 · %(what)s", state: "现在怎么样 · %(what)s" };

/**
 * The page of a `part` of the data; `filled` is {typed, seen, errors} of what was sent, or empty. Null where the
 * record is not in the book.
 */
export function editView(book, kind, record, filled, now, t, part = "edit") {
  const shelf = new Shelf(book, localDate(now));
  const row = (kind === "person" ? shelf.people : shelf.households).get(record);
  if (!row) return null;
  const { typed = row.fields, seen = row.fields, errors = [] } = filled;
  const [path, name] = [profilePath(kind, record), profileName(row)];
  const fields = partFields(loadProfile(kind), part).filter((field) => isFor(field, row.fields.category ?? ""));
  return {
    head: head(t(TITLES[part], { what: name }), { back: path, back_text: name }),
    action: `${path}/${part}`,
    is_state: part === "state",
    fields: drawFields(fields, typed, seen, errors, t),
    errors: errors.map(({ key, message }) => ({ href: `#f-${key}`, message })),
    has_errors: errors.length > 0,
  };
}

/**
 * What was sent: {typed, seen, errors, body, base}; a field that was not sent is left alone. Only what differs from
 * what was seen is checked, so that an old value stops nobody from mending another.
 */
export function readEdit(kind, data, now, t, part = "edit") {
  const [form, today] = [loadProfile(kind), localDate(now)];
  const fields = partFields(form, part).filter(({ key }) => key in data);
  const [typed, seen] = [readTyped(fields, data), readTyped(fields, data, "seen-")];
  if ("state" in typed && typed.state !== seen.state) typed.state_since ??= today;
  const made = changedFields(seen, typed);
  const missing = checkRequired(fields.filter(({ key }) => key in made.body), typed, t);
  const errors = missing.length ? missing : checkTyped(form, typed, made.body, t, today);
  if (!("door" in made.body)) return { typed, seen, errors, ...made };
  const derived = changedFields({ number: doorNumber(seen.door) }, { number: doorNumber(typed.door) });
  return { typed, seen, errors, body: { ...made.body, ...derived.body }, base: { ...made.base, ...derived.base } };
}

/** The page of a person, a household or a need. */
export const profilePath = (kind, record) => `/field/${FOLDERS[kind]}/${record}`;

/** What a person, a household or a need is called. */
export const profileName = ({ fields }) =>
  fields.name || fields.what || joinWords([fields.door ?? "", fields.title ?? ""]);
