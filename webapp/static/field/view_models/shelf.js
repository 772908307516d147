// The book by its keys: who lives where, who is alone, who is due. Twin: webapp/field/view_models/shelf.py.

import { isInForce } from "../../care/pairing.js";
import { isServing } from "../../care/posts.js";
import { dues, makePlan } from "../../care/rhythm.js";
import { settleRules } from "../../care/rhythm_settings.js";
import { emptySummary } from "../../care/summary.js";
import { naturalText } from "../../care/walk.js";

/** Whether somebody is on the ledger still: no state, or "active". */
export const isActive = (person) => (person.fields.state ?? "active") === "active";

/** A book indexed for one page. */
export class Shelf {
  constructor(book, today) {
    this.today = today;
    this.summaries = book.summaries;
    this.grids = [...book.grids].sort(byKeys(gridOrder));
    this.places = new Map(this.grids.map((row, place) => [row.id, place]));
    this.gridOf = new Map(this.grids.map((row) => [row.id, row]));
    this.households = new Map(book.households.map((row) => [row.id, row]));
    this.people = new Map(book.people.map((row) => [row.id, row]));
    this.members = new Map(book.members.map((row) => [row.id, row]));
    this.needs = new Map((book.needs ?? []).map((row) => [row.id, row]));
    this.living = new Map();
    for (const row of book.people) {
      const household = row.fields.household ?? "";
      if (!this.living.has(household)) this.living.set(household, []);
      this.living.get(household).push(row);
    }
    this.posts = book.posts ?? [];
    this.above = new Map((book.above ?? []).map((row) => [row.id, row]));
    this.rhythms = book.rhythms ?? [];
    this.plans = new Map();
    this.doors = new Map();
    this.pairings = new Map();
    for (const row of book.pairings) {
      const person = row.fields.person ?? "";
      if (!this.pairings.has(person)) this.pairings.set(person, []);
      this.pairings.get(person).push(row);
    }
  }

  /** The name of the grid a row lies in. */
  gridName(row) {
    return this.gridOf.get(row.area)?.fields.name ?? "";
  }

  /** A grid's name without its village: "一组". */
  shortGrid(row) {
    const village = this.gridOf.get(row.area)?.fields.village ?? "";
    const name = this.gridName(row);
    return village && name.startsWith(village) ? name.slice(village.length) : name;
  }

  /** The household a person lives in. */
  householdOf(person) {
    return this.households.get(person.fields.household ?? "");
  }

  /** The door a person lives behind: "4号". */
  doorOf(person) {
    return this.householdOf(person)?.fields.door ?? "";
  }

  /** The name of who holds an account; "" where nobody here knows it. */
  memberName(account) {
    return this.members.get(account ?? "")?.fields.name ?? "";
  }

  /** Who is responsible for a grid: whom its data names, else its head by a post that is in force. */
  responsible(area) {
    const heads = this.posts.filter((row) => row.area === area && row.fields.role === "grid_head");
    return this.namedResponsible(area) ?? heads.find((row) => isServing(row.fields, this.today));
  }

  /** The member whom a grid's own data names as responsible. */
  namedResponsible(area) {
    return this.members.get(this.gridOf.get(area)?.fields.responsible ?? "");
  }

  /** Whether nobody else of the ledger, who is on it still, lives in their household. */
  isAlone(person) {
    const home = this.living.get(person.fields.household ?? "") ?? [];
    return !home.some((row) => row.id !== person.id && isActive(row));
  }

  /** What is known of them. */
  summaryOf(person) {
    return this.summaries[person.id] ?? emptySummary();
  }

  /** Today's plan of a grid: its rules, the holidays, the birthdays ahead. */
  planOf(area) {
    if (!this.plans.has(area)) {
      this.plans.set(area, makePlan(this.today, settleRules(this.rhythms, this.chainOf(area))));
    }
    return this.plans.get(area);
  }

  /** The areas whose rules hold in a grid, from the top down to itself, as far as they are known. */
  chainOf(area) {
    const chain = [area];
    let row = this.gridOf.get(area);
    while (row?.fields.parent && !chain.includes(row.fields.parent)) {
      chain.unshift(row.fields.parent);
      row = this.above.get(chain[0]);
    }
    return chain;
  }

  /** What is due for them today. */
  duesOf(person) {
    const alone = this.isAlone(person);
    return dues(this.planOf(person.area), person.fields, alone, person.received_at ?? null, this.summaryOf(person));
  }

  /** The pairings of a person that hold today, oldest first. */
  pairedWith(person) {
    const found = (this.pairings.get(person.id) ?? []).filter((row) => isInForce(row.fields, this.today));
    return found.sort(byKeys((row) => [row.fields.from ?? "", row.id]));
  }

  /** Whether somebody is paired with them today. */
  isPairedWith(person, account) {
    return this.pairedWith(person).some((row) => row.fields.member === account);
  }

  /** The order one walks in: grid, group, door number, door as it is spoken, name. */
  walkKey(person) {
    const home = person.fields.household ?? "";
    if (!this.doors.has(home)) this.doors.set(home, doorOrder(this.households.get(home)?.fields ?? {}));
    const place = this.places.get(person.area) ?? 999;
    return [place, ...this.doors.get(home), person.fields.name ?? ""];
  }
}

const gridOrder = (row) => [row.fields.position ?? 0, naturalText(row.fields.name ?? ""), row.id];
const doorOrder = (fields) => [naturalText(fields.group ?? ""), fields.number ?? 0, naturalText(fields.door ?? "")];

/** Compares by a list of keys, numbers as numbers, strings by code point as Python does. */
export function byKeys(keys) {
  return (one, other) => {
    const [a, b] = [keys(one), keys(other)];
    for (let place = 0; place < a.length; place += 1) {
      const order = typeof a[place] === "number" ? a[place] - b[place] : byCodePoint(a[place], b[place]);
      if (order) return order;
    }
    return 0;
  };
}

function byCodePoint(a, b) {
  const [left, right] = [[...a], [...b]];
  for (let place = 0; place < Math.min(left.length, right.length); place += 1) {
    const order = left[place].codePointAt(0) - right[place].codePointAt(0);
    if (order) return order;
  }
  return left.length - right.length;
}
