// The worker's table of addresses, and that it answers what Flask answers.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const table = readFileSync(new URL("../../webapp/static/worker/routes.js", import.meta.url), "utf8");
const FIELD = new URL("../../webapp/field/", import.meta.url);
const flask = readdirSync(FIELD)
  .filter((name) => name.endsWith(".py"))
  .map((name) => readFileSync(new URL(name, FIELD), "utf8"))
  .join("");
const ONLY_WORKER = new Set(["POST /exchange", "GET /outbox/file", "POST /drafts/*/*", "POST /outbox/*/dismiss"]);
const ONLY_FLASK = new Set(["GET /self-test/server", "GET /welcome"]);

test("worker and server answer the same addresses", () => {
  const here = new Set(
    [...table.matchAll(/\["(GET|POST)", "\/field(\/[^"]*)"/g)].map(([, method, path]) => `${method} ${path.replace(/:\w+/g, "*")}`),
  );
  const there = new Set(
    [...flask.matchAll(/@blueprint\.(get|post)\("([^"]+)"\)/g)].map(
      ([, method, path]) => `${method.toUpperCase()} ${path.replace(/<\w+>/g, "*")}`,
    ),
  );
  assert.deepEqual([...here].filter((each) => !there.has(each)).sort(), [...ONLY_WORKER].sort());
  assert.deepEqual([...there].filter((each) => !here.has(each)).sort(), [...ONLY_FLASK].sort());
});
