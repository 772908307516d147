// One log with its receipt: saved here, uploaded, reviewed by whom. Twin: webapp/field/view_models/fact.py.

import { localDate } from "../../care/dates.js";
import { reasonText } from "../../care/thresholds.js";
import { describe, loadForm } from "../../forms/engine.js";
import { head } from "./frame.js";
import { Shelf } from "./shelf.js";
import { factPath, KINDS, kindWords, momentWords, stateWords, tagOf } from "./words.js";

/** The page of one fact; `me` is the account that looks at it. */
export function factView(book, row, me, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const person = shelf.people.get(row.person ?? "");
  const name = person?.fields.name ?? "";
  const mine = row.author === me;
  const state = row.state ?? "pending";
  const path = factPath(row.person ?? "", row.id);
  const known = KINDS.includes(row.kind);
  return {
    head: head(`${kindWords(row.kind, t)} ${name}`.trim(), {
      sub: momentWords(row.occurred_at, shelf.today, t),
      side: stateWords(row, t),
      back: person ? `/field/people/${row.person}` : "/field/today",
      back_text: name || t("今天"),
    }),
    tag: tagOf(row, t),
    reasons: (row.reasons ?? []).map((code) => reasonText(code, t)),
    has_reasons: (row.reasons ?? []).length > 0,
    is_urgent: row.attention === "urgent",
    lines: known ? describe(loadForm(row.kind), row.fields, t) : [],
    steps: steps(shelf, row, t),
    returned: state === "returned",
    reason: row.reason ?? "",
    reviewer: shelf.memberName(row.reviewer) || t("督导员"),
    can_amend: mine && (state === "pending" || state === "returned") && known,
    amend_href: `${path}/amend`,
    can_void: mine && state === "pending",
    void_action: `${path}/void`,
    is_void: state === "void",
    was_amended: state === "amended",
    newer_href: factPath(row.person ?? "", row.amended_by ?? ""),
    has_older: row.amends !== undefined,
    older_href: factPath(row.person ?? "", row.amends ?? ""),
  };
}

/** The receipt: what is done, in order, and what is still to come. */
function steps(shelf, row, t) {
  const uploaded = row.place !== "saved";
  const reviewed = (row.state === "approved" || row.state === "returned") && row.reviewed_at !== undefined;
  const verdict = row.state === "returned" ? t("退回，等着改") : t("已审核");
  const moment = (millis) => momentWords(millis, shelf.today, t);
  return [
    { text: t("已存本机"), detail: shelf.memberName(row.author), done: true },
    {
      text: t("已上传"),
      detail: uploaded && row.received_at !== undefined ? moment(row.received_at) : "",
      done: uploaded,
    },
    {
      text: reviewed ? verdict : t("督导员审核"),
      detail: reviewed
        ? [shelf.memberName(row.reviewer), moment(row.reviewed_at)].filter(Boolean).join(" ")
        : "",
      done: reviewed,
    },
  ];
}
