// What is asked for next in a first sync: two areas at once, what makes all of them usable first, nothing twice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { makePlan } from "../../webapp/static/worker/plan.js";

const heard = (news, more = {}) => ({ news, areas: { granted: [], lost: [] }, remaining: { rows: 0, bytes: 0 }, more: true, ...more });
const page = (area, next, cursor = `${area}-${next}`) => ({ area, cursor, snapshot: 9, stage: "people", next, last: next === "log" });

test("two areas are on their way at once, each asked with its own cursor alone, and none twice", () => {
  const plan = makePlan({});
  const granted = { granted: ["a", "b", "c"], lost: [] };
  plan.hear({ cursors: {} }, heard([page("a", "older")], { areas: granted }));
  assert.deepEqual(plan.next(2), { only: ["b"], cursors: {} });
  assert.deepEqual(plan.next(2), { only: ["c"], cursors: {} });
  assert.equal(plan.next(2), null);
  plan.hear({ cursors: {}, only: ["b"] }, heard([page("b", "older")]));
  assert.deepEqual(plan.next(2), { only: ["a"], cursors: { a: "a-older" } });
  assert.equal(plan.next(2), null);
});

test("all are usable before anything older is asked for, also where the phone goes on from where it was", () => {
  const plan = makePlan({ a: "older", b: "recent", c: "log" });
  plan.hear({ cursors: { a: "ca", b: "cb", c: "cc" } }, heard([]));
  assert.deepEqual(plan.next(2), { only: ["b"], cursors: { b: "cb" } });
  const request = { cursors: { b: "cb" }, only: ["b"] };
  const answer = heard([page("b", "older")], { usable: false, more: false, remaining: { rows: 7, bytes: 0 } });
  plan.hear(request, answer);
  const { usable, more } = plan.widen(request, answer, 0);
  assert.deepEqual([usable, more], [true, true]); // that all is there only a whole answer says
  assert.deepEqual(plan.cursors(), { a: "ca", b: "b-older", c: "cc" });
});

test("an area that was lost, or of which nothing comes, is not asked for again", () => {
  const plan = makePlan({ a: "older", b: "older" });
  plan.hear({ cursors: { a: "1", b: "1" } }, heard([]));
  plan.hear({ cursors: { a: "1" }, only: ["a"] }, heard([], { areas: { granted: [], lost: ["b"] } }));
  assert.equal(plan.next(2), null);
});

test("what is left falls with the rows that came since a whole answer said it", () => {
  const plan = makePlan({});
  const whole = heard([], { remaining: { rows: 100, bytes: 9 }, areas: { granted: ["a"], lost: [] } });
  plan.hear({ cursors: {} }, whole);
  assert.equal(plan.widen({ cursors: {} }, whole, 20).remaining.rows, 100);
  const part = heard([page("a", "log")], { remaining: { rows: 1, bytes: 0 } });
  assert.equal(plan.widen({ cursors: {}, only: ["a"] }, part, 50).remaining.rows, 70);
  assert.equal(plan.widen({ cursors: {}, only: ["a"] }, part, 500).remaining.rows, 0);
});
