// The exchanger: nothing is acknowledged by anything but the server's own answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { makeExchanger } from "../../webapp/static/worker/exchange.js";
import { AREA, ModelServer, newPhone, newVisit, NOW } from "./phone.js";

const json = (body, init = {}) =>
  new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" }, ...init });

function exchangerOf(phone, fetch, notify = () => undefined, clock = () => 0) {
  return makeExchanger({
    store: phone.store,
    fetch,
    now: () => phone.clock.now,
    random: () => 1,
    build: "test",
    notify: ({ progress }) => progress && notify(progress),
    compress: async (text) => gzipSync(text),
    clock,
  });
}

const bodyOf = ({ body, headers }) =>
  JSON.parse(headers["Content-Encoding"] === "gzip" ? gunzipSync(body).toString() : new TextDecoder().decode(body));

test("everything is sent and everything is heard, in as many rounds as it takes", async () => {
  const server = new ModelServer();
  const phone = await newPhone();
  for (let n = 0; n < 130; n += 1) await phone.store.save(newVisit(phone, { how: "well", note: "字".repeat(40) }));
  const told = [];
  let requests = 0;
  const fetch = async (path, init) => {
    requests += 1;
    assert.equal(path, "/sync/exchange");
    assert.ok(init.headers.Authorization.startsWith("Bearer "));
    return json(server.answer(bodyOf(init), 50));
  };
  const outcome = await exchangerOf(phone, fetch, (progress) => told.push(progress)).run();
  assert.deepEqual(outcome, { ok: true, code: "" });
  assert.equal((await phone.store.counts()).waiting, 0);
  assert.equal((await phone.store.factsOf("p1")).length, 130);
  assert.ok((await phone.store.identity()).ready);
  assert.ok(requests >= 3);
  assert.ok(told.at(-1).ready && told.at(-1).left === 0);
  assert.ok(told.slice(0, -1).every((progress) => !progress.ready));
});

test("a captive portal's page, a broken answer and an error acknowledge nothing", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  await phone.store.save(newVisit(phone));
  const answers = [
    ["portal", () => new Response("<html>请登录 Wi-Fi</html>", { headers: { "Content-Type": "text/html" } })],
    ["portal", () => new Response("login", { status: 511 })],
    ["portal", () => ({ ok: false, status: 0, type: "opaqueredirect", headers: new Headers(), text: async () => "" })],
    ["portal", () => new Response(null, { status: 204 })],
    ["portal", () => new Response("ok", { headers: { "Content-Type": "text/plain" } })],
    ["no_answer", () => json({ protocol: 2, statuses: [] })],
    ["no_answer", () => json({ ok: true })],
    ["no_answer", () => new Response('{"protocol": 1, "stat', { headers: { "Content-Type": "application/json" } })],
    ["no_answer", () => new Response("Bad gateway", { status: 502 })],
    ["busy", () => json({ error: { code: "busy" } }, { status: 503 })],
    ["sign_in_again", () => json({ error: { code: "sign_in_again" } }, { status: 401 })],
    ["device_revoked", () => json({ error: { code: "device_revoked" } }, { status: 403 })],
    ["no_signal", () => Promise.reject(new TypeError("Failed to fetch"))],
  ];
  for (const [code, answer] of answers) {
    assert.deepEqual(await exchangerOf(phone, async () => answer()).run(), { ok: false, code });
    assert.equal((await phone.store.counts()).waiting, 1, code);
  }
  assert.equal((await phone.store.link()).ok, false);
});

test("a status that is missing is not taken for a yes", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  await phone.store.save(newVisit(phone));
  const fetch = async (_path, init) => json({ ...server.answer({ cursors: bodyOf(init).cursors }), statuses: [] });
  assert.deepEqual(await exchangerOf(phone, fetch).run(), { ok: false, code: "not_answered" });
  assert.equal((await phone.store.counts()).waiting, 1);
});

test("two runs at once are one", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  let requests = 0;
  const exchanger = exchangerOf(phone, async (_path, init) => {
    requests += 1;
    return json(server.answer(bodyOf(init)));
  });
  await Promise.all([exchanger.run(), exchanger.run(), exchanger.run()]);
  assert.equal(requests, 1);
});

test("what was saved after a run had looked for the last time is sent by whoever joined it", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const said = [];
  const exchanger = exchangerOf(phone, async (_path, init) => {
    said.push(bodyOf(init).changes.length);
    return json(server.answer(bodyOf(init)));
  });
  const reserve = phone.store.reserve.bind(phone.store);
  let joined = null;
  phone.store.reserve = async () => {
    if (!joined) {
      await phone.store.save(newVisit(phone));
      joined = exchanger.run({ reason: "save" });
    }
    return reserve();
  };
  await exchanger.run();
  assert.deepEqual(await joined, { ok: true, code: "" });
  assert.deepEqual(said, [0, 1]);
  assert.equal((await phone.store.counts()).waiting, 0);
  assert.equal(exchanger.isRunning(), false);
});

test("where nothing happens the minute asks less and less often, and never holds up what was saved", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  let requests = 0;
  const exchanger = exchangerOf(phone, async (_path, init) => {
    requests += 1;
    return json(server.answer(bodyOf(init), 50));
  });
  await exchanger.run({ reason: "front" });
  requests = 0;
  for (let minute = 0; minute < 8 * 60; minute += 1) {
    phone.clock.now += 60_000;
    await exchanger.run({ reason: "minute" });
  }
  assert.ok(requests >= 16 && requests <= 22, `${requests}`);
  await exchanger.run({ reason: "manual" });
  const asked = requests;
  assert.equal((await exchanger.run({ reason: "front" })).code, "waiting");
  await phone.store.save(newVisit(phone));
  await exchanger.run({ reason: "minute" });
  assert.equal((await phone.store.counts()).waiting, 0);
  phone.clock.now += 60_000;
  await exchanger.run({ reason: "minute" });
  assert.equal(requests, asked + 2, "after something was said the next minute asks again");
});

test("what was just saved goes with its own area's cursor alone, and nothing of the others is forgotten", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const asked = [];
  const exchanger = exchangerOf(phone, async (_path, init) => {
    asked.push(bodyOf(init));
    return json(server.answer(bodyOf(init), 50));
  });
  await exchanger.run();
  const visit = await phone.store.save(newVisit(phone));
  asked.length = 0;
  assert.ok((await exchanger.run({ reason: "save" })).ok);
  assert.equal(asked.length, 1);
  assert.deepEqual([asked[0].only, Object.keys(asked[0].cursors)], [[AREA], [AREA]]);
  assert.equal((await phone.store.counts()).waiting, 0);
  assert.ok((await phone.store.factsOf("p1")).some((row) => row.id === visit.id && row.seq > 0));
  assert.ok((await phone.store.identity()).ready);
  await exchanger.run({ reason: "manual" });
  assert.equal(asked.at(-1).only, undefined);
});

test("a lean answer is filled in: no token means that the old one serves, no statuses that nothing is acknowledged", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const asked = [];
  const exchanger = exchangerOf(phone, async (_path, init) => {
    asked.push(bodyOf(init));
    const { protocol, epoch, time, me, more } = server.answer(bodyOf(init), 50);
    return json({ protocol, epoch, time, me, more });
  });
  const before = (await phone.store.identity()).token;
  assert.ok((await exchanger.run({ reason: "manual" })).ok);
  assert.equal(asked[0].lean, 2);
  assert.equal((await phone.store.identity()).token, before);
  await phone.store.save(newVisit(phone));
  assert.deepEqual(await exchanger.run({ reason: "save" }), { ok: false, code: "not_answered" });
  assert.equal((await phone.store.counts()).waiting, 1);
});

test("a clock set back does not silence the phone", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  const exchanger = exchangerOf(phone, async (_path, init) => json(server.answer(bodyOf(init), 50)));
  await exchanger.run({ reason: "manual" });
  phone.clock.now -= 86_400_000;
  assert.deepEqual(await exchanger.run({ reason: "front" }), { ok: true, code: "" });
});

test("the minute waits out a failure and Retry-After; a person's tap does not", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  let requests = 0;
  const exchanger = exchangerOf(phone, async () => {
    requests += 1;
    return json({ error: { code: "busy" } }, { status: 503, headers: { "Retry-After": "600" } });
  });
  await exchanger.run({ reason: "minute" });
  assert.ok((await phone.store.link()).retry_at >= NOW + 600_000);
  assert.equal((await exchanger.run({ reason: "minute" })).code, "waiting");
  assert.equal(requests, 1);
  await exchanger.run({ reason: "manual" });
  assert.equal(requests, 2);
});

test("what is saved while an exchange runs is sent by it or stays", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  await phone.store.save(newVisit(phone));
  let first = true;
  const exchanger = exchangerOf(phone, async (_path, init) => {
    const answer = server.answer(bodyOf(init));
    if (first) {
      first = false;
      await phone.store.save(newVisit(phone));
    }
    return json(answer);
  });
  await exchanger.run();
  assert.equal((await phone.store.counts()).waiting, 0);
  assert.equal((await phone.store.factsOf("p1")).length, 2);
});

test("a gap in a page is a failure that keeps what is known, and the next try goes on", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  server.put({ id: "p2", kind: "person", area: "g1", fields: { name: "黄桂兰" } });
  const broken = exchangerOf(phone, async (_path, init) => {
    const answer = server.answer(bodyOf(init));
    answer.news[0].tables = {};
    return json(answer);
  });
  assert.deepEqual(await broken.run(), { ok: false, code: "page_has_gap" });
  const whole = exchangerOf(phone, async (_path, init) => json(server.answer(bodyOf(init))));
  assert.equal((await whole.run()).ok, true);
  assert.equal((await phone.store.book()).people.length, 2);
});

/** A server with `count` earlier visits, and a phone that has seen none of them. */
async function withHistory(count) {
  const server = new ModelServer();
  for (let n = 0; n < count; n += 1) {
    server.put({ id: `f${String(n).padStart(4, "0")}`, kind: "visit", area: "g1", person: "p1", household: "h1", author: "ben", occurred_at: NOW - n, state: "approved", attention: "well", fields: { how: "well", note: "好".repeat(9) } });
  }
  return { server, phone: await newPhone() };
}

test("the next page is under way while one is stored, and they are stored in their order", async () => {
  const { server, phone } = await withHistory(60);
  const events = [];
  const { settle } = phone.store;
  phone.store.settle = async (...taken) => {
    events.push("store");
    const rows = await settle.apply(phone.store, taken);
    events.push("stored");
    return rows;
  };
  const fetch = async (_path, init) => {
    events.push("ask");
    return json(server.answer(bodyOf(init), 20));
  };
  assert.equal((await exchangerOf(phone, fetch).run()).ok, true);
  assert.deepEqual(events.slice(0, 4), ["ask", "ask", "store", "stored"]);
  assert.equal(events.filter((event) => event === "ask").length, events.filter((event) => event === "store").length);
  assert.equal((await phone.store.factsOf("p1")).length, 60);
});

test("what waits goes first: nothing is asked ahead of it", async () => {
  const { server, phone } = await withHistory(60);
  const asked = [];
  const fetch = async (_path, init) => {
    asked.push(bodyOf(init));
    const answer = server.answer(bodyOf(init), 20);
    if (asked.length === 1) await phone.store.save(newVisit(phone, { how: "urgent" }));
    return json(answer);
  };
  await exchangerOf(phone, fetch).run();
  assert.deepEqual(asked.slice(0, 3).map((request) => request.changes.length), [0, 1, 0]);
});

test("a page asked ahead of a gap is not stored", async () => {
  const { server, phone } = await withHistory(60);
  let requests = 0;
  const broken = exchangerOf(phone, async (_path, init) => {
    requests += 1;
    const answer = server.answer(bodyOf(init), 20);
    if (requests === 2) for (const page of answer.news) page.snapshot += 1;
    return json(answer);
  });
  assert.deepEqual(await broken.run(), { ok: false, code: "page_has_gap" });
  const whole = exchangerOf(phone, async (_path, init) => json(server.answer(bodyOf(init), 20)));
  assert.equal((await whole.run()).ok, true);
  assert.equal((await phone.store.factsOf("p1")).length, 60);
});

test("pages are as large as eight seconds carry, and half that after one that broke off", async () => {
  const { server, phone } = await withHistory(3);
  const wishes = [];
  let time = 0;
  const answerIn = (millis, bytes) => async (_path, init) => {
    wishes.push(bodyOf(init).bytes);
    const response = json(server.answer(bodyOf(init)), { headers: { "Content-Length": String(bytes) } });
    const { text } = response;
    response.text = async () => {
      time += millis;
      if (millis === Infinity) throw new TypeError("network error");
      return text.call(response);
    };
    return response;
  };
  const run = (fetch) => exchangerOf(phone, fetch, undefined, () => time).run();
  await run(answerIn(4_000, 50_000)); // 12.5 kB a second: 100 kB in eight
  await run(answerIn(10, 500)); // too small to tell
  await run(answerIn(1, 200_000)); // as fast as may be
  await run(answerIn(100_000, 40_000)); // as slow as may be
  await run(answerIn(3_000, 30_000));
  assert.deepEqual(await run(answerIn(Infinity, 0)), { ok: false, code: "no_signal" });
  await run(answerIn(10, 500));
  assert.deepEqual(wishes, [65_536, 100_000, 100_000, 262_144, 32_768, 80_000, 40_000]);
});

test("the server's wish to forget is granted once all is acknowledged, and said", async () => {
  const server = new ModelServer();
  const phone = await newPhone({ server });
  await phone.store.save(newVisit(phone));
  const wish = async (_path, init) => json({ ...server.answer(bodyOf(init)), flags: { wipe: true } });
  assert.deepEqual(await exchangerOf(phone, wish).run(), { ok: true, code: "wiped" });
  assert.equal(server.rows.size, 4); // it was sent before
  assert.equal(await phone.store.identity(), null);
  assert.equal((await phone.store.link()).code, "wiped");
});

test("a revoked phone that has to forget keeps what it could not send, sealed, for its owner", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  await phone.store.save(newVisit(phone));
  const refusal = async () => json({ error: { code: "device_revoked", wipe: true } }, { status: 403 });
  assert.deepEqual(await exchangerOf(phone, refusal).run(), { ok: false, code: "wiped" });
  assert.deepEqual((await phone.store.book()).people, []);
  assert.equal((await phone.store.counts()).waiting, 1);
  assert.equal((await phone.store.identity()).account, "asha");
});

test("a server that is behind, or busy, is left alone as long as it asks", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  for (const code of ["server_behind", "busy"]) {
    const headers = { "Retry-After": "90" };
    const fetch = async () => json({ error: { code } }, { status: 503, headers });
    assert.deepEqual(await exchangerOf(phone, fetch).run(), { ok: false, code });
    assert.ok((await phone.store.link()).retry_at >= NOW + 90_000, code);
  }
});

test("the key that parcels are sealed to is asked for until it is here, and again of a server that was put back", async () => {
  const server = new ModelServer();
  const phone = await newPhone();
  const asked = [];
  const exchanger = exchangerOf(phone, async (_path, init) => {
    const request = bodyOf(init);
    asked.push(request.file_key ?? 0);
    return json({ ...server.answer(request), ...(request.file_key ? { file_key: `key of ${server.epoch}` } : {}) });
  });
  const key = async () => (await phone.store.identity()).file_key;
  await exchanger.run();
  assert.equal(await key(), "key of e1");
  await exchanger.run();
  server.epoch = "e2";
  await exchanger.run();
  assert.equal(await key(), undefined);
  await exchanger.run();
  assert.equal(await key(), "key of e2");
  assert.deepEqual(asked, [1, 0, 0, 1]);
});

test("the strip's words for what went wrong are kept, and space that ran out while hearing is one of them", async () => {
  const phone = await newPhone({ server: new ModelServer() });
  await phone.store.save(newVisit(phone));
  const full = () => Promise.reject(Object.assign(new Error("no room"), { name: "QuotaExceededError", code: 22 }));
  const causes = [
    ["no_answer", () => new Response("Bad gateway", { status: 502 })],
    ["busy", () => json({ error: { code: "busy" } }, { status: 503 })],
    ["portal", () => new Response("<html>", { headers: { "Content-Type": "text/html" } })],
    ["", () => Promise.reject(new TypeError("Failed to fetch"))],
  ];
  for (const [code, answer] of causes) {
    await exchangerOf(phone, async () => answer()).run();
    assert.equal((await phone.store.link()).code, code);
  }
  const server = new ModelServer();
  phone.store.settle = full;
  const outcome = await exchangerOf(phone, async (_path, init) => json(server.answer(bodyOf(init)))).run();
  assert.deepEqual(outcome, { ok: false, code: "phone_full" });
  assert.equal((await phone.store.link()).code, "phone_full");
});
