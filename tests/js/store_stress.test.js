// The phone's store when the phone itself is in trouble: two tabs without Web Locks, a holder that dies or sleeps,
// a connection that the system closes, another build's upgrade, space that runs out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { forceCloseDatabase } from "fake-indexeddb";
import { handOver, inspectOutbox } from "../../webapp/static/worker/store/handover.js";
import { openStore } from "../../webapp/static/worker/store/index.js";
import { openDatabase } from "../../webapp/static/worker/store/database.js";
import { LASTS, makeLease } from "../../webapp/static/worker/store/lease.js";
import { ModelServer, newPhone, newVisit, NOW, requestOf } from "./phone.js";

/** A lease over the database of the phone, whose time passes only when somebody waits for it. */
async function newHolder(owner, clock) {
  const renewals = new Set();
  const database = await openDatabase();
  const pause = async (ms) => {
    clock.now += ms;
    for (const renew of clock.renewals) await renew();
  };
  const every = (_ms, work) => {
    renewals.add(work);
    clock.renewals.add(work);
    return () => clock.renewals.delete(work);
  };
  const alone = makeLease("test", { database, owner, now: () => clock.now, pause, every });
  return { alone, database, stopRenewing: () => renewals.forEach((work) => clock.renewals.delete(work)) };
}

async function twoHolders() {
  await newPhone();
  const clock = { now: NOW, renewals: new Set() };
  return { clock, a: await newHolder("a", clock), b: await newHolder("b", clock) };
}

const gate = () => {
  let open;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

test("without Web Locks, two tabs never work at the same time, however long one takes", async () => {
  const { clock, a, b } = await twoHolders();
  const { open, opened } = gate();
  const order = [];
  const first = a.alone(async () => {
    order.push("a begins");
    await opened;
    order.push("a ends");
  });
  while (!order.length) await new Promise(setImmediate);
  const second = b.alone(async () => order.push("b"));
  while (clock.now < NOW + 10 * LASTS) await new Promise(setImmediate); // b waits; a's lease is renewed meanwhile
  open();
  await Promise.all([first, second]);
  assert.deepEqual(order, ["a begins", "a ends", "b"]);
});

test("the lease of a worker that was killed is taken over once it is over, and not before", async () => {
  const { clock, a, b } = await twoHolders();
  let begun = false;
  a.alone(async () => {
    begun = true;
    await new Promise(() => undefined); // killed: never ends, frees nothing
  });
  while (!begun) await new Promise(setImmediate);
  a.stopRenewing();
  const taken = await b.alone(async () => clock.now);
  assert.ok(taken >= NOW + LASTS && taken < NOW + 2 * LASTS, String(taken - NOW));
});

test("a clock that went back two days does not leave everybody waiting", async () => {
  const { clock, a, b } = await twoHolders();
  a.alone(() => new Promise(() => undefined));
  while (!clock.renewals.size) await new Promise(setImmediate);
  a.stopRenewing();
  clock.now -= 2 * 86_400_000;
  assert.equal(await b.alone(async () => "taken"), "taken");
});

test("a holder that slept past its time writes nothing when it wakes, and begins again", async () => {
  const { a, b } = await twoHolders();
  const { open, opened } = gate();
  const seen = [];
  let runs = 0;
  const add = (holder) => async () => {
    const count = (await holder.database.get("meta", "count")) ?? 0;
    seen.push(count);
    if (holder === a && (runs += 1) === 1) await opened;
    await holder.database.write(["drafts", "meta"], (tx) => {
      tx.objectStore("meta").put(count + 1, "count");
      tx.objectStore("drafts").put(holder === a ? "a" : "b", [String(count), "p"]);
    });
  };
  const sleeper = a.alone(add(a));
  while (!seen.length) await new Promise(setImmediate);
  a.stopRenewing();
  await b.alone(add(b));
  open();
  await sleeper;
  assert.equal(runs, 2);
  assert.equal(await a.database.get("meta", "count"), 2);
  assert.deepEqual(await a.database.getAll("drafts"), ["b", "a"]);
  assert.equal(await a.database.get("meta", "lease test"), undefined);
});

test("an error inside is the caller's, and frees the lease", async () => {
  const { a, b } = await twoHolders();
  await assert.rejects(a.alone(() => Promise.reject(new RangeError("own"))), RangeError);
  assert.equal(await b.alone(async () => "free"), "free");
});

test("two tabs that save at once on one phone keep every visit, each with its own stamp", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  const other = await phone.open();
  const visits = Array.from({ length: 16 }, () => newVisit(phone));
  const saved = await Promise.all(visits.map((visit, place) => (place % 2 ? other : phone.store).save(visit)));
  assert.equal(new Set(saved.map((change) => change.stamp)).size, 16);
  assert.equal((await phone.store.counts()).waiting, 16);
  assert.equal((await other.factsOf("p1")).length, 16);
});

test("a connection that the system closes is opened again, for reading, saving and exchanging", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const opened = watchConnections();
  phone.store.close();
  for (const use of [
    () => phone.store.counts(),
    () => phone.store.save(newVisit(phone)),
    async () => phone.store.settle(server.answer(await requestOf(phone.store))),
    () => phone.store.book(),
  ]) {
    await phone.store.identity();
    forceCloseDatabase(opened.at(-1));
    await use();
  }
  opened.stop();
  assert.ok(opened.length >= 4);
  assert.equal(server.rows.size, 4);
  assert.equal((await phone.store.counts()).waiting, 0);
});

test("a save whose connection dies before its end is on disk once, or said not to be saved", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  const opened = watchConnections();
  phone.store.close();
  for (const when of ["before", "after"]) {
    await phone.store.identity();
    const { add } = IDBObjectStore.prototype;
    let left = 1;
    IDBObjectStore.prototype.add = function dying(...args) {
      const request = add.apply(this, args);
      if (left-- > 0) {
        if (when === "before") {
          queueMicrotask(() => {
            this.transaction.abort();
            forceCloseDatabase(opened.at(-1));
          });
        } else {
          this.transaction.addEventListener("complete", () => forceCloseDatabase(opened.at(-1)));
        }
      }
      return request;
    };
    try {
      await phone.store.save(newVisit(phone));
    } finally {
      IDBObjectStore.prototype.add = add;
    }
  }
  opened.stop();
  assert.equal((await phone.store.pending()).length, 2);
});

test("a write that had been on disk all along is not told as lost", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  const { transaction } = IDBDatabase.prototype;
  let told = false;
  IDBDatabase.prototype.transaction = function dying(stores, ...more) {
    const tx = transaction.call(this, stores, ...more);
    if (!told && Array.isArray(stores) && stores.includes("outbox")) {
      told = true;
      sayAborted(tx, () => forceCloseDatabase(this));
    }
    return tx;
  };
  try {
    await phone.store.save(newVisit(phone));
  } finally {
    IDBDatabase.prototype.transaction = transaction;
  }
  assert.ok(told);
  assert.equal((await phone.store.pending()).length, 1);
});

/** The transaction is committed, but its caller (idb) hears that it was not: the database goes away in between. */
function sayAborted(tx, goAway) {
  const { addEventListener } = tx;
  let hear = null;
  tx.addEventListener = (type, listener) => {
    if (type === "abort" && listener.name === "error") hear = listener;
    if (listener.name !== "complete") addEventListener.call(tx, type, listener);
  };
  addEventListener.call(tx, "complete", () =>
    setImmediate(() => {
      goAway();
      hear();
    }),
  );
}

test("a build that upgrades the database is let in at once, and the old one says so instead of hanging", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  await phone.store.save(newVisit(phone));
  const upgraded = await new Promise((resolve, reject) => {
    const request = indexedDB.open("qiaomen", 99);
    request.onupgradeneeded = () => request.result.createObjectStore("of a later build");
    request.onsuccess = () => resolve(request.result);
    request.onblocked = () => reject(new Error("blocked"));
  });
  upgraded.close();
  await assert.rejects(phone.store.counts(), { name: "VersionError" });
  assert.deepEqual(await inspectOutbox(crypto), { entries: 1, unreadable: 0 });
});

test("an outbox is looked at without making or altering a database", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  await phone.store.save(newVisit(phone));
  await phone.store.save(newVisit(phone));
  phone.store.close();
  assert.deepEqual(await inspectOutbox(crypto), { entries: 2, unreadable: 0 });
  const other = { subtle: { decrypt: () => Promise.reject(new DOMException("", "OperationError")) } };
  assert.deepEqual(await inspectOutbox(other), { entries: 2, unreadable: 2 });
  indexedDB.deleteDatabase("qiaomen");
  assert.deepEqual(await inspectOutbox(crypto), { entries: 0, unreadable: 0 });
  assert.deepEqual((await indexedDB.databases()).map(({ name }) => name), []);
});

test("the first build's database is brought up to this one with outbox, drafts, key and identity", async () => {
  const phone = await newPhone();
  await asTheFirstBuild(phone);
  const store = await phone.open();
  assert.equal((await store.identity()).account, "asha");
  assert.deepEqual((await store.pending()).map((change) => change.body.note), ["第一版写的"]);
  assert.deepEqual(await store.draft("visit", "p1"), { note: "写到一半" });
  assert.equal(await store.reserve(), true);
});

test("when space runs out the ballast goes and the visit at hand is saved", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  assert.equal(await phone.store.reserve(), true);
  assert.equal(await phone.store.isFull(), false);
  const space = limitSpace(() => ballastSize());
  try {
    await phone.store.save(newVisit(phone, { how: "well", note: "空间满了也要存下" }));
    assert.equal(await phone.store.isFull(), true);
    assert.deepEqual((await phone.store.pending()).map((change) => change.body.note), ["空间满了也要存下"]);
    assert.equal(space.refused, 1);
    space.left = 0;
    await assert.rejects(phone.store.save(newVisit(phone)), { name: "QuotaExceededError" });
    assert.equal((await phone.store.pending()).length, 1);
  } finally {
    space.stop();
  }
  assert.equal(await phone.store.reserve(), true);
  assert.equal(await phone.store.isFull(), false);
});

test("ballast is not taken where there is no room for it, and a refusal is no error", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  const options = { crypto, locks: null, now: () => NOW, random: phone.random };
  const estimate = async () => ({ usage: 9_000_000, quota: 10_000_000 });
  const tight = await openStore({ ...options, estimate });
  assert.equal(await tight.reserve(), false);
  const space = limitSpace(() => 0);
  space.left = 0;
  try {
    assert.equal(await phone.store.reserve(), false);
  } finally {
    space.stop();
  }
  assert.equal(await phone.store.isFull(), true);
});

/** Every connection that is opened from here on, latest last. */
function watchConnections() {
  const opened = [];
  const { open } = indexedDB;
  indexedDB.open = function watched(...args) {
    const request = open.apply(this, args);
    request.addEventListener("success", () => opened.push(request.result));
    return request;
  };
  return Object.assign(opened, {
    stop() {
      indexedDB.open = open;
    },
  });
}

/** A phone whose space is what `reserved` still holds: writes to the outbox and the ballast need it gone. */
function limitSpace(reserved) {
  const { put, add, clear } = IDBObjectStore.prototype;
  const space = { left: 0, refused: 0 };
  const spend = (method) =>
    function limited(...args) {
      if ((this.name === "outbox" || this.name === "ballast") && space.left <= 0) {
        space.refused += 1;
        throw new DOMException("full", "QuotaExceededError");
      }
      return method.apply(this, args);
    };
  IDBObjectStore.prototype.put = spend(put);
  IDBObjectStore.prototype.add = spend(add);
  IDBObjectStore.prototype.clear = function freed(...args) {
    if (this.name === "ballast") space.left = reserved();
    return clear.apply(this, args);
  };
  space.stop = () => Object.assign(IDBObjectStore.prototype, { put, add, clear });
  return space;
}

const ballastSize = () => 512 * 1024;

/** Turn the phone's database into what the first build would have left, with something in each place that must stay. */
async function asTheFirstBuild(phone) {
  await phone.store.save(newVisit(phone, { how: "well", note: "第一版写的" }));
  await phone.store.keepDraft("visit", "p1", { note: "写到一半" });
  phone.store.close();
  const kept = {};
  const now = await openDatabase();
  for (const name of ["meta", "outbox", "drafts"]) {
    kept[name] = [await now.getAllKeys(name), await now.getAll(name)];
  }
  now.close();
  indexedDB.deleteDatabase("qiaomen");
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("qiaomen", 1);
    request.onupgradeneeded = () => firstStores(request.result);
    request.onsuccess = () => resolve(request.result);
  });
  const tx = database.transaction(Object.keys(kept), "readwrite");
  for (const [name, [keys, values]] of Object.entries(kept)) {
    const store = tx.objectStore(name);
    values.forEach((value, place) => (store.keyPath ? store.put(value) : store.put(value, keys[place])));
  }
  await new Promise((resolve) => {
    tx.oncomplete = resolve;
  });
  database.close();
}

/** The object stores of version 1, as the first build made them. */
function firstStores(database) {
  for (const name of ["meta", "directory", "summaries", "cursors", "drafts"]) database.createObjectStore(name);
  const facts = database.createObjectStore("facts", { keyPath: ["area", "person", "page"] });
  facts.createIndex("person", "person");
  facts.createIndex("area", "area");
  database.createObjectStore("fact_index", { keyPath: "id" }).createIndex("area", "area");
  database.createObjectStore("outbox", { keyPath: "id" }).createIndex("state", "state");
}

test("a new build takes over only when nobody saves or exchanges", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  const { open, opened } = gate();
  const order = [];
  const exchange = phone.store.exchange(async () => {
    await opened;
    await phone.store.save(newVisit(phone));
    order.push("exchanged");
  });
  const surroundings = { locks: null, now: () => NOW, random: phone.random, pause: () => new Promise(setImmediate) };
  const over = handOver(surroundings, async () => {
    order.push("handed over");
    return inspectOutbox(crypto);
  });
  open();
  assert.deepEqual(await over, { entries: 1, unreadable: 0 });
  await exchange;
  assert.deepEqual(order, ["exchanged", "handed over"]);
});
