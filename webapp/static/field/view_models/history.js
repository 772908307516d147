// 以前: facts as a line of time, newest first. Twin: webapp/field/view_models/history.py.

import { localDate } from "../../care/dates.js";
import { byKeys } from "./shelf.js";
import { factPath, factWords, joinWords, kindWords, momentWords, stateWords, tagOf } from "./words.js";

/** Facts that still stand, newest first; `named` says whose each is. */
export function historyEntries(shelf, facts, t, { named = false } = {}) {
  const standing = facts.filter((row) => row.state !== "amended" && row.state !== "void");
  standing.sort(byKeys((row) => [-row.occurred_at, row.id]));
  return standing.map((row) => entry(shelf, row, t, named));
}

function entry(shelf, row, t, named) {
  const name = named ? (shelf.people.get(row.person ?? "")?.fields.name ?? "") : "";
  const moment = momentWords(row.occurred_at, shelf.today, t);
  return {
    href: factPath(row.person ?? "", row.id),
    title: joinWords([name, kindWords(row.kind, t), factWords(row, t)]),
    detail: joinWords([moment, shelf.memberName(row.author), stateWords(row, t)]),
    tag: tagOf(row, t),
    is_well: (row.attention ?? "well") === "well",
    needs: row.state === "returned",
    date: localDate(row.occurred_at),
  };
}
