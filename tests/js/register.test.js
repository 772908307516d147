// A household and a person registered on the phone, offline: new records, after a look at who is likely here.

import assert from "node:assert/strict";
import { register } from "node:module";
import { test } from "node:test";
import { makeTranslator } from "../../webapp/static/i18n.js";
import { AREA, ModelServer, newPhone, requestOf } from "./phone.js";

// Pages are not drawn here: what the build puts in stands for nothing, and a page is known by its status.
const BUILT = `export const resolve = (name, context, next) => name.startsWith("qiaomen:")
  ? { url: "data:text/javascript,export default {}", shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(BUILT)}`);
globalThis.self = { location: { origin: "http://phone" } };
const { registerHousehold, registerPerson } = await import("../../webapp/static/worker/register.js");
const { findRoute } = await import("../../webapp/static/worker/routes.js");

const GRID = { id: AREA, kind: "grid", area: AREA, fields: { name: "一组" } };
const HOME = { id: "h1", kind: "household", area: AREA, fields: { door: "4号", number: 4, title: "王家" } };
const CHILD = { id: "p1", kind: "person", area: AREA, fields: { name: "王小明", category: "child", household: "h1" } };

function ask(phone, form, params = {}) {
  const request = new Request("http://phone/", { method: "POST", body: new URLSearchParams(form) });
  const identity = { account: "asha", device: "019ab566-0000-7000-8000-0000a1b2c3d4" };
  const site = { request, params, store: phone.store, identity, connection: { waiting: 0, needs: 0 } };
  return { ...site, now: phone.clock.now, random: phone.random, t: makeTranslator(), exchangeSoon: () => undefined };
}

async function inVillage() {
  const server = new ModelServer();
  for (const row of [GRID, HOME, CHILD]) server.put(row);
  return { server, phone: await newPhone({ server }) };
}

const idOf = (answer) => /\/([0-9a-f-]{36})\?saved=phone$/.exec(answer.headers.get("location"))[1];

test("a household with a child is registered offline, shows at once, and goes up as two new records", async () => {
  const { server, phone } = await inVillage();
  const home = idOf(await registerHousehold(ask(phone, { door: "9号", title: "赵家" })));
  const form = { category: "child", name: "赵晓婷", birth: "20160504", guardian_age: "61", state: "moved" };
  const child = idOf(await registerPerson(ask(phone, form, { id: home })));
  const book = await phone.store.book();
  assert.equal(book.people.find(({ id }) => id === child).fields.household, home);
  const [first, second] = await phone.store.pending();
  assert.deepEqual([first.op, first.kind, first.record, first.base], ["set", "household", home, {}]);
  assert.deepEqual(first.body, { door: "9号", title: "赵家", number: 9, address: "一组9号" });
  assert.deepEqual([second.record, second.person], [child, child]);
  assert.deepEqual(second.body, {
    name: "赵晓婷",
    birth: "2016-05-04",
    guardian_age: 61,
    category: "child",
    household: home,
  });
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  assert.deepEqual(await phone.store.counts(), { waiting: 0, oldest: null, needs: 0 });
  assert.equal((await phone.store.book()).people.length, 2);
});

test("a household that is none here, and a category that is none, make nothing", async () => {
  const { phone } = await inVillage();
  for (const [form, params] of [
    [{ category: "child", name: "新" }, { id: "h9" }],
    [{ category: "pet", name: "新" }, { id: "h1" }],
  ]) {
    await assert.rejects(registerPerson(ask(phone, form, params)), /template|render|compiled/i);
  }
  assert.equal((await phone.store.pending()).length, 0);
});

test("the addresses of registering are found before that of a household", () => {
  assert.equal(findRoute("GET", "/field/households/new").action.name, "showNewHousehold");
  assert.deepEqual(findRoute("POST", "/field/households/h1/people/new").params, { id: "h1" });
  assert.equal(findRoute("GET", "/field/households/h1").action.name, "showHousehold");
});
