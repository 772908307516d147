// A person's or a household's data corrected on the phone, and an edit of one's own that another one outdid.

import { readEdit, editView, profilePath } from "../field/view_models/edit.js";
import { lostEdits, settleEdit } from "../sync/edits.js";
import { fieldsOf, newChange } from "./actions.js";
import { goTo } from "./answers.js";
import { notFound, page } from "./pages.js";

export const showPersonEdit = (site) => showEdit(site, "person");
export const showHouseholdEdit = (site) => showEdit(site, "household");
export const editPerson = (site) => takeEdit(site, "person");
export const showState = (site) => showEdit(site, "person", {}, "state");
export const changeState = (site) => takeEdit(site, "person", "state");
export const editHousehold = (site) => takeEdit(site, "household");
export const settlePerson = (site) => settle(site, "person");
export const settleHousehold = (site) => settle(site, "household");
export const settleNeed = (site) => settle(site, "need");

async function showEdit(site, kind, filled = {}, part = "edit") {
  const view = editView(await site.store.book(), kind, site.params.id, filled, site.now, site.t, part);
  return page(site, "field/edit.html", "households", view, filled.errors ? 422 : 200);
}

/** An edit: only what differs from what was seen, with what was seen. */
async function takeEdit(site, kind, part = "edit") {
  const row = await profileOf(site, kind);
  if (!row) return notFound(site);
  const filled = readEdit(kind, await fieldsOf(site.request), site.now, site.t, part);
  if (filled.errors.length) return showEdit(site, kind, filled, part);
  if (!Object.keys(filled.body).length) return goTo(profilePath(kind, row.id));
  await saveEdit(site, row, { body: filled.body, base: filled.base });
  return goTo(`${profilePath(kind, row.id)}?saved=phone`);
}

/** 改回我写的 or 就用现在的, of exactly what was seen; where that has changed meanwhile, it is shown again. */
async function settle(site, kind) {
  const row = await profileOf(site, kind);
  const form = await fieldsOf(site.request);
  const lost = row && lostEdits([row], site.identity.account).find(({ name }) => name === site.params.name);
  const keep = form.keep?.[0];
  if (lost && lost.seen === form.seen?.[0] && (keep === "mine" || keep === "shown")) {
    await saveEdit(site, row, settleEdit(lost, keep));
  }
  return goTo("/field/outbox");
}

async function profileOf(site, kind) {
  const book = await site.store.book();
  return { person: book.people, household: book.households, need: book.needs }[kind].find((row) => row.id === site.params.id);
}

async function saveEdit(site, row, edit) {
  const change = { ...newChange(site, row, "set"), record: row.id, ...edit };
  const person = row.kind === "person" ? row.id : row.fields.person;
  await site.store.save(person ? { ...change, person } : change);
  site.exchangeSoon("save");
}
