// A cell: rows of one area as a snapshot carries them. Pure.
// Twin: sync/cells.py, which also writes them and says what they look like; vectors: tests/vectors/cells.json.

import { readColumn } from "./columns.js";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));
const CHANCE = 7;

/** The rows of a cell, of `area`, by number. */
export function readCell(cell, area) {
  const { id, household, ...plain } = cell.columns;
  const columns = Object.fromEntries(Object.entries(plain).map(([name, column]) => [name, readColumn(column)]));
  columns.id = id.chance === undefined ? readColumn(id) : joinIds(id, columns.occurred_at);
  if (household) columns.household = household.of_person ? follow(household, columns.person) : readColumn(household);
  const named = Object.entries(columns);
  const fields = fieldsOf(cell.fields);
  return readColumn(cell.kind).map((kind, place) => {
    const row = { kind, area, fields: fields[kind]() };
    for (const [name, values] of named) if (values[place] !== null) row[name] = values[place];
    return row;
  });
}

/** For each kind what gives the fields of its next row. */
function fieldsOf(kinds) {
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, columns]) => {
      const named = Object.entries(columns).map(([name, column]) => [name, readColumn(column)]);
      let place = -1;
      const next = () => {
        place += 1;
        const fields = {};
        for (const [name, values] of named) if (values[place] !== null) fields[name] = values[place];
        return fields;
      };
      return [kind, next];
    }),
  );
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
