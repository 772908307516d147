// Who came to a free clinic, ticked off offline, and a step of a help plan done: on the phone alone.

import assert from "node:assert/strict";
import { register } from "node:module";
import { test } from "node:test";
import { makeTranslator } from "../../webapp/static/i18n.js";
import { localDate } from "../../webapp/static/care/dates.js";
import { AREA, ModelServer, newPhone, NOW, requestOf } from "./phone.js";

const BUILT = `export const resolve = (name, context, next) => name.startsWith("qiaomen:")
  ? { url: "data:text/javascript,export default {}", shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(BUILT)}`);
globalThis.self = { location: { origin: "http://phone" } };
const { tick } = await import("../../webapp/static/worker/sessions.js");
const { finish } = await import("../../webapp/static/worker/plans.js");

/** One request of the phone's, as the worker makes it. */
function ask(phone, params, form = {}) {
  const request = new Request("http://phone/", { method: "POST", body: new URLSearchParams(form) });
  const identity = { account: "asha", device: "019ab566-0000-7000-8000-0000a1b2c3d4" };
  const site = { request, params, store: phone.store, identity, now: (phone.clock.now += 1) };
  return { ...site, random: phone.random, t: makeTranslator(), exchangeSoon: () => undefined };
}

async function withSessions() {
  const server = new ModelServer();
  for (const [id, date] of [["e1", localDate(NOW)], ["e2", localDate(NOW)], ["e3", "2099-01-01"]]) {
    server.put({ id, kind: "session", area: AREA, fields: { title: "义诊", form: "clinic", date } });
  }
  return { server, phone: await newPhone({ server }) };
}

const standing = async (phone) =>
  (await phone.store.factsOf("p1")).filter((row) => row.kind === "attendance" && row.state !== "void");

test("a tap notes that somebody came to this session, another takes it back", async () => {
  const { server, phone } = await withSessions();
  await tick(ask(phone, { id: "e1", person: "p1" }));
  const [fact] = await standing(phone);
  assert.deepEqual([fact.fields, fact.place], [{ session: "e1" }, "saved"]);
  await tick(ask(phone, { id: "e2", person: "p1" }));
  assert.deepEqual((await standing(phone)).map((row) => row.fields.session).sort(), ["e1", "e2"]);
  await tick(ask(phone, { id: "e1", person: "p1" }));
  assert.deepEqual((await standing(phone)).map((row) => row.fields.session), ["e2"]);
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  await tick(ask(phone, { id: "e2", person: "p1" }));
  assert.deepEqual(await standing(phone), []);
  await tick(ask(phone, { id: "e2", person: "p1" }));
  assert.deepEqual((await standing(phone)).map((row) => row.fields.session), ["e2"]);
});

test("nobody has come to what is still to come, and nobody who is not here", async () => {
  const { phone } = await withSessions();
  for (const params of [{ id: "e3", person: "p1" }, { id: "e0", person: "p1" }, { id: "e1", person: "p0" }]) {
    await assert.rejects(tick(ask(phone, params)), TypeError); // no template here: the page that says so
  }
  assert.deepEqual(await phone.store.pending(), []);
});

test("a step of a plan is done offline, with what was seen, and of nobody else's plan", async () => {
  const { server, phone } = await withSessions();
  server.put({ id: "s1", kind: "plan_step", area: AREA, fields: { person: "p1", plan: "c1", what: "补数学" } });
  await phone.store.settle(server.answer({ cursors: await phone.store.cursors() }));
  const answer = await finish(ask(phone, { id: "p1", step: "s1" }, { effect: "  会了 " }));
  assert.equal(answer.headers.get("location"), "http://phone/field/people/p1/plan?saved=phone");
  const [change] = await phone.store.pending();
  const today = localDate(phone.clock.now);
  assert.deepEqual([change.body, change.base, change.person], [
    { done_on: today, effect: "会了" },
    { done_on: null, effect: null },
    "p1",
  ]);
  assert.equal((await phone.store.book()).plan_steps[0].fields.effect, "会了");
  await assert.rejects(finish(ask(phone, { id: "p2", step: "s1" })), TypeError);
});
