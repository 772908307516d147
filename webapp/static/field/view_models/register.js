// A household or a person registered in the field: the form, what was typed, and who is likely there already.
// "It is the same" leads to that one, "it is another" goes on, for exactly those that were seen.
// Twin: webapp/field/view_models/register.py.

import { localDate } from "../../care/dates.js";
import { sameHousehold, samePerson } from "../../care/twins.js";
import {
  askedFields,
  checkRequired,
  checkTyped,
  doorNumber,
  drawFields,
  loadProfile,
  readTyped,
} from "../../forms/profile.js";
import { profileName } from "./edit.js";
import { head } from "./frame.js";
import { householdItem } from "./households.js";
import { byKeys, Shelf } from "./shelf.js";
import { personItem } from "./today.js";
import { categoryWords, joinWords, whoWords } from "./words.js";

const CATEGORIES = ["child", "woman", "elder"];

/** The form of a new household; `filled` is what was sent (readHousehold), or empty. */
export function registerHouseholdView(book, filled, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const fields = [...placeFields(shelf), ...askedFields(loadProfile("household"), "")];
  return {
    ...viewOf("/field/households/new", "", fields, filled, t),
    head: head(t("登记新的一户"), { back: "/field/households", back_text: t("住户") }),
    twins: (filled.twins ?? []).map((id) => householdItem(shelf, shelf.households.get(id), t)),
    twins_title: t("这里好像已经有这一户"),
    same_hint: t("就是这一户，就点开它，不用再登记。"),
    another_label: t("不是，另登记一户"),
  };
}

/** The form of a new person of a household; null where that, or the category, is not known. */
export function registerPersonView(book, household, category, filled, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const home = shelf.households.get(household);
  if (!home || !CATEGORIES.includes(category)) return null;
  const path = `/field/households/${household}`;
  const name = profileName(home);
  return {
    ...viewOf(`${path}/people/new`, category, askedFields(loadProfile("person"), category), filled, t),
    head: head(t("登记%(who)s", { who: categoryWords(category, t) }), { sub: name, back: path, back_text: name }),
    twins: (filled.twins ?? []).map((id) => personTwin(shelf, shelf.people.get(id), t)),
    twins_title: t("这里好像已经有这个人"),
    same_hint: t("就是这个人，就点开他，不用再登记。"),
    another_label: t("不是，另登记一个人"),
  };
}

/** What was sent of a new household: {typed, errors, twins, area, body}. */
export function readHousehold(book, data, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const places = placeFields(shelf);
  const fields = [...places, ...askedFields(loadProfile("household"), "")];
  const typed = readTyped(fields, data);
  const area = typed.area ?? (shelf.grids.length === 1 ? shelf.grids[0].id : null);
  const form = { ...loadProfile("household"), fields };
  const missing = checkRequired(fields, typed, t);
  const errors = missing.length ? missing : checkTyped(form, typed, typed, t, shelf.today);
  const { area: _area, ...body } = valuesOf(typed);
  const number = doorNumber(body.door);
  if (number !== null) body.number = number;
  if (area === null && !errors.length) {
    errors.push({ key: "door", code: "no_grid", message: t("这部手机上还没有网格。请连上网等一会儿再登记。") });
  }
  if (errors.length) return { typed, errors, twins: [], area, body };
  body.address ??= (shelf.gridOf.get(area).fields.name ?? "") + body.door;
  const rivals = book.households.filter((row) => row.area === area && sameHousehold(row.fields, body));
  return { typed, errors: [], twins: unseen(rivals, data), area, body };
}

/** What was sent of a new person of a household in the book: as readHousehold. */
export function readPerson(book, household, category, data, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const form = loadProfile("person");
  const home = shelf.households.get(household);
  const fields = askedFields(form, category);
  const typed = readTyped(fields, data);
  const missing = checkRequired(fields, typed, t);
  const errors = missing.length ? missing : checkTyped(form, typed, typed, t, shelf.today);
  const body = { ...valuesOf(typed), category, household };
  const rivals = book.people
    .filter((row) => samePerson(row.fields, body, sameHome(shelf.householdOf(row), home)))
    .sort(byKeys((row) => shelf.walkKey(row)));
  const twins = errors.length ? [] : unseen(rivals, data);
  return { typed, errors, twins, area: home.area, body };
}

const sameHome = (one, other) =>
  Boolean(one) && one.area === other.area && (one.id === other.id || sameHousehold(one.fields, other.fields));

/** The likely twins, unless somebody saw just these and said that it is another. */
function unseen(rivals, data) {
  const ids = rivals.map((row) => row.id);
  const { another } = data;
  return another?.length === 1 && another[0] === ids.join(",") ? [] : ids;
}

function viewOf(action, category, fields, { typed = {}, errors = [], twins = [] }, t) {
  return {
    action,
    category,
    fields: drawFields(fields, typed, {}, errors, t, true),
    errors: errors.map(({ key, message }) => ({ href: `#f-${key}`, message })),
    has_errors: errors.length > 0,
    has_twins: twins.length > 0,
    another: twins.join(","),
  };
}

/** Which grid, where there are several. */
function placeFields(shelf) {
  if (shelf.grids.length < 2) return [];
  const choices = shelf.grids.map((row) => ({ value: row.id, label: row.fields.name ?? "" }));
  return [{ key: "area", type: "one", label: "网格", choices, required: true }];
}

function personTwin(shelf, row, t) {
  const place = `${shelf.gridName(row)} ${shelf.doorOf(row)}`.trim();
  return personItem(row, joinWords([whoWords(row, shelf.today, t), row.fields.birth ?? "", place]));
}

const valuesOf = (typed) => Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== null));
