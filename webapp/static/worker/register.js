// Households and people registered on the phone, offline: new records, after a look at who is likely here already.
// Without a worker webapp/field/register.py answers.

import { profilePath } from "../field/view_models/edit.js";
import {
  readHousehold,
  readPerson,
  registerHouseholdView,
  registerPersonView,
} from "../field/view_models/register.js";
import { fieldsOf, newChange, newId } from "./actions.js";
import { goTo } from "./answers.js";
import { notFound, page } from "./pages.js";

export const showNewHousehold = async (site) => householdPage(site, await site.store.book(), {});

export const showNewPerson = async (site) =>
  personPage(site, await site.store.book(), site.query.get("category") ?? "", {});

/** A new household, unless it seems to be here already. */
export async function registerHousehold(site) {
  const book = await site.store.book();
  const filled = readHousehold(book, await fieldsOf(site.request), site.now, site.t);
  return stops(filled) ? householdPage(site, book, filled) : save(site, "household", filled);
}

/** A new person, unless they seem to be here already. */
export async function registerPerson(site) {
  const [book, data] = await Promise.all([site.store.book(), fieldsOf(site.request)]);
  const category = data.category?.[0] ?? "";
  if (registerPersonView(book, site.params.id, category, {}, site.now, site.t) === null) return notFound(site);
  const filled = readPerson(book, site.params.id, category, data, site.now, site.t);
  return stops(filled) ? personPage(site, book, category, filled) : save(site, "person", filled);
}

const stops = ({ errors, twins }) => errors.length > 0 || twins.length > 0;

function householdPage(site, book, filled) {
  const view = registerHouseholdView(book, filled, site.now, site.t);
  return page(site, "field/register.html", "households", view, filled.typed ? 422 : 200);
}

function personPage(site, book, category, filled) {
  const view = registerPersonView(book, site.params.id, category, filled, site.now, site.t);
  return page(site, "field/register.html", "households", view, filled.typed ? 422 : 200);
}

async function save(site, kind, { area, body }) {
  const record = newId(site);
  const change = { ...newChange(site, { area, kind }, "set"), record, body, base: {} };
  await site.store.save(kind === "person" ? { ...change, person: record } : change);
  site.exchangeSoon("save");
  return goTo(`${profilePath(kind, record)}?saved=phone`);
}
