// Laying changes over rows: what a record looks like once a change is counted in. Pure.
// Twin: sync/overlay.py; vectors: tests/vectors/overlay.json.

/** The rows with `changes` (each with author, in order) counted in; nothing is altered in place. */
export function layOver(rows, changes) {
  const laid = new Map(rows.map((row) => [row.id, row]));
  for (const change of changes) {
    for (const row of touchedRows(laid, change)) laid.set(row.id, row);
  }
  return [...laid.values()];
}

/** The rows, new or altered, that one change leaves behind; `rows` is a Map by id. */
export function touchedRows(rows, change) {
  const { op } = change;
  const current = rows.get(change.record);
  if (op === "record" || op === "amend") {
    const touched = [current ?? newFact(change)];
    const amended = op === "amend" ? rows.get(change.amends) : undefined;
    if (amended) touched.push({ ...amended, state: "amended", amended_by: change.record });
    return touched;
  }
  if (op === "set") return [setProfile(current, change)];
  if (!current) return [];
  if (op === "void") return [{ ...current, state: "void", ...reason(change) }];
  if (op === "review") return [reviewFact(current, change)];
  return [];
}

/** The row of a fact that the server has not numbered yet (seq 0). */
export function newFact(change) {
  const row = {
    id: change.record,
    kind: change.kind,
    area: change.area,
    seq: 0,
    person: change.person,
    household: change.household,
    author: change.author,
    occurred_at: change.occurred_at,
    state: "pending",
    fields: { ...change.body },
  };
  for (const key of ["form", "amends"]) {
    if (change[key] !== undefined && change[key] !== null) row[key] = change[key];
  }
  return row;
}

/**
 * A profile's row with the fields of a set change; null takes a field away. Whether what was set still competes
 * with others is the server's to say: until then it does not.
 */
export function setProfile(current, change) {
  const { conflicts = {}, ...row } = current ?? {
    id: change.record,
    kind: change.kind,
    area: change.area,
    seq: 0,
    fields: {},
  };
  const fields = { ...row.fields, ...change.body };
  for (const name of Object.keys(fields)) if (fields[name] === null) delete fields[name];
  const rivals = Object.entries(conflicts).filter(([name]) => !(name in change.body));
  return { ...row, fields, ...(rivals.length ? { conflicts: Object.fromEntries(rivals) } : {}) };
}

/** A fact's row with a supervisor's verdict on it. */
export function reviewFact(current, change) {
  const { reason: _before, ...row } = current;
  return { ...row, state: change.body.verdict, reviewer: change.author, ...reason(change) };
}

function reason({ body }) {
  return typeof body.reason === "string" && body.reason ? { reason: body.reason } : {};
}
