// 帮忙的事: what I took, what nobody has, what others have, what was met. Twin: webapp/field/view_models/needs.py.

import { DAY, localDate } from "../../care/dates.js";
import { isOpen } from "../../care/needs.js";
import { head } from "./frame.js";
import { needItems } from "./need_items.js";
import { Shelf } from "./shelf.js";

const MOST_SHOWN = 60;
const SHOWN_FOR = 60 * DAY; // ms since it was raised; what was met before is on its person's page

/** The page of all needs of these grids, for the account `me`. */
export function needsView(book, me, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const byTitle = { 我在办的: [], 等人来办的: [], 别人在办的: [], 办结的: [] };
  for (const need of shelf.needs.values()) {
    const { fields } = need;
    if (!isOpen(fields)) {
      if ((fields.opened_at ?? 0) > now - SHOWN_FOR) byTitle.办结的.push(need);
    } else if (fields.taker === me) byTitle.我在办的.push(need);
    else if (["open", "reopened"].includes(fields.state)) byTitle.等人来办的.push(need);
    else byTitle.别人在办的.push(need);
  }
  const sections = Object.entries(byTitle)
    .filter(([, needs]) => needs.length)
    .map(([title, needs]) => ({ title: t(title), entries: needItems(shelf, needs, t).slice(0, MOST_SHOWN) }));
  const waiting = [...shelf.needs.values()].filter((need) => isOpen(need.fields)).length;
  return {
    head: head(t("帮忙的事"), {
      sub: t("还有 %(n)s 件没有办好", { n: String(waiting) }),
      back: "/field/today",
      back_text: t("今天"),
    }),
    sections,
    nothing: !sections.length,
  };
}
