// A profile corrected on the phone, offline, and an edit of one's own that another one outdid.

import assert from "node:assert/strict";
import { register } from "node:module";
import { test } from "node:test";
import { makeTranslator } from "../../webapp/static/i18n.js";
import { AREA, ModelServer, newPhone, requestOf } from "./phone.js";

// What the build puts in (templates, words) is not needed here: these answers only lead on to another page.
const BUILT = `export const resolve = (name, context, next) => name.startsWith("qiaomen:")
  ? { url: "data:text/javascript,export default {}", shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(BUILT)}`);
globalThis.self = { location: { origin: "http://phone" } };
const { editPerson, settlePerson } = await import("../../webapp/static/worker/edits.js");

const MINE = { change: "c1", author: "asha", value: "139", stamp: "s1" };
const SHOWN = { change: "c2", author: "ben", value: "138", stamp: "s2" };
const PERSON = { id: "p1", kind: "person", area: AREA };
const FIELDS = { name: "王小明", category: "child", household: "h1" };

/** One request of the phone's, as the worker makes it. */
function ask(phone, form, params = {}) {
  const request = new Request("http://phone/", { method: "POST", body: new URLSearchParams(form) });
  const identity = { account: "asha", device: "019ab566-0000-7000-8000-0000a1b2c3d4" };
  const site = { request, params: { id: "p1", ...params }, store: phone.store, identity };
  return { ...site, now: phone.clock.now, random: phone.random, t: makeTranslator(), exchangeSoon: () => undefined };
}

async function inConflict() {
  const server = new ModelServer();
  server.put({ ...PERSON, fields: { ...FIELDS, phone: "138" }, conflicts: { phone: [MINE, SHOWN] } });
  return { server, phone: await newPhone({ server }) };
}

const shown = async (phone) => (await phone.store.book()).people.find(({ id }) => id === "p1");

test("an edit shows at once, says what was seen, and carries only what differs", async () => {
  const server = new ModelServer();
  server.put({ ...PERSON, fields: { ...FIELDS, phone: "137", health: "哮喘" } });
  const phone = await newPhone({ server });
  const form = { phone: "139", "seen-phone": "137", health: "", "seen-health": "哮喘", school: "", category: "elder" };
  const answer = await editPerson(ask(phone, form));
  assert.equal(answer.headers.get("location"), "http://phone/field/people/p1?saved=phone");
  assert.deepEqual((await shown(phone)).fields, { ...FIELDS, phone: "139" });
  const [change] = await phone.store.pending();
  assert.deepEqual([change.op, change.body, change.base], ["set", { phone: "139", health: null }, { phone: "137", health: "哮喘" }]);
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  assert.deepEqual(await phone.store.counts(), { waiting: 0, oldest: null, needs: 0 });
  assert.equal((await shown(phone)).fields.phone, "139");
});

test("an edit that changes nothing saves nothing", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  await editPerson(ask(phone, { phone: " ", "seen-phone": "" }));
  assert.equal((await phone.store.pending()).length, 0);
});

for (const [keep, value] of [["mine", "139"], ["shown", "138"]]) {
  test(`an outdone edit is told, and one tap ends it offline: ${keep}`, async () => {
    const { phone } = await inConflict();
    assert.equal((await phone.store.counts()).needs, 1);
    const [entry] = await phone.store.outbox();
    assert.deepEqual([entry.op, entry.state, entry.seen], ["conflict", "needs", "c1,c2"]);
    await settlePerson(ask(phone, { keep, seen: entry.seen }, { name: "phone" }));
    const [change] = await phone.store.pending();
    assert.deepEqual([change.body, change.base, change.resolves], [{ phone: value }, { phone: "138" }, ["c1", "c2"]]);
    assert.equal((await phone.store.counts()).needs, 0);
    assert.equal((await shown(phone)).fields.phone, value);
    await settlePerson(ask(phone, { keep, seen: entry.seen }, { name: "phone" }));
    assert.equal((await phone.store.pending()).length, 1);
  });
}

test("a choice of what is no longer so, or of nothing, settles nothing", async () => {
  const { phone, server } = await inConflict();
  for (const form of [{ keep: "mine", seen: "c1" }, { keep: "mine" }, { keep: "both", seen: "c1,c2" }]) {
    await settlePerson(ask(phone, form, { name: "phone" }));
  }
  await settlePerson(ask(phone, { keep: "mine", seen: "c1,c2" }, { name: "health" }));
  const third = { ...SHOWN, change: "c3", value: "136", author: "chen" };
  server.put({ ...PERSON, fields: { ...FIELDS, phone: "136" }, conflicts: { phone: [MINE, SHOWN, third] } });
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  await settlePerson(ask(phone, { keep: "mine", seen: "c1,c2" }, { name: "phone" }));
  assert.equal((await phone.store.pending()).length, 0);
  assert.equal((await phone.store.counts()).needs, 1);
});

for (const [status, code] of [["rejected", "id_reused"], ["quarantined", "invalid_fields"]]) {
  test(`an edit that was ${status} hides neither whose value shows nor that two compete`, async () => {
    const { phone, server } = await inConflict();
    await editPerson(ask(phone, { phone: "135", "seen-phone": "138" }));
    assert.deepEqual(await phone.store.counts(), { waiting: 1, oldest: phone.clock.now, needs: 0 });
    assert.equal((await shown(phone)).fields.phone, "135");
    const [{ id }] = await phone.store.pending();
    const answer = server.answer({ cursors: await phone.store.cursors() });
    await phone.store.settle({ ...answer, statuses: [{ id, status, code }] });
    assert.equal((await shown(phone)).fields.phone, "138");
    assert.equal((await phone.store.counts()).needs, status === "rejected" ? 2 : 1);
    const conflict = (await phone.store.outbox()).find(({ op }) => op === "conflict");
    assert.equal(conflict.seen, "c1,c2");
    await settlePerson(ask(phone, { keep: "mine", seen: "c1,c2" }, { name: "phone" }));
    assert.deepEqual((await phone.store.pending()).map(({ body }) => body), [{ phone: "139" }]);
  });
}
