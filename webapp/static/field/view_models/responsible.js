// Who is responsible for a household, from its own pairings up the tree.
// Twin: webapp/field/view_models/responsible.py.

import { localDate } from "../../care/dates.js";
import { HEADS, isServing, roleOrder } from "../../care/posts.js";
import { head } from "./frame.js";
import { call } from "./household.js";
import { byKeys, Shelf } from "./shelf.js";
import { joinWords, roleWords } from "./words.js";

const OWN = { police: "联络民警", responsible: "负责人" }; // roles that no account has
const HIGHEST = 8; // levels, so that a tree that goes round comes to an end

/** The page of a household's people responsible; null where it is not in the book. */
export function responsibleView(book, householdId, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const household = shelf.households.get(householdId);
  if (!household) return null;
  const { fields } = household;
  const title = joinWords([fields.door ?? "", fields.title ?? ""]).replaceAll(" · ", " ");
  const levels = lineOf(book, household.area).map((place) => levelOf(shelf, book, place, t));
  const near = [...pairLines(shelf, householdId, t), ...officeLines(shelf, household.area, t)];
  return {
    head: head(t("谁负责"), {
      sub: title,
      side: shelf.gridName(household),
      back: `/field/households/${householdId}`,
      back_text: title,
    }),
    near,
    has_near: near.length > 0,
    levels,
    no_head: !levels.slice(0, 1).some((level) => level.headed),
  };
}

/** A grid and the places above it, as far as they are known: {id, level, name}. */
export function lineOf(book, area) {
  const above = new Map((book.above ?? []).map((row) => [row.id, row]));
  const line = [];
  let row = book.grids.find(({ id }) => id === area);
  while (row && line.length < HIGHEST) {
    const { fields } = row;
    const level = row.kind === "grid" ? "grid" : (fields.level ?? "");
    line.push({ id: row.id, level, name: fields.name ?? "" });
    row = above.get(fields.parent ?? "");
  }
  return line;
}

/** A place with who serves there, heads first, and its station. */
function levelOf(shelf, book, place, t) {
  const people = serving(shelf, book, place, t);
  const stations = (book.stations ?? []).filter((row) => row.area === place.id);
  return {
    title: place.name,
    calls: people.filter(({ phone }) => phone).map(({ label, phone }) => call(label, phone)),
    others: people.filter(({ phone }) => !phone).map(({ label }) => label),
    nobody: !people.length,
    headed: people.some(({ heads }) => heads),
    has_station: stations.length > 0,
    station: { href: `/field/stations/${place.id}`, name: stations[0]?.fields.name ?? "" },
  };
}

/** Each person once, with all they do here: by posts, by accounts, and as the grid names them. */
function serving(shelf, book, place, t) {
  const rows = [...(book.posts ?? []), ...book.members].filter((row) => row.area === place.id);
  const held = rows
    .map(({ fields }) => fields)
    .filter((each) => isServing(each, shelf.today) && each.role !== "operator");
  const named = shelf.namedResponsible(place.id);
  if (named) held.push({ ...named.fields, role: "responsible" });
  held.sort(byKeys((each) => [roleOrder(each.role ?? "")]));
  const found = new Map();
  for (const { name = "", phone = "", role = "" } of held) {
    const key = `${name} ${phone}`;
    if (!found.has(key)) found.set(key, { name, phone, roles: [], heads: false });
    const known = found.get(key);
    const words = roleOf(role, place.level, t);
    if (!known.roles.includes(words) && !(role === "responsible" && known.heads)) known.roles.push(words);
    known.heads = known.heads || role === "grid_head" || role === "responsible";
  }
  return [...found.values()].map((each) => ({ ...each, label: `${each.roles.join(t("、"))} ${each.name}`.trim() }));
}

function roleOf(role, level, t) {
  if (role === "grid_head") return t(HEADS[level] ?? "格长");
  return Object.hasOwn(OWN, role) ? t(OWN[role]) : roleWords(role, t);
}

/** Who is paired with the people here, each once. */
function pairLines(shelf, household, t) {
  const lines = new Map();
  const people = [...(shelf.living.get(household) ?? [])].sort(byKeys((row) => [row.fields.birth ?? ""]));
  for (const pairing of people.flatMap((person) => shelf.pairedWith(person))) {
    const member = shelf.members.get(pairing.fields.member ?? "");
    if (!member?.fields.phone || lines.has(member.id)) continue;
    lines.set(member.id, call(t("结对人 %(name)s", { name: member.fields.name ?? "" }), member.fields.phone));
  }
  return [...lines.values()];
}

/** The clinic and the police station that the grid's own data names. */
function officeLines(shelf, area, t) {
  const fields = shelf.gridOf.get(area)?.fields ?? {};
  const wanted = [
    ["clinic", "卫生室"],
    ["police", "派出所"],
  ];
  return wanted
    .filter(([key]) => fields[`${key}_phone`])
    .map(([key, name]) => call(fields[`${key}_name`] || t(name), fields[`${key}_phone`]));
}
