// Needs on the phone, offline: raised, taken, met; what is urgent leaves first, after what it builds upon.

import assert from "node:assert/strict";
import { register } from "node:module";
import { test } from "node:test";
import { makeTranslator } from "../../webapp/static/i18n.js";
import { uuid7 } from "../../webapp/static/sync/ids.js";
import { inSendingOrder } from "../../webapp/static/worker/store/outbox.js";
import { AREA, ModelServer, newPhone, newVisit, requestOf } from "./phone.js";

const BUILT = `export const resolve = (name, context, next) => name.startsWith("qiaomen:")
  ? { url: "data:text/javascript,export default {}", shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(BUILT)}`);
globalThis.self = { location: { origin: "http://phone" } };
const { raiseIt, stepOn } = await import("../../webapp/static/worker/needs.js");

const FORM = { urgency: "urgent", category: "relief", what: "家里没煤了" };

/** One request of the phone's, as the worker makes it. */
function ask(phone, form, params = { id: "p1" }, query = "") {
  const request = new Request("http://phone/", { method: "POST", body: new URLSearchParams(form) });
  const identity = { account: "asha", device: "019ab566-0000-7000-8000-0000a1b2c3d4" };
  const site = { request, params, store: phone.store, identity, query: new URLSearchParams(query) };
  return { ...site, now: phone.clock.now, random: phone.random, t: makeTranslator(), exchangeSoon: () => undefined };
}

const needs = async (phone) => (await phone.store.book()).needs;

test("a need raised offline shows at once, and its steps build on what is seen", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const answer = await raiseIt(ask(phone, FORM));
  const [need] = await needs(phone);
  assert.equal(answer.headers.get("location"), `http://phone/field/needs/${need.id}?saved=phone`);
  assert.deepEqual(
    [need.fields.state, need.fields.person, need.fields.household, need.fields.source, need.fields.opened_at],
    ["open", "p1", "h1", "visit", phone.clock.now],
  );
  phone.clock.now += 1;
  await stepOn(ask(phone, {}, { id: need.id, step: "taken" }));
  phone.clock.now += 1;
  await stepOn(ask(phone, { result: "送了煤" }, { id: need.id, step: "closed" }));
  assert.deepEqual((await needs(phone))[0].fields.state, "closed");
  const [raised, taken, closed] = await phone.store.pending();
  assert.deepEqual([raised.op, raised.record, raised.person], ["set", need.id, "p1"]);
  assert.deepEqual([taken.body, taken.base], [
    { state: "taken", taker: "asha" },
    { state: "open", taker: null },
  ]);
  assert.deepEqual([closed.body, closed.base], [
    { result: "送了煤", state: "closed" },
    { result: null, state: "taken" },
  ]);
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  assert.equal((await needs(phone))[0].fields.result, "送了煤");
  assert.equal((await phone.store.counts()).waiting, 0);
});

test("a step that cannot follow, or is of no need here, saves nothing", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  await raiseIt(ask(phone, FORM));
  const [{ id }] = await needs(phone);
  for (const params of [{ id, step: "reopened" }, { id, step: "constructor" }, { id: "n0", step: "closed" }]) {
    await assert.rejects(stepOn(ask(phone, { reason: "x", result: "x" }, params)), TypeError); // no template here
  }
  assert.equal((await phone.store.pending()).length, 1);
});

test("the words of a visit that told of a need go with it, and its number", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  const visit = await phone.store.save(newVisit(phone, { how: "watch", needs: "煤不够" }));
  await raiseIt(ask(phone, FORM, { id: "p1" }, `fact=${visit.id}`));
  await raiseIt(ask(phone, FORM, { id: "p1" }, "fact=nothing"));
  assert.deepEqual((await needs(phone)).map((need) => need.fields.fact), [visit.id, undefined]);
});

test("what is urgent is sent first, be it a fact or a need, and after what it builds upon", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  const [household, person] = [1, 2].map((n) => uuid7(n, [0, 0, 0, 0, 0, 0, 0, 0, 0, n]));
  const set = (kind, record, body) => ({ id: uuid7((phone.clock.now += 1), phone.random(10)), area: AREA, kind, op: "set", record, body, base: {} });
  const calm = await phone.store.save(newVisit(phone));
  const house = await phone.store.save(set("household", household, { door: "9号" }));
  const somebody = await phone.store.save({ ...set("person", person, { name: "新来的", household }), person });
  const plain = await phone.store.save({ ...set("need", uuid7(9, phone.random(10)), { urgency: "soon", person }), person });
  const urgent = await phone.store.save({ ...set("need", uuid7(8, phone.random(10)), { urgency: "urgent", person, household }), person });
  const visit = await phone.store.save(newVisit(phone, { how: "urgent" }));
  const late = await phone.store.save({ ...set("need", plain.record, { urgency: "urgent" }), person });
  const order = (await phone.store.pending()).map((change) => change.id);
  assert.deepEqual(order, [house, somebody, urgent, visit, plain, late, calm].map((change) => change.id));
});

test("an order asked for again is the same, and an entry of an older build has its place", () => {
  const entry = (record, stamp, rank, about) => ({ id: record, record, stamp, rank, person: null, about });
  const old = [entry("b", "2", 0), entry("a", "1", 1), entry("c", "3", 1, ["a"])];
  assert.deepEqual(inSendingOrder(old).map(({ id }) => id), ["b", "a", "c"]);
  assert.deepEqual(inSendingOrder(inSendingOrder(old)), inSendingOrder(old));
});

test("a need of somebody erased is on no page and in no copy", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  await raiseIt(ask(phone, { ...FORM, what: "金丝雀" }));
  const [{ id }] = await needs(phone);
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  server.bury(id, "erased");
  server.bury("p1", "erased");
  await phone.store.settle(server.answer({ cursors: await phone.store.cursors() }));
  assert.deepEqual(await needs(phone), []);
  assert.deepEqual(await phone.store.outbox(), []);
});

test("whoever lost a step of a need is told, and one tap ends it", async () => {
  const server = new ModelServer();
  const fields = { person: "p1", what: "煤", state: "handed", urgency: "soon" };
  const mine = { change: "c1", author: "asha", value: "taken", stamp: "s1" };
  const shown = { change: "c2", author: "ben", value: "handed", stamp: "s2" };
  server.put({ id: "n1", kind: "need", area: AREA, fields, conflicts: { state: [mine, shown] } });
  const phone = await newPhone({ server });
  assert.equal((await phone.store.counts()).needs, 1);
  const { settleNeed } = await import("../../webapp/static/worker/edits.js");
  await settleNeed(ask(phone, { keep: "mine", seen: "c1,c2" }, { id: "n1", name: "state" }));
  const [change] = await phone.store.pending();
  assert.deepEqual([change.body, change.resolves, change.person], [{ state: "taken" }, ["c1", "c2"], "p1"]);
  assert.equal((await phone.store.counts()).needs, 0);
});
