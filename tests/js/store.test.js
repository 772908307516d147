// The phone's store, and attempts to lose, double or read what is in it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { summarise } from "../../webapp/static/care/summary.js";
import { digestRows } from "../../webapp/static/sync/digest.js";
import { AREA, ModelServer, newPhone, newVisit, NOW, requestOf, seeded } from "./phone.js";

const STORES = ["meta", "directory", "summaries", "cursors", "drafts", "facts", "outbox"];

test("what is saved is there after the phone was off, and shows as saved here", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  await phone.store.save(newVisit(phone, { how: "watch", note: "门口有积水" }));
  phone.store.close();
  const again = await phone.open();
  const [row] = await again.factsOf("p1");
  assert.deepEqual([row.place, row.fields.note, row.attention], ["saved", "门口有积水", "watch"]);
  assert.deepEqual(await again.counts(), { waiting: 1, oldest: phone.clock.now, needs: 0 });
  assert.equal((await again.book()).summaries.p1.latest.attention, "watch");
});

test("nothing that names or describes a person lies in the clear", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  await phone.store.save(newVisit(phone, { how: "urgent", note: "摔了一跤" }));
  await phone.store.keepDraft("visit", "p1", { note: "还没写完" });
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  await phone.store.save(newVisit(phone, { how: "well", note: "好些了" }));
  const kept = await dump();
  for (const secret of ["王小明", "摔了一跤", "还没写完", "好些了", "阿莎", "secret-token", "renewed", "4号", "urgent"]) {
    assert.ok(!kept.includes(secret), secret);
  }
  assert.ok(kept.includes("p1"));
  const key = await read("meta", "key");
  await assert.rejects(crypto.subtle.exportKey("raw", key));
});

test("a page that does not join on is refused and the cursor stays; the second time the area starts afresh", async () => {
  for (const spoil of [
    (page) => ({ ...page, from: page.from - 1 }),
    (page) => ({ ...page, to: page.to + 1 }),
    (page) => ({ ...page, superseded: page.superseded + 1 }),
    (page) => ({ ...page, tables: {} }),
  ]) {
    const server = new ModelServer();
    const phone = await newPhone({ server });
    const before = await phone.store.cursors();
    await phone.store.save(newVisit(phone, { how: "well", note: "还没传" }));
    server.put({ id: "p2", kind: "person", area: AREA, fields: { name: "黄桂兰", household: "h1" } });
    const good = server.answer({ cursors: before });
    const bad = { ...good, news: [spoil(good.news[0])] };
    await assert.rejects(phone.store.settle(bad), { code: "page_has_gap" });
    assert.deepEqual(await phone.store.cursors(), before);
    assert.equal((await phone.store.book()).people.length, 1);
    await assert.rejects(phone.store.settle(bad), { code: "page_has_gap" });
    assert.deepEqual(await phone.store.cursors(), {});
    await phone.store.settle(server.answer(await requestOf(phone.store)));
    assert.equal((await phone.store.book()).people.length, 2);
    assert.equal((await phone.store.factsOf("p1"))[0].fields.note, "还没传");
  }
});

test("an answer that is lost after the server took it doubles nothing", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  await phone.store.save(newVisit(phone));
  server.answer(await requestOf(phone.store)); // lost on the way
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  const facts = await phone.store.factsOf("p1");
  assert.equal(facts.length, 1);
  assert.equal(facts[0].place, "uploaded");
  assert.equal((await phone.store.counts()).waiting, 0);
});

test("an acknowledged log does not vanish before its page has come", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  for (let n = 0; n < 5; n += 1) server.put({ id: `x${n}`, kind: "person", area: AREA, fields: { name: `人${n}` } });
  await phone.store.save(newVisit(phone, { how: "well", note: "还在" }));
  await phone.store.settle(server.answer(await requestOf(phone.store), 3));
  const [row] = await phone.store.factsOf("p1");
  assert.equal(row.fields.note, "还在");
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  assert.equal((await phone.store.factsOf("p1")).length, 1);
});

test("a clock that jumps 40 days ahead ends no copy that a restored server may need", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const visit = await phone.store.save(newVisit(phone));
  await phone.store.settle({ ...server.answer(await requestOf(phone.store)), time: NOW });
  phone.clock.now += 40 * 86_400_000;
  await phone.store.settle({ ...server.answer(await requestOf(phone.store)), time: NOW + 3_600_000 });
  server.epoch = "e2";
  await phone.store.settle({ ...server.answer(await requestOf(phone.store)), time: NOW + 7_200_000 });
  assert.deepEqual((await phone.store.pending()).map(({ id }) => id), [visit.id]);
  await phone.store.settle({ ...server.answer(await requestOf(phone.store)), time: NOW + 7_300_000 });
  await phone.store.settle({ ...server.answer(await requestOf(phone.store)), time: NOW + 31 * 86_400_000 });
  server.epoch = "e3";
  await phone.store.settle({ ...server.answer(await requestOf(phone.store)), time: NOW + 31 * 86_400_000 });
  assert.deepEqual(await phone.store.pending(), [], "after 30 days of the server's it is kept no longer");
});

test("an entry leaves the outbox only by its own id", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const saved = [await phone.store.save(newVisit(phone)), await phone.store.save(newVisit(phone))];
  const answer = server.answer({ changes: [saved[0]], cursors: await phone.store.cursors() });
  await phone.store.settle({ ...answer, statuses: [...answer.statuses, { id: "another", status: "accepted" }] });
  assert.deepEqual((await phone.store.pending()).map((change) => change.id), [saved[1].id]);
});

test("a rejected log stays with its reason; a quarantined one stays visible", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  const [bad, held] = [await phone.store.save(newVisit(phone)), await phone.store.save(newVisit(phone))];
  const answer = new ModelServer().answer({ cursors: {} });
  const statuses = [
    { id: bad.id, status: "rejected", code: "id_reused" },
    { id: held.id, status: "quarantined", code: "foreign_area" },
  ];
  await phone.store.settle({ ...answer, news: [], statuses });
  const entries = await phone.store.outbox();
  assert.deepEqual(
    entries.map((entry) => [entry.record, entry.state, entry.code]).sort(),
    [
      [bad.id, "needs", "id_reused"],
      [held.id, "acknowledged", "foreign_area"],
    ].sort(),
  );
  assert.equal((await phone.store.factsOf("p1")).length, 2);
  assert.equal((await phone.store.counts()).needs, 1);
});

test("a server with another epoch is offered everything again", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  await phone.store.save(newVisit(phone, { how: "well", note: "备份以后写的" }));
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  const restored = new ModelServer();
  restored.epoch = "e2";
  await phone.store.settle(restored.answer(await requestOf(phone.store)));
  assert.equal((await phone.store.pending()).length, 1);
  assert.equal((await phone.store.factsOf("p1"))[0].fields.note, "备份以后写的");
  await phone.store.settle(restored.answer(await requestOf(phone.store)));
  assert.equal((await phone.store.factsOf("p1")).length, 1);
  assert.equal((await phone.store.pending()).length, 0);
});

test("a lost area is purged, but not while something for it waits", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  await phone.store.save(newVisit(phone));
  const lost = (changes) => ({ ...server.answer({ changes, cursors: { [AREA]: "e1:3" } }), news: [], areas: { granted: [], lost: [AREA] } });
  await phone.store.settle(lost([]));
  assert.equal((await phone.store.book()).people.length, 1);
  await phone.store.settle(lost(await phone.store.pending()));
  await phone.store.settle(lost([]));
  assert.equal((await phone.store.book()).people.length, 0);
  assert.deepEqual(await phone.store.cursors(), {});
  assert.ok(!(await dump()).includes('"area":"g1","person"'));
});

test("a returned log needs somebody until it is amended", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const visit = await phone.store.save(newVisit(phone));
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  server.put({ ...server.rows.get(visit.id), state: "returned", reason: "哪天？", reviewer: "chen" });
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  assert.equal((await phone.store.counts()).needs, 1);
  const [needs] = await phone.store.outbox();
  assert.deepEqual([needs.state, needs.row.reason], ["needs", "哪天？"]);
  const amendment = { ...newVisit(phone, { how: "well", note: "周一" }), op: "amend", amends: visit.id };
  await phone.store.save(amendment);
  assert.equal((await phone.store.counts()).needs, 0);
  assert.equal((await phone.store.fact("p1", visit.id)).state, "amended");
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  assert.equal((await phone.store.counts()).needs, 0);
});

test("a failed write is an error, never “saved”, and leaves nothing half written", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  const visit = newVisit(phone);
  await phone.store.save(visit);
  await assert.rejects(phone.store.save(visit)); // the same id cannot be added twice
  assert.equal((await phone.store.pending()).length, 1);
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function full(...args) {
    if (this.name === "meta" && args[1] === "clock") throw new DOMException("full", "QuotaExceededError");
    return put.apply(this, args);
  };
  try {
    await assert.rejects(phone.store.save(newVisit(phone)), { name: "QuotaExceededError" });
  } finally {
    IDBObjectStore.prototype.put = put;
  }
  assert.equal((await phone.store.pending()).length, 1);
});

test("saves at the same moment get stamps in order, even when the clock goes back", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  const visits = Array.from({ length: 20 }, () => newVisit(phone));
  phone.clock.now = NOW;
  const saved = await Promise.all(visits.map((visit) => phone.store.save(visit)));
  const stamps = saved.map((change) => change.stamp);
  assert.deepEqual(stamps, [...new Set(stamps)].sort());
});

test("an urgent visit is sent first, an urgent correction after what it corrects", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  const calm = await phone.store.save(newVisit(phone));
  await phone.store.save({ ...newVisit(phone, { how: "urgent" }), op: "amend", amends: calm.id });
  const urgent = await phone.store.save(newVisit(phone, { how: "urgent" }));
  const order = (await phone.store.pending()).map((change) => change.id);
  assert.equal(order[0], urgent.id);
  assert.equal(order[1], calm.id);
});

test("many pieces of a person's history are folded into one, and read the same", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  for (let n = 0; n < 30; n += 1) {
    await phone.store.save(newVisit(phone, { how: "well", note: `第${n}次` }));
    await phone.store.settle(server.answer(await requestOf(phone.store)));
  }
  const before = await phone.store.factsOf("p1");
  await phone.store.tidy("p1");
  assert.deepEqual(await phone.store.factsOf("p1"), before);
  assert.equal((await count("facts")), 1);
  await phone.store.save(newVisit(phone, { how: "well", note: "之后" }));
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  assert.equal((await phone.store.factsOf("p1")).length, 31);
});

test("drafts are kept, and gone once the form is saved", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  await phone.store.keepDraft("visit", "p1", { note: "写到一半" });
  assert.deepEqual(await phone.store.draft("visit", "p1"), { note: "写到一半" });
  await phone.store.save(newVisit(phone), { draft: ["visit", "p1"] });
  assert.equal(await phone.store.draft("visit", "p1"), null);
});

test("wiping leaves nothing of anybody", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  await phone.store.save(newVisit(phone));
  await phone.store.wipe();
  assert.equal(await phone.store.identity(), null);
  assert.equal((await phone.store.book()).people.length, 0);
  assert.deepEqual(await phone.store.pending(), []);
});

test("a first sync that breaks off anywhere goes on from there, and is usable before it is ready", async () => {
  const server = new ModelServer();
  for (let n = 10; n < 40; n += 1) server.put(visitRow(`f${n}`, NOW - n));
  const phone = await newPhone();
  const stages = [];
  for (let round = 0; !(await phone.store.identity()).ready; round += 1) {
    const answer = server.answer(await requestOf(phone.store), 4);
    if (round % 3 !== 1) await phone.store.settle(answer); // each third answer is lost
    phone.store.close();
    phone.store = await phone.open();
    const identity = await phone.store.identity();
    stages.push(`${identity.usable}${Boolean(identity.ready)}`);
    if (identity.usable) assert.equal((await phone.store.book()).summaries.p1.last_at, NOW - 10);
    assert.equal((await phone.store.left()) > 0, !identity.ready);
  }
  assert.deepEqual([...new Set(stages)], ["falsefalse", "truefalse", "truetrue"]);
  assert.equal((await phone.store.factsOf("p1")).length, 30);
  assert.ok((await count("facts")) <= 10);
});

test("several pages of an area in one answer make one block a person", async () => {
  const server = new ModelServer();
  for (let n = 10; n < 40; n += 1) server.put(visitRow(`f${n}`, NOW - n));
  const phone = await newPhone({ server });
  assert.equal((await phone.store.factsOf("p1")).length, 30);
  assert.equal(await count("facts"), 1);
});

test("a page that belongs to another cursor, or to another snapshot, is refused", async () => {
  const server = new ModelServer();
  for (let n = 10; n < 40; n += 1) server.put(visitRow(`f${n}`, NOW - n));
  const phone = await newPhone();
  await phone.store.settle(server.answer(await requestOf(phone.store), 5));
  const request = await requestOf(phone.store);
  const next = server.answer(request, 5);
  const other = { ...next, news: next.news.map((page) => ({ ...page, snapshot: page.snapshot + 1 })) };
  await assert.rejects(phone.store.settle(other, request), { code: "page_has_gap" });
  await phone.store.settle(next, request);
  await assert.rejects(phone.store.settle(next, request), { code: "page_has_gap" }); // the same again, late
  assert.equal((await phone.store.factsOf("p1")).length, 7);
});

test("facts sealed for one person alone, by an earlier build, are read, taken out and folded in", async () => {
  const server = new ModelServer();
  const facts = Array.from({ length: 20 }, (_, number) => visitRow(`f${number}`, NOW - number * 1000));
  const phone = await newPhone({ server });
  for (const row of facts) {
    server.put(row);
    await phone.store.settle(server.answer({ cursors: await phone.store.cursors() }));
  }
  await change("facts", (store) => {
    store.getAll().onsuccess = ({ target: { result: blocks } }) => {
      store.clear();
      for (const { people: [person], ...block } of blocks) store.put({ ...block, person });
    };
  });
  assert.equal((await phone.store.factsOf("p1")).length, 20);
  server.put({ ...facts[0], state: "void" });
  await phone.store.settle(server.answer({ cursors: await phone.store.cursors() }));
  const digest = await phone.store.digest(AREA);
  await phone.store.tidy("p1");
  assert.equal(await count("facts"), 1);
  assert.deepEqual(await phone.store.digest(AREA), digest);
  assert.equal((await phone.store.factsOf("p1")).filter((row) => row.state === "void").length, 1);
  server.bury("f3", "erased");
  await phone.store.settle(server.answer({ cursors: await phone.store.cursors() }));
  assert.equal((await phone.store.factsOf("p1")).length, 19);
});

test("who is taken out of a block leaves the others in it as they were", async () => {
  const server = new ModelServer();
  const people = Array.from({ length: 40 }, (_, number) => `p${100 + number}`);
  for (const person of people) {
    server.put({ id: person, kind: "person", area: AREA, fields: { name: person } });
    for (const place of [1, 2]) server.put({ ...visitRow(`${person}-${place}`, NOW - place * 1000), person });
  }
  const phone = await newPhone({ server });
  assert.ok((await count("facts")) < people.length);
  for (const id of ["p107-1", "p107-2", "p107"]) server.bury(id, "erased");
  await phone.store.settle(server.answer({ cursors: await phone.store.cursors() }));
  for (const person of people) {
    assert.equal((await phone.store.factsOf(person)).length, person === "p107" ? 0 : 2, person);
  }
  const { summaries } = await phone.store.book();
  assert.equal(summaries.p107, undefined);
  assert.equal(summaries.p108.latest.id, "p108-1");
});

test("a fact that goes from one person to another is gone there and stays here, also where both lie in one block", async () => {
  const server = new ModelServer();
  for (const id of ["p12", "p21"]) server.put({ id, kind: "person", area: AREA, fields: { name: id } });
  server.put({ ...visitRow("f1", NOW - 5), person: "p12" });
  server.put({ ...visitRow("f2", NOW - 6), person: "p21" });
  const phone = await newPhone({ server });
  assert.equal(await count("facts"), 1); // their ids have the same sum
  server.put({ ...visitRow("f1", NOW - 5), person: "p21", from: ["p12"] });
  await phone.store.settle(server.answer({ cursors: await phone.store.cursors() }));
  assert.deepEqual(await phone.store.factsOf("p12"), []);
  assert.deepEqual((await phone.store.factsOf("p21")).map((row) => row.id).sort(), ["f1", "f2"]);
  await phone.store.tidy("p21");
  assert.equal((await phone.store.factsOf("p21")).length, 2);
});

test("a kind that this build does not know is kept", async () => {
  const server = new ModelServer();
  server.put({ ...visitRow("f1", NOW), kind: "diary_entry", fields: { mood: "晴" } });
  server.put({ id: "x1", kind: "station_room", area: AREA, fields: { name: "活动室" } });
  const phone = await newPhone({ server });
  const [row] = await phone.store.factsOf("p1");
  assert.deepEqual([row.kind, row.fields], ["diary_entry", { mood: "晴" }]);
});

test("what was erased is taken out of the blocks, the copies and the drafts; what waits about it stays", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const visit = await phone.store.save(newVisit(phone, { how: "watch", note: "金丝雀" }));
  await phone.store.keepDraft("visit", "p1", { note: "还没写完" });
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  const waiting = await phone.store.save(newVisit(phone));
  server.bury(visit.id, "erased");
  server.bury("p1", "erased");
  await phone.store.settle(server.answer({ cursors: await phone.store.cursors() }));
  assert.deepEqual((await phone.store.book()).people, []);
  assert.equal(await count("facts"), 0);
  assert.equal(await phone.store.draft("visit", "p1"), null);
  assert.deepEqual((await phone.store.pending()).map((change) => change.id), [waiting.id]);
  const statuses = [{ id: waiting.id, status: "rejected", code: "erased_person" }];
  await phone.store.settle({ ...server.answer({ cursors: await phone.store.cursors() }), statuses });
  assert.deepEqual(await phone.store.factsOf("p1"), []);
  const [entry] = await phone.store.outbox();
  assert.deepEqual([entry.state, entry.code, entry.person], ["needs", "erased_person", null]);
  await phone.store.dismiss(entry.id);
  assert.equal((await phone.store.counts()).needs, 0);
});

test("a receipt is not trusted before its epoch was noted: what it is for is offered again", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const visit = await phone.store.save(newVisit(phone));
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  assert.deepEqual(await phone.store.pending(), []);
  await phone.store.setIdentity({ epoch: null }); // as where it was killed between the receipt and the epoch
  const restored = new ModelServer();
  restored.epoch = "e2";
  await phone.store.settle(restored.answer({ cursors: {} }));
  assert.deepEqual((await phone.store.pending()).map((change) => change.id), [visit.id]);
});

test("somebody erased while this phone was away leaves no copy on it", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  await phone.store.save(newVisit(phone, { how: "well", note: "金丝雀" }));
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  server.key = "k2";
  for (const id of ["p1", ...[...server.rows.keys()].slice(3)]) server.bury(id, "erased");
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  assert.deepEqual(await phone.store.factsOf("p1"), []);
  assert.equal(await count("outbox"), 0);
});

test("what was held about somebody erased since leaves no copy, though no tombstone comes", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const visit = await phone.store.save(newVisit(phone, { how: "well", note: "金丝雀" }));
  const held = { id: visit.id, status: "quarantined", code: "unknown_person" };
  const answer = () => server.answer({ cursors: { [AREA]: "e1:3" } });
  await phone.store.settle({ ...answer(), statuses: [held] });
  const verdicts = [{ id: visit.id, state: "declined", code: "erased_person" }];
  await phone.store.settle({ ...answer(), verdicts });
  const [entry] = await phone.store.outbox();
  assert.deepEqual([entry.state, entry.code, entry.person], ["needs", "erased_person", null]);
  assert.deepEqual(await phone.store.factsOf("p1"), []);
});

test("a supervisor's verdict on what was held reaches the person who wrote it", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const [one, two] = [await phone.store.save(newVisit(phone)), await phone.store.save(newVisit(phone))];
  const hold = (change) => ({ id: change.id, status: "quarantined", code: "foreign_area" });
  const answer = () => server.answer({ cursors: { [AREA]: "e1:3" } });
  await phone.store.settle({ ...answer(), statuses: [hold(one), hold(two)] });
  assert.deepEqual((await phone.store.questions(true)).asks, [one.id, two.id].sort());
  assert.deepEqual(await phone.store.questions(), {}); // not again within the hour
  const verdicts = [
    { id: one.id, state: "declined", reason: "那天没去过" },
    { id: two.id, state: "accepted", seq: 9 },
  ];
  await phone.store.settle({ ...answer(), verdicts });
  assert.deepEqual(await phone.store.questions(true), {});
  const [done, needs] = (await phone.store.outbox()).sort((a, b) => (a.id < b.id ? 1 : -1));
  assert.deepEqual([needs.id, needs.state, needs.reason], [one.id, "needs", "那天没去过"]);
  assert.deepEqual([done.id, done.status], [two.id, "accepted"]);
  assert.ok(!(await dump()).includes("那天没去过"));
  await phone.store.dismiss(one.id);
  assert.deepEqual((await phone.store.factsOf("p1")).map((row) => row.id), [two.id]);
});

test("a purge is told until an answer to its telling has come", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const arrived = await phone.store.save(newVisit(phone, { how: "well", note: "金丝雀" }));
  await phone.store.keepDraft("visit", "p1", { note: "没写完" });
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  const held = await phone.store.save(newVisit(phone));
  const cursors = await phone.store.cursors();
  const empty = () => ({ ...server.answer({ cursors }), news: [], areas: { granted: [], lost: [] } });
  await phone.store.settle({
    ...empty(),
    statuses: [{ id: held.id, status: "quarantined", code: "foreign_area" }],
    areas: { granted: [], lost: [AREA] },
  });
  assert.equal(await count("facts"), 0);
  assert.equal(await phone.store.draft("visit", "p1"), null);
  const listed = (await phone.store.outbox()).map(({ id, person, row, status }) => [id, person, row, status]);
  const numbers = [[held.id, null, null, "quarantined"], [arrived.id, null, null, "accepted"]];
  assert.deepEqual(listed, numbers, "their numbers say that they arrived; no body is left");
  const bodies = [];
  await change("outbox", (store, keys) => keys.forEach((key) => {
    store.get(key).onsuccess = ({ target }) => bodies.push(target.result.sealed);
  }));
  assert.deepEqual(bodies, [null, null]);
  assert.deepEqual((await phone.store.questions()).purged, [AREA]);
  await phone.store.settle(empty(), {}); // an answer to a request that did not carry it
  const request = await phone.store.questions();
  assert.deepEqual(request.purged, [AREA]);
  await phone.store.settle(empty(), request);
  assert.equal((await phone.store.questions()).purged, undefined);
});

test("a phone of version 1 keeps its key, its owner, its outbox, its drafts and its records", async () => {
  const server = new ModelServer();
  const old = await newPhone({ server });
  const waiting = await old.store.save(newVisit(old, { how: "well", note: "升级前写的" }));
  await old.store.keepDraft("visit", "p1", { note: "写到一半" });
  old.store.close();
  await rebuildAsVersion1();
  const store = await old.open();
  assert.equal((await store.identity()).account, "asha");
  assert.deepEqual((await store.pending()).map((change) => change.id), [waiting.id]);
  assert.deepEqual(await store.draft("visit", "p1"), { note: "写到一半" });
  assert.equal((await store.book()).people.length, 1);
  server.put(visitRow("f1", NOW - 5));
  await store.settle(server.answer(await requestOf(store)));
  assert.deepEqual((await store.factsOf("p1")).map((row) => row.id).sort(), [waiting.id, "f1"].sort());
});

test("an answer for somebody who no longer uses this phone is not taken", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const answer = server.answer(await requestOf(phone.store));
  await phone.store.wipe();
  await assert.rejects(phone.store.settle(answer), { code: "not_mine" });
  await phone.store.setIdentity({ account: "ben" });
  await assert.rejects(phone.store.settle(answer), { code: "not_mine" });
  assert.deepEqual((await phone.store.book()).people, []);
});

test("a wipe that the server asked for keeps what nobody else has, sealed", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  const waiting = await phone.store.save(newVisit(phone, { how: "well", note: "没传完" }));
  await phone.store.wipe({ keepWaiting: true });
  assert.deepEqual((await phone.store.book()).people, []);
  assert.equal((await phone.store.identity()).token, undefined);
  assert.equal((await phone.store.identity()).usable, false);
  assert.deepEqual((await phone.store.pending()).map((change) => change.id), [waiting.id]);
  assert.ok(!(await dump()).includes("没传完"));
});

test("a phone that lost something finds out within the week, and what it lost comes back", async () => {
  const server = new ModelServer();
  for (let n = 10; n < 14; n += 1) server.put({ ...visitRow(`f${n}`, NOW - n), person: n % 2 ? "p1" : "p2" });
  const phone = await newPhone({ server });
  const exchange = async () => {
    const request = await requestOf(phone.store);
    await phone.store.settle(server.answer(request), request);
    return request;
  };
  assert.equal((await exchange()).digests, undefined);
  for (const lose of ["facts", "directory"]) {
    await change(lose, (store, keys) => keys.forEach((key) => store.delete(key)));
    assert.equal((await exchange()).digests, undefined); // not yet
    phone.clock.now += 8 * 86_400_000;
    assert.equal((await exchange()).digests[AREA].count, lose === "facts" ? 3 : 4);
    assert.ok((await exchange()).parts[AREA]);
    assert.equal((await phone.store.factsOf("p1")).length, 2);
    assert.equal((await phone.store.factsOf("p2")).length, 2);
    assert.equal((await phone.store.book()).people.length, 1);
    assert.equal((await phone.store.book()).summaries.p1.last_at, NOW - 11);
    assert.equal((await exchange()).digests[AREA].count, 7); // looked at once more, then not for a week
    assert.equal((await exchange()).digests, undefined);
  }
});

test("an area that differs even after its repair starts afresh", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const waiting = await phone.store.save(newVisit(phone));
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  phone.clock.now += 8 * 86_400_000;
  const empty = async (more) => ({ ...server.answer({ cursors: await phone.store.cursors() }), ...more });
  await phone.store.settle(await empty({ checks: { [AREA]: "differs" } }));
  assert.ok((await phone.store.questions()).parts);
  await phone.store.settle(await empty({ repairs: [{ area: AREA, parts: [], tables: {} }] }));
  await phone.store.settle(await empty({ checks: { [AREA]: "differs" } }));
  assert.deepEqual(await phone.store.cursors(), {});
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  assert.deepEqual((await phone.store.factsOf("p1")).map((row) => row.id), [waiting.id]);
});

test("a phone that lost more than one repair holds takes what comes, then the area afresh, and has it all", async () => {
  const server = new ModelServer();
  server.mostParts = 3;
  const people = Array.from({ length: 9 }, (_, n) => `q${n}`);
  for (const [n, person] of people.entries()) server.put({ ...visitRow(`f${n}`, NOW - n), person });
  const phone = await newPhone({ server });
  const waiting = await phone.store.save(newVisit(phone));
  const exchange = async () => {
    const request = await requestOf(phone.store);
    await phone.store.settle(server.answer(request), request);
    return request;
  };
  const held = async () => (await Promise.all(people.map((person) => phone.store.factsOf(person)))).flat().length;
  await exchange();
  await change("facts", (store, keys) => keys.forEach((key) => store.delete(key)));
  phone.clock.now += 8 * 86_400_000;
  const asked = [];
  for (let round = 0; round < 6; round += 1) {
    const { digests, parts, cursors } = await exchange();
    asked.push(digests ? "digest" : parts ? "parts" : cursors[AREA] ? "nothing" : "afresh");
    if (asked.length === 2) assert.ok((await held()) < 9, "one repair is not enough");
  }
  assert.deepEqual(asked, ["digest", "parts", "digest", "afresh", "nothing", "nothing"]);
  assert.equal(await held(), 9);
  assert.deepEqual((await phone.store.factsOf("p1")).map((row) => row.id), [waiting.id]);
});

test("whatever happens in whatever order, nothing saved is lost and nothing is doubled", async () => {
  for (let seed = 1; seed <= 16; seed += 1) await liveThrough(seed);
});

/**
 * A random life: saving, lost requests, lost answers, restarts, supervisors, small pages, snapshots that start
 * anew and break off, a restored backup, records that leave.
 */
async function liveThrough(seed) {
  const [server, chance] = [new ModelServer(), seeded(seed)];
  const phone = await newPhone({ server, seed });
  const [written, buried] = [new Map(), new Set()];
  for (let step = 0; step < 60; step += 1) {
    const roll = chance();
    const known = [...written.keys()].filter((id) => server.rows.has(id) && !buried.has(id));
    if (roll < 0.4) {
      const change = await phone.store.save(newVisit(phone, { how: "well", note: `第${step}次` }));
      written.set(change.id, `第${step}次`);
    } else if (roll < 0.53) {
      server.answer(await requestOf(phone.store)); // the answer is lost
    } else if (roll < 0.8) {
      const request = await requestOf(phone.store, 3);
      await phone.store.settle(server.answer(request, 2), request);
    } else if (roll < 0.86) {
      phone.store.close();
      phone.store = await phone.open();
    } else if (roll < 0.89) {
      server.key = `k${step}`;
    } else if (roll < 0.91) {
      server.epoch = `e${step}`;
    } else if (roll < 0.94 && known.length) {
      server.bury(known[0], roll < 0.93 ? "left" : "erased");
      buried.add(known[0]);
    } else if (known.length) {
      server.put({ ...server.rows.get(known[0]), state: roll < 0.97 ? "approved" : "returned", reviewer: "chen" });
    }
    const facts = (await phone.store.factsOf("p1")).map((row) => row.id);
    const missing = [...written.keys()].filter((id) => !buried.has(id) && !facts.includes(id));
    assert.deepEqual(missing, [], `seed ${seed}, step ${step}`);
    assert.equal(new Set(facts).size, facts.length);
  }
  await settleDown(server, phone);
  for (const [id, note] of written) if (!buried.has(id)) assert.equal(server.rows.get(id)?.fields.note, note);
  const here = (await phone.store.factsOf("p1")).map((row) => [row.id, row.fields.note, row.state, row.place]);
  const there = [...written.keys()]
    .filter((id) => !buried.has(id))
    .map((id) => {
      const row = server.rows.get(id);
      return [id, row.fields.note, row.state, row.state === "returned" ? "needs" : "uploaded"];
    });
  assert.deepEqual(here.sort(), there.sort(), `seed ${seed}`);
  const standing = [...server.rows.values()].filter((row) => !["left", "erased"].includes(row.state));
  assert.deepEqual(await phone.store.digest(AREA), digestRows(standing), `seed ${seed}`);
  const summary = there.length ? summarise(await phone.store.factsOf("p1")) : null;
  assert.deepEqual((await phone.store.book()).summaries.p1 ?? null, summary, `seed ${seed}`);
}

/** Exchange until nothing waits and nothing is left to hear. */
async function settleDown(server, phone) {
  for (let round = 0; round < 300; round += 1) {
    const request = await requestOf(phone.store);
    const answer = server.answer(request, 7);
    await phone.store.settle(answer, request);
    if (!answer.more && !(await phone.store.counts()).waiting) return;
  }
  assert.fail("it never settles down");
}

const visitRow = (id, at) => ({
  id,
  kind: "visit",
  area: AREA,
  person: "p1",
  household: "h1",
  author: "ben",
  occurred_at: at,
  received_at: at,
  state: "approved",
  attention: "well",
  fields: { how: "well", note: `走访${id}` },
});

/** The database at hand as version 1 had it: an index of facts, and cursors without a stage. */
async function rebuildAsVersion1() {
  const now = await database();
  const kept = new Map();
  for (const name of STORES) {
    const store = now.transaction(name).objectStore(name);
    kept.set(name, [await done(store.getAllKeys()), await done(store.getAll())]);
  }
  now.close();
  await done(indexedDB.deleteDatabase("qiaomen"));
  const request = indexedDB.open("qiaomen", 1);
  request.onupgradeneeded = () => {
    for (const name of ["meta", "directory", "summaries", "cursors", "drafts"]) request.result.createObjectStore(name);
    const facts = request.result.createObjectStore("facts", { keyPath: ["area", "person", "page"] });
    for (const name of ["person", "area"]) facts.createIndex(name, name);
    request.result.createObjectStore("fact_index", { keyPath: "id" }).createIndex("area", "area");
    request.result.createObjectStore("outbox", { keyPath: "id" }).createIndex("state", "state");
  };
  const before = await done(request);
  const tx = before.transaction(STORES, "readwrite");
  for (const [name, [keys, values]] of kept) {
    const store = tx.objectStore(name);
    for (const [place, value] of values.entries()) {
      if (store.keyPath) store.put(value);
      else store.put(name === "cursors" ? { cursor: value.cursor, seq: value.seq } : value, keys[place]);
    }
  }
  await new Promise((resolve) => (tx.oncomplete = resolve));
  before.close();
}

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function database() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("qiaomen");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Do something to a store behind the phone's back. */
async function change(name, work) {
  const opened = await database();
  const store = opened.transaction(name, "readwrite").objectStore(name);
  work(store, await done(store.getAllKeys()));
  await new Promise((resolve) => (store.transaction.oncomplete = resolve));
  opened.close();
}

async function count(store) {
  const opened = await database();
  return new Promise((resolve) => {
    const request = opened.transaction(store).objectStore(store).count();
    request.onsuccess = () => {
      opened.close();
      resolve(request.result);
    };
  });
}

async function read(store, key) {
  const opened = await database();
  return new Promise((resolve) => {
    const request = opened.transaction(store).objectStore(store).get(key);
    request.onsuccess = () => {
      opened.close();
      resolve(request.result);
    };
  });
}

/** Everything in the database as text, sealed bytes read as if they were text. */
async function dump() {
  const opened = await database();
  const all = await Promise.all(
    STORES.map(
      (name) =>
        new Promise((resolve) => {
          const request = opened.transaction(name).objectStore(name).getAll();
          request.onsuccess = () => resolve(request.result);
        }),
    ),
  );
  opened.close();
  return JSON.stringify(all, (_key, value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value));
}

test("what nobody else has is given out in the order it is sent, with drafts, and stays", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  assert.equal(await phone.store.hasUnsent(), false);
  await phone.store.keepDraft("visit", "p1", { how: "watch" });
  assert.equal(await phone.store.hasUnsent(), true);
  const sent = await phone.store.save(newVisit(phone));
  await phone.store.settle(server.answer(await requestOf(phone.store)));
  const calm = await phone.store.save(newVisit(phone));
  const urgent = await phone.store.save(newVisit(phone, { how: "urgent" }));
  const { changes, drafts } = await phone.store.unsent();
  assert.deepEqual(changes, [urgent, calm]);
  assert.ok(!changes.some(({ id }) => id === sent.id));
  assert.deepEqual(drafts, [{ kind: "visit", person: "p1", body: { how: "watch" } }]);
  assert.equal((await phone.store.counts()).waiting, 2);
});
