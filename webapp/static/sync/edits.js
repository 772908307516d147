// Edits of a profile as a phone makes them, and what became of one's own. Pure.
// Twin: sync/edits.py; vectors: tests/vectors/edits.json.

/** {body, base} of the fields that differ from what was seen; null stands for an empty one. */
export function changedFields(seen, typed) {
  const names = Object.keys(typed).filter((name) => typed[name] !== (seen[name] ?? null));
  return {
    body: Object.fromEntries(names.map((name) => [name, typed[name]])),
    base: Object.fromEntries(names.map((name) => [name, seen[name] ?? null])),
  };
}

/**
 * Each field where an edit of `account` competes and another value shows: {row, name, mine, shown, seen}; `seen`
 * are the ids of all that compete, joined by commas: what a choice resolves.
 */
export function lostEdits(rows, account) {
  const found = [];
  for (const row of rows) {
    for (const name of Object.keys(row.conflicts ?? {}).sort()) {
      const heads = row.conflicts[name];
      const mine = heads.findLast((head) => head.author === account);
      const shown = heads.at(-1);
      if (!mine || shown.author === account || mine.value === shown.value) continue;
      found.push({ row, name, mine, shown, seen: heads.map((head) => head.change).join(",") });
    }
  }
  return found;
}

/** {body, base, resolves} that lets "mine" or what is "shown" stand, of all that was seen. */
export function settleEdit(lost, keep) {
  const { name, mine, shown } = lost;
  const chosen = keep === "mine" ? mine.value : shown.value;
  return { body: { [name]: chosen }, base: { [name]: shown.value }, resolves: lost.seen.split(",") };
}
