// News travels as columns: one table a kind, one array a field. Pure.
// {"visit": {"count": 1, "columns": {"fields.how": ["well"], "id": ["a"], "seq": [1]}}}; null is absent.
// A snapshot's cells are smaller still: sync/cells.js.
// Twin: sync/packing.py; vectors: tests/vectors/packing.json.

const PREFIX = "fields.";

/** Pack rows (their area left out) into tables of columns, columns in order of name. */
export function pack(rows) {
  const byKind = {};
  for (const row of rows) (byKind[row.kind] ??= []).push(flatten(row));
  return Object.fromEntries(
    Object.keys(byKind)
      .sort()
      .map((kind) => [kind, columns(byKind[kind])]),
  );
}

/** The rows of packed tables, of `area`, by number. */
export function unpack(tables, area) {
  const rows = [];
  for (const [kind, table] of Object.entries(tables)) {
    const names = Object.entries(table.columns);
    for (let place = 0; place < table.count; place += 1) {
      const row = { kind, area, fields: {} };
      for (const [name, values] of names) {
        const value = values[place];
        if (value === null) continue;
        if (name.startsWith(PREFIX)) row.fields[name.slice(PREFIX.length)] = value;
        else row[name] = value;
      }
      rows.push(row);
    }
  }
  return rows.sort((a, b) => a.seq - b.seq);
}

function flatten({ kind, area, fields, ...rest }) {
  const flat = { ...rest };
  for (const [name, value] of Object.entries(fields)) flat[PREFIX + name] = value;
  return flat;
}

function columns(flat) {
  const names = [...new Set(flat.flatMap((row) => Object.keys(row)))].sort();
  const made = names.map((name) => [name, flat.map((row) => row[name] ?? null)]);
  return { count: flat.length, columns: Object.fromEntries(made) };
}
