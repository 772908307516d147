// What stands around every page: head, strip, tabs. Twin: webapp/field/view_models/frame.py.

import PROBLEMS from "../../../../sync/errors.json" with { type: "json" };
import { agoWords, joinWords } from "./words.js";

const TABS = [
  ["today", "今天", "/field/today", "sun"],
  ["households", "住户", "/field/households", "house"],
  ["outbox", "待传", "/field/outbox", "up"],
  ["me", "我", "/field/me", "person"],
];

const PASSING = ["no_answer", "busy", "server_behind"]; // troubles that end without anybody doing anything

/** Strip and tabs; connection is {online, syncing, waiting, oldest, needs, trouble, worker, left}; trouble is a code or "". */
export function frame(active, connection, now, t) {
  const count = connection.waiting + connection.needs;
  return {
    strip: stripView(connection, now, t),
    tabs: TABS.map(([key, label, href, icon]) => ({
      label: t(label),
      href,
      icon: `/static/icons/icons.svg#${icon}`,
      current: key === active,
      is_outbox: key === "outbox",
    })),
    dot: { count: count < 100 ? String(count) : "99+", shown: count > 0 },
    worker: Boolean(connection.worker),
  };
}

/** The one line that says where things are: {kind, shape, text}. */
export function stripView(connection, now, t) {
  const { waiting, needs, oldest } = connection;
  const trouble = PROBLEMS[connection.trouble];
  if (trouble) {
    const passing = PASSING.includes(connection.trouble);
    const text = joinWords([t(trouble.what), passing ? saved(waiting, t) : "", t(trouble.action)]);
    return { kind: passing ? "away" : "needs", shape: passing ? "◌" : "▲", text };
  }
  if (needs) {
    const text = t("有 %(n)s 条要你看一下", { n: String(needs) });
    return { kind: "needs", shape: "▲", text: joinWords([text, saved(waiting, t), left(connection, t)]) };
  }
  const since = oldest === null ? "" : t("最早 %(ago)s", { ago: agoWords(oldest, now, t) });
  if (!connection.online) {
    const text = joinWords([t("没有信号"), saved(waiting, t) || t("照样可以记"), since]);
    return { kind: "away", shape: "◌", text };
  }
  if (connection.left) {
    return { kind: "ok", shape: "↓", text: joinWords([left(connection, t), saved(waiting, t)]) };
  }
  if (connection.syncing) {
    return { kind: "ok", shape: "↑", text: joinWords([t("正在上传"), saved(waiting, t)]) };
  }
  if (waiting) {
    return { kind: "away", shape: "◌", text: joinWords([t("等着上传"), saved(waiting, t), since]) };
  }
  return { kind: "ok", shape: "●", text: t("全部已上传") };
}

/** The coloured head of a page. */
export const head = (title, { sub = "", side = "", back = "", back_text: backText = "" } = {}) => ({
  title,
  sub,
  has_sub: sub !== "",
  side,
  back,
  back_text: backText,
  has_back: back !== "",
});

const saved = (waiting, t) => (waiting ? t("已存本机 %(n)s 条", { n: String(waiting) }) : "");

const left = ({ online, left: rows }, t) =>
  online && rows ? t("正在下载以前的记录，还剩 %(n)s 条", { n: String(rows) }) : "";
