// A form to fill in, new or amended. Twin: webapp/field/view_models/form.py.

import { localDate } from "../../care/dates.js";
import { formFields, loadForm } from "../../forms/engine.js";
import { head } from "./frame.js";
import { Shelf } from "./shelf.js";
import { factPath, kindWords } from "./words.js";

/** The page of a form; `body` is what is filled in so far, `amends` the fact it corrects. */
export function formView(book, kind, personId, body, errors, now, t, options = {}) {
  const { amends = null, drafts = false, draft_kept: draftKept = false } = options;
  const shelf = new Shelf(book, localDate(now));
  const person = shelf.people.get(personId);
  if (!person) return null;
  const name = person.fields.name ?? "";
  const reason = amends?.reason ?? "";
  const reviewer = amends ? shelf.memberName(amends.reviewer) : "";
  const title = `${kindWords(kind, t)} ${name}`;
  return {
    head: head(amends ? t("改一改 · %(what)s", { what: title }) : title, {
      back: amends ? factPath(personId, amends.id) : `/field/people/${personId}`,
      back_text: name,
    }),
    action: amends ? `${factPath(personId, amends.id)}/amend` : `/field/people/${personId}/${kind}/new`,
    kind,
    fields: formFields(loadForm(kind), body, errors, t),
    errors: errors.map((error) => ({ href: `#f-${error.key}`, message: error.message })),
    has_errors: errors.length > 0,
    has_reason: reason !== "",
    reason,
    reviewer: reviewer || t("督导员"),
    drafts,
    draft_action: `/field/drafts/${kind}/${personId}`,
    draft_kept: draftKept,
    is_counselling: Boolean(loadForm(kind).warns),
    submit: amends ? t("存下改好的") : t("存下"),
  };
}
