// A profile's fields as somebody types them: read, checked with a plain message each, and drawn. Pure.
// Which fields, their limits and when they are asked stand in the definition (webapp/forms/profiles/*.json).
// Twin: webapp/forms/profile.py; vectors: tests/vectors/profile.json.

import household from "../../forms/profiles/household.json" with { type: "json" };
import person from "../../forms/profiles/person.json" with { type: "json" };
import { isDate } from "../care/dates.js";
import { ask, plain } from "./engine.js";

const PROFILES = { person, household };
const LONGEST = 200;
const OLDEST = "1900";
// What has no shape of its own: control characters, marks that turn the direction of writing, marks of no width.
const UNSEEN =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/u;
// Pictures and what joins them: no name has them. (Unicode emoji-data; ranges, so that both languages agree.)
const PICTURES =
  /[\u200c\u200d\u20e3\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u{1f000}-\u{1faff}\u{e0000}-\u{e007f}]/u;
const DAY = /^([0-9]{4})\s*[年./-]\s*([0-9]{1,2})(?:\s*[月./-]\s*(?:([0-9]{1,2})\s*[日号]?)?)?$/u;
const PACKED = /^([0-9]{4})(?:([0-9]{2})([0-9]{2})?)?年?$/u;

/** The definition of a person's or a household's data; undefined where there is none. */
export const loadProfile = (kind) => PROFILES[kind];

/** The fields of a page of data: "edit" and "state" on the phone. */
export const partFields = (form, part) =>
  form.fields.filter((field) => !field.derived && field.phone && Boolean(field.apart) === (part === "state"));

/** The fields that are asked when somebody of this category, or a household (""), is registered. */
export const askedFields = (form, category) =>
  form.fields.filter(
    (field) => field.register && (field.phone || field.asked) && !field.derived && isFor(field, category),
  );

/** Whether a field is about people of this category. */
export const isFor = (field, category) => !field.who || field.who.includes(category);

/** What was sent under `prefix`: for each field its value, null where it is empty. */
export const readTyped = (fields, data, prefix = "") =>
  Object.fromEntries(fields.map((field) => [field.key, read(field, data[prefix + field.key] ?? [])]));

/** What is wrong with the values of `body`, which lie within `typed`: [{key, code, message}]. */
export function checkTyped(form, typed, body, t, today) {
  const errors = [];
  for (const field of form.fields) {
    const value = body[field.key] ?? null;
    const found = value === null ? null : findFault(field, value, t, today);
    if (found) errors.push({ key: field.key, code: found[0], message: found[1] });
  }
  return errors.length ? errors : checkOrder(form, typed, body, t);
}

/** The required fields that are empty. */
export const checkRequired = (fields, typed, t) =>
  fields
    .filter((field) => field.required && (typed[field.key] ?? null) === null)
    .map((field) => ({ key: field.key, code: "missing", message: ask(field, t) }));

/** The code of what is wrong with a text wherever it comes from; "" where nothing is. */
export function textFault(field, text) {
  if ([...text].length > (field.max ?? LONGEST)) return "too_long";
  if (UNSEEN.test(text)) return "unseen";
  return field.named && PICTURES.test(text) ? "not_a_name" : "";
}

/** What shared/_profile_field.html draws: strings, lists and booleans only. */
export function drawField(field, value, seen, message, t) {
  const text = value === null || value === undefined ? "" : String(value);
  const hint = field.hint ?? "";
  const picked = field.type === "date" && field.look !== "typed" && (!text || isDate(text));
  return {
    key: field.key,
    id: `f-${field.key}`,
    label: t(field.label),
    hint: hint ? t(hint) : "",
    has_hint: Boolean(hint),
    value: text,
    seen: seen === null || seen === undefined ? "" : String(seen),
    is_phone: field.type === "phone",
    is_text: field.type === "text",
    is_number: field.type === "integer" || (field.type === "date" && !picked),
    is_date: picked,
    is_choice: field.type === "one",
    choices: (field.choices ?? []).map((choice) => ({
      id: `f-${field.key}-${choice.value}`,
      value: choice.value,
      label: t(choice.label),
      chosen: choice.value === text,
    })),
    required: Boolean(field.required),
    error: message,
    has_error: Boolean(message),
  };
}

/**
 * Fields in their order, each group under its heading; `folded`: what was left empty is folded away. The first
 * group, and one in which somebody wrote something, stay open.
 */
export function drawFields(fields, typed, seen, errors, t, folded = false) {
  const said = new Map(errors.map((error) => [error.key, error.message]));
  const groups = fields.map((field) => field.group ?? "");
  const told = new Set(groups.filter((_group, place) => (typed[fields[place].key] ?? null) !== null));
  return fields.map((field, place) => {
    const group = groups[place];
    const folds = folded && group !== "" && group !== groups[0];
    const starts = group !== "" && (place === 0 || groups[place - 1] !== group);
    const ends = place + 1 === fields.length || groups[place + 1] !== group;
    return {
      ...drawField(field, typed[field.key], seen[field.key], said.get(field.key) ?? "", t),
      starts_group: starts && !folds,
      group: group ? t(group) : "",
      starts_fold: starts && folds,
      ends_fold: ends && folds,
      is_open: told.has(group),
    };
  });
}

/** The number that a door is sorted and found by; null where it has none. */
export function doorNumber(door) {
  const found = /[0-9]{1,6}/.exec((door ?? "").normalize("NFKC"));
  return found ? Number(found[0]) : null;
}

/** A day, or a month or a year where no more was written, as ISO; what is no date stays as it was. */
export function readDay(text) {
  const match = DAY.exec(text) ?? PACKED.exec(text);
  if (!match) return text;
  const parts = match.slice(1).filter(Boolean);
  const whole = parts.map((part) => part.padStart(2, "0")).join("-");
  return isDate(wholeDay(whole)) ? whole : text;
}

function read(field, texts) {
  let text = texts.length ? plain(texts[0]) : "";
  if (!text) return null;
  if (["phone", "date", "integer"].includes(field.type)) text = plain(text.normalize("NFKC"));
  if (field.type === "date") return readDay(text);
  return field.type === "integer" && /^[0-9]{1,6}$/.test(text) ? Number(text) : text;
}

function findFault(field, value, t, today) {
  const label = t(field.label);
  if (field.type === "one") {
    const known = field.choices.some((choice) => choice.value === value);
    return known ? null : ["unknown_choice", t("请重新选一项：%(label)s", { label })];
  }
  if (field.type === "date") return findDateFault(field, value, label, t, today);
  if (field.type === "integer") return findNumberFault(field, value, label, t);
  const code = textFault(field, String(value));
  const words = {
    too_long: t("%(label)s：最多写 %(max)s 个字。", { label, max: String(field.max ?? LONGEST) }),
    unseen: t("%(label)s：里面有看不见的字符，请删掉重新打一遍。", { label }),
    not_a_name: t("%(label)s：只写名字，不要表情和符号。", { label }),
  };
  return code ? [code, words[code]] : null;
}

function findDateFault(field, value, label, t, today) {
  const text = String(value);
  const whole = wholeDay(text);
  if (!isDate(whole) || whole < OLDEST) {
    return ["not_a_date", t("%(label)s：看不懂这个日期。请写成 1949-03-02，或者 1949年3月。", { label })];
  }
  if (field.past && text > today.slice(0, text.length)) {
    return ["future", t("%(label)s：还没到这一天，请核对一下。", { label })];
  }
  return null;
}

/** The first day of what may be a year or a month only. */
const wholeDay = (text) => text + ({ 4: "-01-01", 7: "-01" }[text.length] ?? "");

function findNumberFault(field, value, label, t) {
  if (!Number.isInteger(value)) return ["not_a_number", t("%(label)s：请填数字。", { label })];
  const [lowest, highest] = [field.min ?? 0, field.max ?? 999_999];
  if (value < lowest && field.too_small) return ["too_small", t(field.too_small.message)];
  if (value >= lowest && value <= highest) return null;
  const limits = { label, min: String(lowest), max: String(highest) };
  return ["out_of_range", t("%(label)s要在 %(min)s 到 %(max)s 之间。", limits)];
}

function checkOrder(form, typed, body, t) {
  const labels = Object.fromEntries(form.fields.map((field) => [field.key, t(field.label)]));
  return (form.order ?? [])
    .filter(([earlier, later]) => earlier in body || later in body)
    .filter(([earlier, later]) => typed[earlier] && typed[later] && typed[later] < typed[earlier])
    .map(([earlier, later]) => ({
      key: later,
      code: "reversed",
      message: t("“%(later)s”不能比“%(earlier)s”还早，是不是写反了？", {
        later: labels[later],
        earlier: labels[earlier],
      }),
    }));
}
