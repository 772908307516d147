// A cell: rows of one area as a snapshot carries them. Pure.
// Twin: sync/cells.py, which also writes them and says what they look like; vectors: tests/vectors/cells.json.

import { readColumn } from "./columns.js";
import { turnBack } from "./turning.js";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));
const TURNED = "turned"; // in the place of a column whose lines are among the cell's texts
const CHANCE = 7;

/** The rows of a cell, of `area`, by number. */
export function readCell(cell, area) {
  const { id, household, ...plain } = cell.columns;
  const columns = Object.fromEntries(Object.entries(plain).map(([name, column]) => [name, readColumn(column)]));
  columns.id = id.chance === undefined ? readColumn(id) : joinIds(id, columns.occurred_at);
  if (household) columns.household = household.of_person ? follow(household, columns.person) : readColumn(household);
  const rows = readColumn(cell.kind).map((kind) => ({ kind, area, fields: {} }));
  for (const [name, values] of Object.entries(columns)) fill(rows, name, values);
  const lines = cell.texts ? turnBack(cell.texts).split("\n") : [];
  let line = 0;
  for (const [kind, named] of Object.entries(cell.fields)) {
    const fields = rows.filter((row) => row.kind === kind).map((row) => row.fields);
    for (const [name, column] of Object.entries(named)) {
      if (column !== TURNED) fill(fields, name, readColumn(column));
      else fill(fields, name, lines.slice(line, (line += fields.length)).map((each) => each || null));
    }
  }
  return rows;
}

/** Give each object its value of a column, where it has one: a column at a time is twice as fast as a row. */
function fill(objects, name, values) {
  for (let place = 0; place < objects.length; place += 1) {
    if (values[place] !== null) objects[place][name] = values[place];
  }
}

/** The household of each row, where it follows from the person. */
function follow({ of_person: column }, persons) {
  const different = [...new Set(persons)].filter((person) => person !== null);
  const households = readColumn(column);
  const found = new Map(different.map((person, place) => [person, households[place]]));
  return persons.map((person) => found.get(person) ?? null);
}

function joinIds({ moment, chance, maker }, moments) {
  const makers = readColumn(maker);
  return readColumn(moment).map((after, place) => {
    const time = (after + (moments?.[place] ?? 0)).toString(16).padStart(12, "0");
    const at = place * CHANCE;
    const first = VALUES.get(chance[at]) * 64 + VALUES.get(chance[at + 1]);
    let rest = 0;
    for (let digit = 2; digit < CHANCE; digit += 1) rest = rest * 64 + VALUES.get(chance[at + digit]);
    const [a, b] = [hex(first, 3), hex(rest + 0x80000000, 8)];
    return `${time.slice(0, 8)}-${time.slice(8)}-7${a}-${b.slice(0, 4)}-${b.slice(4)}${makers[place]}`;
  });
}

const hex = (number, digits) => number.toString(16).padStart(digits, "0");
