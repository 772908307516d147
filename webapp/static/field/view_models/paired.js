// 结对 on the phone: who is paired with a person, ending what is one's own, asking.
// Twin: webapp/field/view_models/paired.py.

import { isDate, localDate } from "../../care/dates.js";
import { thirdPlan } from "../../care/pairing.js";
import { plain } from "../../forms/engine.js";
import { seenWords, WHY } from "./due.js";
import { head } from "./frame.js";
import { byKeys, Shelf } from "./shelf.js";
import { personItem } from "./today.js";
import { dayWords, joinWords, phoneWords, roleWords } from "./words.js";

const LONGEST = 200;

/** Who is paired with a person, and what `me` may do about it. */
export function pairedLines(shelf, person, me, t) {
  const found = shelf.pairedWith(person);
  const asks = ({ fields }) => fields.state === "asked" && fields.member === me && !fields.until;
  const asked = (shelf.pairings.get(person.id) ?? []).some(asks);
  return {
    paired: found.map((row) => line(shelf, person, row, me, t)),
    nobody_paired: !found.length,
    should_pair: !found.length && thirdPlan(person.fields, shelf.today).state === "now",
    asked,
    can_ask: me !== "" && !shelf.isPairedWith(person, me) && !asked,
    ask_action: `/field/people/${person.id}/pairings`,
  };
}

/** Those `me` is paired with, in the order one walks. */
export function myPeople(shelf, me, t) {
  const people = [...shelf.people.values()].filter((person) => shelf.isPairedWith(person, me));
  return people.sort(byKeys((person) => shelf.walkKey(person))).map((person) => mine(shelf, person, t));
}

/** The page on which `me` ends a pairing, `ids` of person and pairing; null where it is not theirs. */
export function pairingView(book, ids, me, filled, now, t) {
  const shelf = new Shelf(book, localDate(now));
  const [person, row] = ownPairing(shelf, ids, me);
  if (!person || !row) return null;
  const name = person.fields.name ?? "";
  const errors = filled.errors ?? [];
  return {
    head: head(t("结束和%(name)s的结对", { name }), { back: `/field/people/${person.id}`, back_text: name }),
    action: `/field/people/${person.id}/pairings/${row.id}/end`,
    until: filled.until ?? shelf.today,
    why: filled.why ?? "",
    error: errors.length ? errors[0].message : "",
    has_error: errors.length > 0,
  };
}

/** The person and `me`'s pairing with them that holds today; null where there is none. */
export function ownPairing(shelf, [personId, id], me) {
  const person = shelf.people.get(personId) ?? null;
  const found = person ? shelf.pairedWith(person) : [];
  return [person, found.find((row) => row.id === id && row.fields.member === me) ?? null];
}

/** {until, why, errors} of what was typed on that page. */
export function readEnd(row, data, t) {
  const until = plain(data.until?.[0] ?? "");
  const why = [...plain(data.why?.[0] ?? "")].slice(0, LONGEST).join("");
  let message = "";
  if (!isDate(until)) message = t("写哪一天结束");
  else if (until < (row.fields.from ?? "")) message = t("结束的日子比开始还早");
  return { until, why, errors: message ? [{ key: "until", code: "wrong_date", message }] : [] };
}

function line(shelf, person, { id, fields }, me, t) {
  const about = shelf.members.get(fields.member ?? "")?.fields ?? {};
  const phone = about.phone ?? "";
  const since = isDate(fields.from ?? "") ? t("从%(day)s", { day: dayWords(fields.from, shelf.today, t) }) : "";
  const isMine = fields.member === me;
  return {
    name: about.name || t("不在这个网格的人"),
    detail: joinWords([fields.role || roleWords(about.role ?? "", t), since]),
    href: `tel:${phone}`,
    number: phoneWords(phone),
    can_call: phone !== "" && !isMine,
    mine: isMine,
    end_href: `/field/people/${person.id}/pairings/${id}/end`,
  };
}

function mine(shelf, person, t) {
  const [due] = shelf.duesOf(person);
  return personItem(person, joinWords([shelf.doorOf(person), seenWords(shelf, person, t), due ? t(WHY[due.why]) : ""]));
}
