// Two people who are found to be one: what lay under the one lies under the other, also on a phone that was away.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AREA, ModelServer, newPhone, newVisit, requestOf } from "./phone.js";

const person = (id, name) => ({ id, kind: "person", area: AREA, fields: { name, category: "child", household: "h1" } });
const fact = (id, about, more = {}) => ({
  ...{ id, kind: "visit", area: AREA, person: about, household: "h1", author: "asha", state: "pending" },
  ...{ occurred_at: 1_763_979_000_000, attention: "urgent", reasons: [], fields: { how: "urgent" }, ...more },
});

async function inVillage() {
  const server = new ModelServer();
  for (const row of [person("p1", "赵晓婷"), person("p2", "赵小婷"), fact("f1", "p1"), fact("f2", "p2")]) server.put(row);
  return { server, phone: await newPhone({ server }) };
}

const hear = async ({ server, phone }) => phone.store.settle(server.answer(await requestOf(phone.store)));
const idsOf = async (phone, id) => (await phone.store.factsOf(id)).map((row) => row.id).sort();

test("after a merge one is shown with the facts of both, and nothing is left under the other", async () => {
  const village = await inVillage();
  const { server, phone } = village;
  server.put(fact("f2", "p1", { was: ["p2"], from: ["p2"] }));
  server.put({ ...person("p2", ""), state: "left", fields: {} });
  await hear(village);
  const book = await phone.store.book();
  assert.deepEqual(book.people.map(({ id }) => id), ["p1"]);
  assert.deepEqual([await idsOf(phone, "p1"), await idsOf(phone, "p2")], [["f1", "f2"], []]);
  assert.equal(book.summaries.p2, undefined);
  assert.equal(book.summaries.p1.last.visit.id, "f2");
});

test("undone, each fact lies where it was, whatever this phone had seen of it", async () => {
  for (const seesTheMerge of [true, false]) {
    const village = await inVillage();
    const { server, phone } = village;
    server.put(fact("f2", "p1", { was: ["p2"], from: ["p2"] }));
    server.put({ ...person("p2", ""), state: "left", fields: {} });
    if (seesTheMerge) await hear(village);
    server.put(fact("f2", "p2", { from: ["p2", "p1"] }));
    server.put(person("p2", "赵小婷"));
    await hear(village);
    assert.deepEqual([await idsOf(phone, "p1"), await idsOf(phone, "p2")], [["f1"], ["f2"]]);
    assert.equal((await phone.store.book()).summaries.p1.last.visit.id, "f1");
  }
});

test("a log that waited for the lost one is shown under the kept one once the server has taken it", async () => {
  const village = await inVillage();
  const { server, phone } = village;
  const visit = newVisit(phone, { how: "well" }, "p2");
  await phone.store.save(visit);
  server.put({ ...person("p2", ""), state: "left", fields: {} });
  await hear(village);
  server.put(fact(visit.id, "p1", { was: ["p2"] }));
  await hear(village);
  assert.deepEqual(await idsOf(phone, "p1"), ["f1", visit.id].sort());
  assert.deepEqual(await phone.store.counts(), { waiting: 0, oldest: null, needs: 0 });
});
