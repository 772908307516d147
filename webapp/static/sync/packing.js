// News travels as columns: one table a kind, one array a field. Pure.
// {"visit": {"count": 1, "columns": {"fields.how": ["well"], "id": ["a"], "seq": [1]}}}; null is absent.
// What the server's shrink made smaller is read here too: runs, and ids in three columns (sync/shrink.py).
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
    const names = Object.entries(whole(table.columns));
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

/** Columns without runs and with ids in one piece. */
function whole(columns) {
  const entries = Object.entries(columns).map(([name, values]) => [name, withoutRuns(values)]);
  const { "id.at": ats, "id.chance": chances, "id.node": nodes, ...rest } = Object.fromEntries(entries);
  if (!ats) return rest;
  const moments = rest.occurred_at ?? [];
  return { ...rest, id: ats.map((at, place) => joinId(at + (moments[place] ?? 0), chances[place], nodes[place])) };
}

function withoutRuns(values) {
  if (Array.isArray(values)) return values;
  const { runs } = values;
  const all = [];
  for (let place = 0; place < runs.length; place += 2) {
    for (let left = runs[place + 1]; left > 0; left -= 1) all.push(runs[place]);
  }
  return all;
}

function joinId(at, chance, node) {
  const time = at.toString(16).padStart(12, "0");
  const middle = `7${chance.slice(0, 3)}-${chance.slice(3, 7)}-${chance.slice(7)}`;
  return `${time.slice(0, 8)}-${time.slice(8)}-${middle}${node}`;
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
