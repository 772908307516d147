// Which logs need attention, and why: the thresholds of webapp/care/thresholds.json. Pure.
// Twin: webapp/care/thresholds.py; vectors: tests/vectors/thresholds.json.

import RULES from "../../care/thresholds.json" with { type: "json" };

const RANKS = ["urgent", "watch", "well"];
const NUMBER = /^-?[0-9]+(\.[0-9]+)?$/;
const BOUNDS = {
  at_least: (value, bound) => value >= bound,
  at_most: (value, bound) => value <= bound,
  above: (value, bound) => value > bound,
  below: (value, bound) => value < bound,
};

/** [attention, codes]: each group of rules speaks at most once, the first that fits. */
export function attend(kind, fields) {
  const found = RULES.groups
    .filter((group) => group.kind === kind)
    .map((group) => group.rules.find((rule) => fits(rule, fields)))
    .filter(Boolean);
  const places = found.map((rule) => RANKS.indexOf(rule.attention));
  return [RANKS[Math.min(2, ...places)], found.map((rule) => rule.code)];
}

/** A code in words; the code itself where this build does not know it. */
export function reasonText(code, t) {
  const rule = RULES.groups.flatMap((group) => group.rules).find((each) => each.code === code);
  return rule ? t(rule.reason) : code;
}

const fits = (rule, fields) =>
  rule.all
    ? rule.all.every((condition) => meets(condition, fields[condition.field]))
    : rule.any.some((condition) => meets(condition, fields[condition.field]));

function meets(condition, value) {
  if (value === undefined || value === null) return false;
  if ("is" in condition) return value === condition.is;
  if (!NUMBER.test(String(value))) return false;
  return Object.entries(BOUNDS).every(
    ([name, compare]) => !(name in condition) || compare(Number(value), Number(condition[name])),
  );
}
