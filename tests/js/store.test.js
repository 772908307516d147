// The phone's store, and attempts to lose, double or read what is in it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AREA, ModelServer, newPhone, newVisit, NOW, requestOf, seeded } from "./phone.js";

const STORES = ["meta", "directory", "summaries", "cursors", "drafts", "facts", "fact_index", "outbox"];

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

test("a page that does not join on is refused and the cursor stays", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const before = await phone.store.cursors();
  server.put({ id: "p2", kind: "person", area: AREA, fields: { name: "黄桂兰", household: "h1" } });
  const good = server.answer(await requestOf(phone.store));
  const [page] = good.news;
  const broken = [
    { ...page, from: page.from - 1 },
    { ...page, to: page.to + 1 },
    { ...page, superseded: page.superseded + 1 },
    { ...page, tables: {} },
  ];
  for (const bad of broken) {
    await assert.rejects(phone.store.settle({ ...good, news: [bad] }), { code: "page_has_gap" });
    assert.deepEqual(await phone.store.cursors(), before);
    assert.equal((await phone.store.book()).people.length, 1);
  }
  await phone.store.settle(good);
  assert.equal((await phone.store.book()).people.length, 2);
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
  assert.equal((await phone.store.fact(visit.id)).state, "amended");
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
    if (this.name === "meta") throw new DOMException("full", "QuotaExceededError");
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

test("whatever happens in whatever order, nothing saved is lost and nothing is doubled", async () => {
  for (let seed = 1; seed <= 12; seed += 1) await liveThrough(seed);
});

/** A random life: saving, voiding, lost requests, lost answers, restarts, supervisors, small pages. */
async function liveThrough(seed) {
  const [server, chance] = [new ModelServer(), seeded(seed)];
  const phone = await newPhone({ server, seed });
  const written = new Map();
  for (let step = 0; step < 60; step += 1) {
    const roll = chance();
    if (roll < 0.45) {
      const change = await phone.store.save(newVisit(phone, { how: "well", note: `第${step}次` }));
      written.set(change.id, `第${step}次`);
    } else if (roll < 0.6) {
      server.answer(await requestOf(phone.store)); // the answer is lost
    } else if (roll < 0.85) {
      await phone.store.settle(server.answer(await requestOf(phone.store, 3), 2));
    } else if (roll < 0.92) {
      phone.store.close();
      phone.store = await phone.open();
    } else if (server.rows.has([...written.keys()][0])) {
      const row = server.rows.get([...written.keys()][0]);
      server.put({ ...row, state: roll < 0.96 ? "approved" : "returned", reviewer: "chen" });
    }
    const facts = await phone.store.factsOf("p1");
    assert.equal(facts.length, written.size, `seed ${seed}, step ${step}`);
    assert.equal(new Set(facts.map((row) => row.id)).size, facts.length);
  }
  for (let round = 0; round < 200 && (await phone.store.counts()).waiting; round += 1) {
    await phone.store.settle(server.answer(await requestOf(phone.store), 7));
  }
  let answer;
  do {
    answer = server.answer(await requestOf(phone.store), 7);
    await phone.store.settle(answer);
  } while (answer.more);
  for (const [id, note] of written) assert.equal(server.rows.get(id)?.fields.note, note);
  const here = (await phone.store.factsOf("p1")).map((row) => [row.id, row.fields.note, row.state, row.place]);
  const there = [...written.keys()].map((id) => {
    const row = server.rows.get(id);
    return [id, row.fields.note, row.state, row.state === "returned" ? "needs" : "uploaded"];
  });
  assert.deepEqual(here.sort(), there.sort());
  const { summarise } = await import("../../webapp/static/care/summary.js");
  assert.deepEqual((await phone.store.book()).summaries.p1 ?? null, written.size ? summarise(await phone.store.factsOf("p1")) : null);
}

function database() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("qiaomen");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
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
