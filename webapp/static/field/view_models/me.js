// 我: who is signed in, where, and the numbers that help. Twin: webapp/field/view_models/me.py.

import { localDate } from "../../care/dates.js";
import { head } from "./frame.js";
import { myPeople } from "./paired.js";
import { Shelf } from "./shelf.js";
import { roleWords } from "./words.js";

// 强制报告: the source stands in the twin.
const HELP = [
  ["报警", "110"],
  ["急救", "120"],
  ["未成年人保护", "12345"],
  ["心理援助", "12356"],
  ["妇女维权", "12338"],
];

/** The page; settings is {language, text_size, storage, persisted, asked}: "refused" just after the phone did not promise. */
export function meView(book, me, settings, connection, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const { waiting } = connection;
  const mine = myPeople(shelf, me.id, t);
  const grids = shelf.grids.map((grid) => grid.fields.name ?? "").join(t("、"));
  return {
    head: head(me.name, { sub: roleWords(me.role, t) }),
    facts: [
      { label: t("负责网格"), text: grids || t("还没有分到网格") },
      ...(connection.worker ? onPhone(book, settings, t) : notOnPhone(t)),
    ],
    paired: mine,
    has_paired: mine.length > 0,
    languages: [
      ["zh_Hans", "中文"],
      ["en", "English"],
    ].map(([value, label]) => ({ value, label, chosen: settings.language === value })),
    sizes: [
      ["normal", "标准"],
      ["large", "大字"],
    ].map(([value, label]) => ({ value, label: t(label), chosen: settings.text_size === value })),
    help: HELP.map(([label, number]) => ({ label: t(label), number, href: `tel:${number}` })),
    can_ask: Boolean(connection.worker) && !settings.persisted,
    worker: Boolean(connection.worker),
    has_waiting: waiting > 0,
    waiting: waiting ? t("还有 %(n)s 条没上传。先连上网传完，再退出。", { n: String(waiting) }) : "",
  };
}

const onPhone = (book, settings, t) => [
  { label: t("这部手机里"), text: held(book, t) },
  { label: t("占用空间"), text: settings.storage || t("不知道") },
  { label: t("会不会被清掉"), text: kept(settings, t) },
];

/** Without a worker the phone keeps nothing, and must not promise that it does. */
const notOnPhone = (t) => [
  { label: t("这部手机里"), text: t("还没有存下台账，要有信号才能用。请换手机自带的浏览器打开。") },
];

function held(book, t) {
  const values = { households: String(book.households.length), people: String(book.people.length) };
  return t("%(households)s 户、%(people)s 人，没有信号也能看", values);
}

function kept({ persisted, asked }, t) {
  if (persisted) return t("手机答应一直留着");
  if (asked === "refused") return t("手机没有答应。把“敲门”放到桌面、多用几次，再来点一次；平时常联网上传");
  return t("空间很紧时可能被清，请常联网上传");
}
