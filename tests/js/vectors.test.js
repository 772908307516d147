// The language-neutral vectors, run in JavaScript. The same files are run by tests/test_vectors.py.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { makeTranslator } from "../../webapp/static/i18n.js";
import { loadForm } from "../../webapp/static/forms/engine.js";
import { loadProfile } from "../../webapp/static/forms/profile.js";

const VECTORS = new URL("../vectors/", import.meta.url);
const STATIC = "../../webapp/static/";
const PAGES = ["need", "needs", "sessions", "plan", "today", "households", "household", "responsible", "station", "person", "form", "edit", "register", "fact", "paired", "outbox", "me", "self_test", "frame"];
const MODULES = {
  clock: "sync/clock.js",
  overlay: "sync/overlay.js",
  packing: "sync/packing.js",
  columns: "sync/columns.js",
  turning: "sync/turning.js",
  cells: "sync/cells.js",
  digest: "sync/digest.js",
  edits: "sync/edits.js",
  dates: "care/dates.js",
  thresholds: "care/thresholds.js",
  summary: "care/summary.js",
  periods: "care/periods.js",
  holidays: "care/holidays.js",
  pairing: "care/pairing.js",
  rhythm_settings: "care/rhythm_settings.js",
  rhythm: "care/rhythm.js",
  needs: "care/needs.js",
  hours: "care/hours.js",
  posts: "care/posts.js",
  walk: "care/walk.js",
  sounds: "care/sounds.js",
  twins: "care/twins.js",
  forms: "forms/engine.js",
  profile: "forms/profile.js",
  ...Object.fromEntries(PAGES.map((page) => [`view_models/${page}`, `field/view_models/${page}.js`])),
};
const t = makeTranslator();

for (const [stem, path] of Object.entries(MODULES)) {
  const module = await import(STATIC + path);
  for (const vector of JSON.parse(readFileSync(new URL(`${stem}.json`, VECTORS), "utf8"))) {
    test(`${stem}: ${vector.call}: ${vector.name}`, () => {
      const made = module[camelCase(vector.call)](...vector.in.map(argument));
      assert.deepEqual(JSON.parse(JSON.stringify(made)), vector.out);
    });
  }
}

test("every vector file is run", () => {
  const files = ["", "view_models/"].flatMap((folder) =>
    readdirSync(new URL(folder, VECTORS))
      .filter((name) => name.endsWith(".json"))
      .map((name) => folder + name.replace(".json", "")),
  );
  assert.deepEqual(files.sort(), Object.keys(MODULES).sort());
});

function argument(value) {
  if (value === "$t") return t;
  if (value?.$form) return loadForm(value.$form);
  if (value?.$profile) return loadProfile(value.$profile);
  return value?.$options ?? value;
}

function camelCase(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}
