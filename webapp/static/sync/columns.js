// Columns that were made small before a general coder saw them. Pure.
// Twin: sync/columns.py, which also writes them and says what the forms are; vectors: tests/vectors/columns.json.

import { placeOf } from "./marks.js";

/** The values of a column in whatever form. */
export function readColumn(column) {
  if (Array.isArray(column)) return column;
  if (column.runs) return readRuns(column.runs);
  if (column.of) return readListed(readColumn(column.of), column.at);
  if (column.steps) return readSteps(column.steps);
  return column.lines.split("\n").map((line) => line || null);
}

function readRuns(runs) {
  const values = [];
  for (let place = 0; place < runs.length; place += 2) {
    for (let left = runs[place + 1]; left > 0; left -= 1) values.push(runs[place]);
  }
  return values;
}

function readListed(listed, marks) {
  const values = new Array(marks.length);
  for (let place = 0; place < marks.length; place += 1) values[place] = listed[placeOf(marks.charCodeAt(place))];
  return values;
}

function readSteps(steps) {
  let at = 0;
  return steps.map((step) => (at += step));
}
