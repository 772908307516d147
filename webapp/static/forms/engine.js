// The form engine: reads, computes, checks and describes what a form definition says. Pure.
// Measured values are decimal strings ("36.6"), counts integers, choices their value; what is missing is
// absent. t(msgid, values) translates. Twin: webapp/forms/engine.py; vectors: tests/vectors/forms.json.

import attendance from "../../forms/attendance.json" with { type: "json" };
import counselling from "../../forms/counselling.json" with { type: "json" };
import diary from "../../forms/diary.json" with { type: "json" };
import guardianTalk from "../../forms/guardian_talk.json" with { type: "json" };
import healthCheck from "../../forms/health_check.json" with { type: "json" };
import parentFeedback from "../../forms/parent_feedback.json" with { type: "json" };
import schoolVisit from "../../forms/school_visit.json" with { type: "json" };
import service from "../../forms/service.json" with { type: "json" };
import talk from "../../forms/talk.json" with { type: "json" };
import visit from "../../forms/visit.json" with { type: "json" };
import { isId } from "../sync/ids.js";
import { instantAt, isDate, localDate, localTime } from "../care/dates.js";

const FORMS = {
  visit,
  health_check: healthCheck,
  counselling,
  parent_feedback: parentFeedback,
  school_visit: schoolVisit,
  service,
  diary,
  talk,
  guardian_talk: guardianTalk,
  attendance,
};
const UNTOLD = new Set(["instant", "ref"]);
const DECIMAL = /^([0-9]{1,9})(?:\.([0-9]{1,6}))?$/;
const INSTANT = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9])/;
const INSTANT_LIMIT = 2 ** 47; // ms, in the year 6429; what a change may carry

/** The definition of a fact's form; undefined where there is none. */
export const loadForm = (kind) => FORMS[kind];

/** The body that submitted strings (key → list) stand for; what cannot be read stays as typed. */
export function readForm(form, data) {
  const body = {};
  for (const field of form.fields) {
    const typed = (data[field.key] ?? []).map(plain).filter((text) => text !== "");
    if (typed.length && field.type !== "computed") body[field.key] = READERS[field.type](typed);
  }
  return compute(form, body);
}

/** The body with its computed fields made anew: BMI = kg / m², to one decimal, half up. */
export function compute(form, body) {
  const made = { ...body };
  for (const field of form.fields.filter((f) => f.type === "computed")) {
    delete made[field.key];
    const [height, weight] = field.from.map((name) => tenths(body[name]));
    if (height && weight) {
      const value = Math.floor((2_000_000 * weight + height * height) / (2 * height * height));
      made[field.key] = `${Math.floor(value / 10)}.${value % 10}`;
    }
  }
  return made;
}

/** What is wrong with a body: [{key, code, message}], in order of the form. */
export function checkForm(form, given, t, today = null) {
  const errors = [];
  const body = said(form, given);
  for (const field of form.fields) {
    const value = body[field.key];
    let found = null;
    if (value === undefined) {
      if (field.required) found = ["missing", ask(field, t)];
    } else {
      found = CHECKS[field.type](field, value, t);
      if (!found && field.type === "date" && today !== null && value < today) {
        found = ["past", t("%(label)s：这一天已经过去了。", { label: t(field.label) })];
      }
    }
    if (found) errors.push({ key: field.key, code: found[0], message: found[1] });
  }
  return errors.length ? errors : checkTogether(form, body, t);
}

/** What a log says, in words, in order of the form: [{key, label, text}]. */
export function describe(form, fields, t) {
  return form.fields
    .filter((field) => (fields[field.key] ?? null) !== null && !UNTOLD.has(field.type))
    .map((field) => ({
      key: field.key,
      label: t(field.label),
      text: valueText(field, fields[field.key], t),
    }));
}

/** One value in words, with its unit. */
export function valueText(field, value, t) {
  if (field.type === "one" || field.type === "many") {
    const labels = Object.fromEntries(field.choices.map((choice) => [choice.value, t(choice.label)]));
    const chosen = Array.isArray(value) ? value : [value];
    return chosen.map((item) => labels[String(item)] ?? String(item)).join(t("、"));
  }
  return field.unit ? `${value} ${t(field.unit)}` : String(value);
}

/** What a template draws: one object a field, of strings, lists and booleans only. */
export function formFields(form, body, errors, t) {
  const messages = Object.fromEntries(errors.map((error) => [error.key, error.message]));
  let group = "";
  return form.fields.map((field) => {
    const own = field.group ?? "";
    const drawn = draw(field, body[field.key], messages[field.key] ?? "", t);
    drawn.starts_group = own !== "" && own !== group;
    drawn.group = own ? t(own) : "";
    group = own;
    return drawn;
  });
}

/** Text without outer blanks. */
export const plain = (text) => text.replaceAll("\r\n", "\n").trim();

function draw(field, value, message, t) {
  const given = value !== undefined && value !== null;
  const look = field.look ?? "chips";
  const chosen = Array.isArray(value) ? value.map(String) : [String(value)];
  return {
    key: field.key,
    id: `f-${field.key}`,
    label: t(field.label),
    hint: field.hint ? t(field.hint) : "",
    has_hint: Boolean(field.hint),
    unit: field.unit ? t(field.unit) : "",
    value: !given || Array.isArray(value) ? "" : shown(field.type, value),
    error: message,
    has_error: message !== "",
    required: Boolean(field.required),
    is_choice: field.type === "one" || field.type === "many",
    is_many: field.type === "many",
    is_tiles: field.type === "one" && look === "tiles",
    is_scale: field.type === "one" && look === "scale",
    is_number: field.type === "integer" || field.type === "decimal",
    inputmode: field.type === "integer" ? "numeric" : "decimal",
    is_text: field.type === "text",
    is_date: field.type === "date",
    is_instant: field.type === "instant",
    is_hidden: field.type === "ref",
    is_computed: field.type === "computed",
    choices: (field.choices ?? []).map((choice) => ({
      id: `f-${field.key}-${choice.value}`,
      value: choice.value,
      label: t(choice.label),
      shape: choice.shape ?? "",
      chosen: given && chosen.includes(choice.value),
    })),
  };
}

const shown = (type, value) =>
  type === "instant" && Number.isInteger(value) ? localInstant(value) : String(value);

/** An instant (ms) as a datetime-local input wants it, at UTC+8. */
export const localInstant = (millis) => `${localDate(millis)}T${localTime(millis)}`;

/** The body without what says nothing: null, and a list of choices with none chosen. */
function said(form, body) {
  const many = new Set(form.fields.filter((field) => field.type === "many").map((field) => field.key));
  const isEmpty = ([key, value]) => many.has(key) && Array.isArray(value) && value.length === 0;
  const entries = Object.entries(body).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries.filter((entry) => !isEmpty(entry)));
}

/** Tenths of a decimal string with at most one decimal, as an integer. */
function tenths(value) {
  const match = typeof value === "string" ? DECIMAL.exec(value) : null;
  if (!match || (match[2] ?? "").length > 1) return null;
  return Number(match[1]) * 10 + Number(match[2] ?? 0);
}

function readNumber(typed) {
  const text = typed[0].normalize("NFKC").replaceAll(",", ".").replaceAll("。", ".").trim();
  const match = DECIMAL.exec(text);
  if (!match) return typed[0];
  const whole = String(Number(match[1]));
  const part = (match[2] ?? "").replace(/0+$/, "");
  return part ? `${whole}.${part}` : whole;
}

function readInteger(typed) {
  const text = readNumber(typed);
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : text;
}

function readInstant(typed) {
  const match = INSTANT.exec(typed[0]);
  return match && isDate(match[1]) ? instantAt(match[1], Number(match[2]), Number(match[3])) : typed[0];
}

const READERS = {
  one: (typed) => typed[0],
  many: (typed) => typed,
  text: (typed) => typed[0],
  date: (typed) => typed[0],
  instant: readInstant,
  ref: (typed) => typed[0],
  integer: readInteger,
  decimal: readNumber,
};

/** What to say where a required field is empty. */
export function ask(field, t) {
  const label = t(field.label);
  if (field.type === "one" || field.type === "many") return t("请选一项：%(label)s", { label });
  return t("请填写：%(label)s", { label });
}

function checkChoice(field, value, t) {
  const known = new Set(field.choices.map((choice) => choice.value));
  const items = field.type === "many" ? value : [value];
  if (Array.isArray(items) && items.every((item) => known.has(item))) return null;
  return ["unknown_choice", t("请重新选一项：%(label)s", { label: t(field.label) })];
}

function checkText(field, value, t) {
  if (typeof value === "string" && [...value].length <= field.max) return null;
  const values = { label: t(field.label), max: String(field.max) };
  return ["too_long", t("%(label)s：最多写 %(max)s 个字。", values)];
}

function checkDate(field, value, t) {
  if (typeof value === "string" && isDate(value)) return null;
  return ["not_a_date", t("%(label)s：请选一个日期。", { label: t(field.label) })];
}

function checkInstant(field, value, t) {
  if (Number.isInteger(value) && value >= 0 && value < INSTANT_LIMIT) return null;
  return ["not_a_time", t("%(label)s：请选日期和时间。", { label: t(field.label) })];
}

/** A record that the form speaks of, by its id; nobody types it. */
function checkRef(field, value, t) {
  return isId(value) ? null : ["not_an_id", t("%(label)s：请从那一页再点一次。", { label: t(field.label) })];
}

function checkNumber(field, value, t) {
  const label = t(field.label);
  const text = numberText(field, value);
  if (!DECIMAL.test(text)) return ["not_a_number", t("%(label)s：请填数字。", { label })];
  if (!isExact(field, text)) {
    return ["too_precise", t("%(label)s：小数点后最多 %(n)s 位。", { label, n: String(field.decimals) })];
  }
  if (within(field, text)) return null;
  const limits = { label, min: String(field.min), max: String(field.max), value: text };
  const guess = moved(text).find((other) => within(field, other) && isExact(field, other));
  if (guess === undefined) return ["out_of_range", t("%(label)s要在 %(min)s 到 %(max)s 之间。", limits)];
  const message = "%(label)s要在 %(min)s 到 %(max)s 之间。%(value)s 是不是 %(guess)s？";
  return ["out_of_range", t(message, { ...limits, guess })];
}

function checkComputed(field, value, t) {
  if (typeof value === "string" && DECIMAL.test(value)) return null;
  return ["not_a_number", t("%(label)s：请填数字。", { label: t(field.label) })];
}

/** A number as it is written; "" for what is not of the field's type, so that numbers compare alike. */
function numberText(field, value) {
  if (field.type === "integer") return Number.isInteger(value) ? String(value) : "";
  return typeof value === "string" ? value : "";
}

const CHECKS = {
  ref: checkRef,
  one: checkChoice,
  many: checkChoice,
  text: checkText,
  date: checkDate,
  instant: checkInstant,
  integer: checkNumber,
  decimal: checkNumber,
  computed: checkComputed,
};

/** Whether a number has no more decimals than its field takes. */
const isExact = (field, text) => (text.split(".")[1] ?? "").length <= (field.decimals ?? 0);

function within(field, text) {
  return scaled(String(field.min)) <= scaled(text) && scaled(text) <= scaled(String(field.max));
}

/** A decimal string in millionths, exact. */
function scaled(text) {
  const [whole, part = ""] = text.split(".");
  return Number(whole) * 1_000_000 + Number(`${part}000000`.slice(0, 6));
}

/** The same digits with the point somewhere else: a tenth, a hundredth, ten and a hundred times. */
function moved(text) {
  const [whole, part = ""] = text.split(".");
  const digits = whole + part;
  return [-1, -2, 1, 2]
    .map((shift) => whole.length + shift)
    .filter((place) => place > 0)
    .map((place) => {
      const padded = digits.padEnd(place, "0");
      return readNumber([`${padded.slice(0, place)}.${padded.slice(place) || "0"}`]);
    });
}

/** Rules between fields, said at the field where they are mended. */
function checkTogether(form, body, t) {
  const errors = [];
  const fields = Object.fromEntries(form.fields.map((field) => [field.key, field]));
  const anyone = form.require_one_of;
  if (anyone && !anyone.keys.some((key) => body[key] !== undefined)) {
    errors.push({ key: anyone.keys[0], code: "nothing", message: t(anyone.message) });
  }
  for (const pair of form.together ?? []) {
    const missing = pair.filter((key) => body[key] === undefined);
    if (missing.length === 1) {
      errors.push({ key: missing[0], code: "missing", message: ask(fields[missing[0]], t) });
    }
  }
  for (const [lower, upper] of form.below ?? []) {
    if (body[lower] !== undefined && body[upper] !== undefined && body[lower] >= body[upper]) {
      const labels = { lower: t(fields[lower].label), upper: t(fields[upper].label) };
      const message = t("%(lower)s要比%(upper)s小，是不是写反了？", labels);
      errors.push({ key: lower, code: "reversed", message });
    }
  }
  return errors;
}
