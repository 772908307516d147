// The book by its keys: who lives where, who is alone, who is due. Twin: webapp/field/view_models/shelf.py.

import { dues } from "../../care/rhythm.js";
import { emptySummary } from "../../care/summary.js";

/** A book indexed for one page. */
export class Shelf {
  constructor(book, today) {
    this.today = today;
    this.summaries = book.summaries;
    this.grids = [...book.grids].sort(byKeys((row) => [row.fields.position ?? 0, row.id]));
    this.places = new Map(this.grids.map((row, place) => [row.id, place]));
    this.gridOf = new Map(this.grids.map((row) => [row.id, row]));
    this.households = new Map(book.households.map((row) => [row.id, row]));
    this.people = new Map(book.people.map((row) => [row.id, row]));
    this.members = new Map(book.members.map((row) => [row.id, row]));
    this.living = new Map();
    for (const row of book.people) {
      const household = row.fields.household ?? "";
      if (!this.living.has(household)) this.living.set(household, []);
      this.living.get(household).push(row);
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

  /** Who is responsible for a grid. */
  responsible(area) {
    return this.members.get(this.gridOf.get(area)?.fields.responsible ?? "");
  }

  /** Whether nobody else of the ledger lives in their household. */
  isAlone(person) {
    return (this.living.get(person.fields.household ?? "") ?? []).length === 1;
  }

  /** What is known of them. */
  summaryOf(person) {
    return this.summaries[person.id] ?? emptySummary();
  }

  /** What is due for them today. */
  duesOf(person) {
    return dues(person.fields.category ?? "", this.isAlone(person), this.summaryOf(person), this.today);
  }

  /** The order one walks in: grid, door number, door, name. */
  walkKey(person) {
    const fields = this.householdOf(person)?.fields ?? {};
    const place = this.places.get(person.area) ?? 999;
    return [place, fields.number ?? 0, fields.door ?? "", person.fields.name ?? ""];
  }
}

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
