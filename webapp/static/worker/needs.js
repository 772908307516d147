// Needs on the phone: raised, listed, taken step by step, all offline. Twin of webapp/field/needs.py.

import { localDate } from "../care/dates.js";
import {
  asking,
  needView,
  raiseForm,
  raiseNeed,
  raising,
  stepForm,
  takeStep,
} from "../field/view_models/need.js";
import { needsView } from "../field/view_models/needs.js";
import { checkForm, readForm } from "../forms/engine.js";
import { isId } from "../sync/ids.js";
import { fieldsOf, newChange } from "./actions.js";
import { goTo } from "./answers.js";
import { notFound, page } from "./pages.js";

export async function showNeeds(site) {
  const view = needsView(await site.store.book(), site.identity.account, site.now, site.t);
  return page(site, "field/needs.html", "today", view);
}

export async function showNeed(site) {
  const saved = site.query.get("saved") ?? "";
  const view = needView(await site.store.book(), site.params.id, site.identity.account, saved, site.now, site.t);
  return page(site, "field/need.html", "today", view);
}

/** The form by which a need is raised; ?fact= is the visit that told of it. */
export async function showRaising(site) {
  return raisingPage(site, await toldBy(site), []);
}

export async function raiseIt(site) {
  const person = (await site.store.book()).people.find((row) => row.id === site.params.id);
  if (!person) return notFound(site);
  const told = await toldBy(site);
  const typed = readForm(raising(), await fieldsOf(site.request));
  const errors = checkForm(raising(), typed, site.t, localDate(site.now));
  if (errors.length) return raisingPage(site, { ...told, ...typed }, errors);
  const fact = told.fact ? { fact: told.fact } : {};
  const made = raiseNeed(person, { ...typed, ...fact }, "visit", site.now);
  const change = { ...newChange(site, { area: person.area, kind: "need" }, "set"), ...made, person: person.id };
  return save(site, { ...change, record: change.id });
}

/** The form of a step. */
export async function showStep(site) {
  const need = await needOf(site);
  return need ? stepPage(site, site.params.step === "reopened" ? {} : need.fields, []) : notFound(site);
}

export async function stepOn(site) {
  const need = await needOf(site);
  const { step } = site.params;
  const view = need && stepForm(await site.store.book(), need.id, step, {}, [], site.now, site.t);
  if (!view) return notFound(site);
  const typed = readForm(asking(step), await fieldsOf(site.request));
  const errors = checkForm(asking(step), typed, site.t, localDate(site.now));
  if (errors.length) return stepPage(site, typed, errors);
  const made = takeStep(need, step, typed, site.identity.account);
  const { person } = need.fields;
  return save(site, { ...newChange(site, need, "set"), record: need.id, ...made, ...(person ? { person } : {}) });
}

async function save(site, change) {
  await site.store.save(change);
  site.exchangeSoon("save");
  return goTo(`/field/needs/${change.record}?saved=phone`);
}

async function raisingPage(site, filled, errors) {
  const view = raiseForm(await site.store.book(), site.params.id, filled, errors, site.now, site.t);
  return page(site, "field/form.html", "today", view, errors.length ? 422 : 200);
}

async function stepPage(site, filled, errors) {
  const { id, step } = site.params;
  const view = stepForm(await site.store.book(), id, step, filled, errors, site.now, site.t);
  return page(site, "field/form.html", "today", view, errors.length ? 422 : 200);
}

/** The visit that told of a need, and what it says is needed. */
async function toldBy(site) {
  const fact = site.query.get("fact") ?? "";
  const row = isId(fact) ? await site.store.fact(site.params.id, fact) : null;
  return row ? { fact, ...(row.fields.needs ? { what: row.fields.needs } : {}) } : {};
}

async function needOf(site) {
  return (await site.store.book()).needs.find((row) => row.id === site.params.id);
}
