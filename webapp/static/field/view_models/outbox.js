// 待传: 需处理, 已存本机, 已上传, with counts and the oldest age. Twin: webapp/field/view_models/outbox.py.

import PROBLEMS from "../../../../sync/errors.json" with { type: "json" };
import household from "../../../forms/profiles/household.json" with { type: "json" };
import need from "../../../forms/profiles/need.json" with { type: "json" };
import person from "../../../forms/profiles/person.json" with { type: "json" };
import { localDate } from "../../care/dates.js";
import { valueText } from "../../forms/engine.js";
import { profileName, profilePath } from "./edit.js";
import { head } from "./frame.js";
import { Shelf } from "./shelf.js";
import { agoWords, factPath, factWords, joinWords, kindWords, momentWords, stateWords } from "./words.js";

const PROFILES = { person, household, need };
const ABOUT = { need: "需求", pairing: "结对" };
const OPS = { void: "收回", amend: "更正", set: "改资料" };

/** The page of what waits, what needs you and what arrived. */
export function outboxView(book, entries, connection, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const by = { needs: [], waiting: [], acknowledged: [] };
  for (const entry of entries) {
    const made = entry.op === "conflict" ? rival(shelf, entry, t) : item(shelf, entry, t);
    by[entry.state].push(made);
  }
  const { oldest } = connection;
  const age = oldest === null ? "" : t("最早 %(ago)s", { ago: agoWords(oldest, now, t) });
  const count = (list) => ({ n: String(list.length) });
  return {
    head: head(t("待传"), {
      sub: connection.worker ? t("东西都在这部手机里，不会丢") : t("直接存在服务器上"),
      side: connection.online ? t("有信号") : t("没有信号"),
    }),
    needs: by.needs,
    has_needs: by.needs.length > 0,
    needs_title: t("需处理 %(n)s", count(by.needs)),
    waiting: by.waiting,
    has_waiting: by.waiting.length > 0,
    waiting_title: joinWords([t("已存本机 %(n)s", count(by.waiting)), age]),
    done: by.acknowledged,
    has_done: by.acknowledged.length > 0,
    done_title: t("已上传 %(n)s", count(by.acknowledged)),
    nothing: !entries.length,
    can_sync: Boolean(connection.worker),
    can_export: Boolean(connection.unsent),
    must_sign_in: connection.trouble === "sign_in_again",
  };
}

function item(shelf, entry, t) {
  const isEdit = entry.op === "set";
  const shelves = isEdit ? [shelf.people, shelf.households, shelf.needs] : [];
  const edited = shelves.map((each) => each.get(entry.record)).find(Boolean);
  const profile = edited ?? shelf.people.get(entry.person ?? "");
  const { row } = entry;
  const name = profile ? profileName(profile) : "";
  const isFact = entry.op === "record" || entry.op === "amend";
  const what = isFact ? kindWords(entry.kind, t) : t(ABOUT[entry.kind] ?? OPS[entry.op] ?? "更正");
  let href = entry.person ? factPath(entry.person, entry.record) : "/field/outbox";
  if (isEdit && profile) href = profilePath(profile.kind, profile.id);
  return {
    href,
    face: [...name].slice(0, 1).join("") || "·",
    face_kind: profile?.fields.category ?? "plain",
    title: joinWords([`${what} ${name}`.trim(), row ? factWords(row, t) : ""]),
    ...where(shelf, entry, t),
    can_dismiss: entry.state === "needs" && isOver(entry),
    dismiss_action: `/field/outbox/${entry.id ?? ""}/dismiss`,
    can_settle: false,
    settle_action: "",
    seen: "",
  };
}

/** A field where somebody else's value shows instead of one's own: told, with a tap to restore it. */
function rival(shelf, { row, name, mine, shown, seen }, t) {
  const field = PROFILES[row.kind].fields.find(({ key }) => key === name) ?? { type: "text", label: name };
  const path = profilePath(row.kind, row.id);
  const called = profileName(row);
  return {
    href: path,
    face: [...called].slice(0, 1).join("") || "·",
    face_kind: row.fields.category ?? "plain",
    title: joinWords([called, t(field.label)]),
    detail: t("你写的 %(mine)s，现在显示 %(shown)s（%(who)s 改的）", {
      mine: valueOf(shelf, field, mine.value, t),
      shown: valueOf(shelf, field, shown.value, t),
      who: shelf.memberName(shown.author) || t("别人"),
    }),
    badge: { kind: "urgent", shape: "▲", text: t("选一下") },
    can_dismiss: false,
    dismiss_action: "",
    can_settle: true,
    settle_action: `${path}/conflicts/${name}`,
    seen,
  };
}

function valueOf(shelf, field, value, t) {
  if (value === null) return t("（空着）");
  if (field.type === "member") return shelf.memberName(value) || t("别人");
  return Array.isArray(value) ? value.map(String).join(t("、")) : valueText(field, value, t);
}

/** Whether nothing is left to do about an entry but to know of it. */
const isOver = (entry) => entry.status === "declined" || entry.code === "erased_person";

function where(shelf, entry, t) {
  const { row } = entry;
  const moment = (millis) => momentWords(millis, shelf.today, t);
  if (entry.state === "waiting") {
    const detail = joinWords([moment(entry.saved_at), t("等信号")]);
    return { detail, badge: { kind: "plain", shape: "◌", text: "" } };
  }
  if (entry.state === "needs") {
    const text = isOver(entry) ? t("看一下") : t("改一下");
    return { detail: trouble(shelf, entry, t), badge: { kind: "urgent", shape: "▲", text } };
  }
  let state = row ? stateWords(row, t) : t("已上传");
  if (entry.code) state = trouble(shelf, entry, t);
  const who = row ? shelf.memberName(row.reviewer) : "";
  const detail = joinWords([
    moment(entry.acknowledged_at || entry.saved_at),
    [who, state].filter(Boolean).join(" "),
  ]);
  return { detail, badge: { kind: "well", shape: who ? "✓✓" : "✓", text: "" } };
}

/** What needs the person: the supervisor's reason, or what the server said and what to do. */
function trouble(shelf, entry, t) {
  const { row } = entry;
  if (row?.state === "returned") {
    const who = shelf.memberName(row.reviewer) || t("督导员");
    return t("%(who)s：“%(reason)s”", { who, reason: row.reason ?? "" });
  }
  if (entry.status === "declined") {
    const { reason } = entry;
    return reason ? t("督导员没有采用：%(reason)s", { reason }) : t("督导员没有采用，请问一下");
  }
  const problem = PROBLEMS[entry.code ?? ""];
  return problem ? joinWords([t(problem.what), t(problem.action)]) : t("请让督导员看一下");
}
