// Who may be registered twice: a pure rule over what is known of two people, or of two households. A name must be
// the same, written or heard; the rest only adds to it or takes away.
// Twin: webapp/care/twins.py; vectors: tests/vectors/twins.json.

import { soundsOf } from "./sounds.js";

const ENOUGH = 3; // by the same name alone; heard alike, it takes the birth date, the door or the number as well
const PHONES = ["phone", "guardian_phone", "father_phone", "mother_phone"];

/** Whether two people's fields are likely one person's; `sameHome` says that their doors are alike. */
export function samePerson(one, other, sameHome) {
  const named = nameScore(one, other);
  if (!named) return false;
  const score = named + birthScore(one.birth ?? "", other.birth ?? "") + (sameHome ? 2 : 0) + sharesNumber(one, other);
  const differ = one.sex && other.sex && one.sex !== other.sex;
  return score - (differ ? 2 : 0) >= ENOUGH;
}

/** Whether two households of one grid are likely one: the same door, or its number and the same name. */
export function sameHousehold(one, other) {
  if (door(one) !== "" && door(one) === door(other)) return true;
  const numbered = (one.number ?? null) !== null && one.number === other.number;
  return numbered && flat(one) !== "" && flat(one) === flat(other);
}

function nameScore(one, other) {
  const [a, b] = [squeeze(one.name ?? ""), squeeze(other.name ?? "")];
  if (a && a === b) return 3;
  const heard = new Set(soundsOf(one));
  return soundsOf(other).some((sound) => heard.has(sound)) ? 2 : 0;
}

/** 2 for the same day, 1 for the same month where one side knows no more, less 2 for another one. */
function birthScore(one, other) {
  if (!one || !other) return 0;
  const length = Math.min(one.length, other.length);
  if (one.slice(0, length) !== other.slice(0, length)) return -2;
  return length === "1949-03-02".length ? 2 : 1;
}

function sharesNumber(one, other) {
  const numbers = new Set(PHONES.map((name) => one[name]).filter(Boolean));
  return PHONES.some((name) => other[name] && numbers.has(other[name])) ? 1 : 0;
}

const door = (fields) => squeeze(fields.door ?? "").replace(/号$/u, "");
const flat = (fields) => squeeze(fields.title ?? "");
const squeeze = (text) => text.normalize("NFKC").replaceAll(/[\s,，.。、·\-_()（）]+/gu, "").toLowerCase();
