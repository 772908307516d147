// A phone for tests: a fresh store in a fake IndexedDB, and a small model of a server that numbers and pages.

import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { layOver } from "../../webapp/static/sync/overlay.js";
import { pack } from "../../webapp/static/sync/packing.js";
import { digestRows } from "../../webapp/static/sync/digest.js";
import { uuid7 } from "../../webapp/static/sync/ids.js";
import { openStore } from "../../webapp/static/worker/store/index.js";

export const NOW = 1_763_980_000_000;
export const AREA = "g1";

/** A seeded generator of numbers in [0, 1). */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A new phone of 阿莎, empty or with its village. */
export async function newPhone({ server = null, seed = 1 } = {}) {
  globalThis.indexedDB = new IDBFactory();
  const clock = { now: NOW };
  const next = seeded(seed);
  const random = (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256));
  const open = () => openStore({ crypto: globalThis.crypto, locks: null, now: () => clock.now, random });
  const phone = { store: await open(), clock, random, open };
  await phone.store.setIdentity({ account: "asha", name: "阿莎", role: "volunteer", device: "d1", token: "secret-token" });
  if (server) await phone.store.settle(server.answer(await requestOf(phone.store)));
  return phone;
}

/** A visit of 阿莎, all but its stamp. */
export function newVisit(phone, body = { how: "well" }, person = "p1") {
  phone.clock.now += 1;
  const id = uuid7(phone.clock.now, phone.random(10));
  return {
    id,
    area: AREA,
    kind: "visit",
    op: "record",
    record: id,
    form: "visit/1",
    person,
    household: "h1",
    occurred_at: phone.clock.now,
    body,
  };
}

/** What the exchanger would send. */
export const requestOf = async (store, limit = 100) => ({
  changes: await store.pending({ limit }),
  cursors: await store.cursors(),
  snapshots: 2,
  ...(await store.questions(true)),
});

/** Numbers entries, keeps rows, answers pages: the meaning of the exchange at its smallest. */
export class ModelServer {
  constructor() {
    this.epoch = "e1";
    this.mostParts = 200; // of one repair, as sync/checks.py
    this.key = ""; // another key: no cursor of before reads any more
    this.rows = new Map();
    this.log = [];
    this.seen = new Map();
    this.put({ id: "g1", kind: "grid", area: AREA, fields: { name: "一组", position: 1 } });
    this.put({ id: "h1", kind: "household", area: AREA, fields: { door: "4号", number: 4 } });
    this.put({ id: "p1", kind: "person", area: AREA, fields: { name: "王小明", category: "child", household: "h1" } });
  }

  put(row) {
    this.log.push(row.id);
    this.rows.set(row.id, { ...row, seq: this.log.length });
  }

  fold(change) {
    const text = JSON.stringify(change);
    if (this.seen.has(change.id)) {
      const known = this.seen.get(change.id);
      if (known.text !== text) return { id: change.id, status: "rejected", code: "id_reused" };
      return { id: change.id, status: "duplicate", seq: known.seq };
    }
    const before = new Map([...this.rows].map(([id, row]) => [id, row]));
    for (const row of layOver([...before.values()], [{ ...change, author: "asha" }])) {
      if (before.get(row.id) !== row) this.put({ ...row, received_at: NOW, attention: row.attention ?? "well" });
    }
    this.seen.set(change.id, { text, seq: this.log.length });
    return { id: change.id, status: "accepted", seq: this.log.length };
  }

  /** A record that went: its tombstone has a number, and no fields. */
  bury(id, state) {
    const { kind, person, household } = this.rows.get(id);
    this.put({ id, kind, person, household, state, area: AREA, fields: {} });
  }

  answer({ changes = [], cursors = {}, snapshots = 0, digests = {}, parts = {} }, size = 1000) {
    const statuses = changes.map((change) => this.fold(JSON.parse(JSON.stringify(change))));
    const at = this.read(cursors[AREA]);
    const pages = [];
    if (snapshots && (at === null || at.stage)) pages.push(...this.snapshot(at, size));
    else if (at === null || at.seq < this.log.length) pages.push(this.logPage(at?.seq ?? null, size));
    const reached = pages.length ? this.read(pages.at(-1).cursor) : at;
    return {
      protocol: 1,
      epoch: this.epoch,
      token: "renewed",
      me: { id: "asha", name: "阿莎", role: "volunteer" },
      statuses,
      areas: { granted: [], lost: [] },
      news: pages,
      remaining: { rows: pages.at(-1)?.left ?? this.log.length - reached.seq, bytes: 0 },
      ...this.check(digests, parts, at),
      usable: !reached.stage || reached.stage === "older",
      more: Boolean(reached.stage) || reached.seq < this.log.length,
    };
  }

  /** What the digests of a phone say, and what it lacks of the parts that it names. */
  check(digests, parts, at) {
    const rows = [...this.rows.values()].filter((row) => !["left", "erased"].includes(row.state));
    const part = (name) => rows.filter((row) => (row.person ?? "") === name);
    const checks = {};
    for (const [area, { digest }] of Object.entries(digests)) {
      const same = digest === digestRows(rows).digest;
      checks[area] = at?.seq === this.log.length ? (same ? "same" : "differs") : "behind";
    }
    const names = [...new Set(["", ...rows.map((row) => row.person ?? ""), ...Object.keys(parts[AREA] ?? {})])];
    const wrong = parts[AREA] ? names.filter((name) => digestRows(part(name)).digest !== parts[AREA][name]) : [];
    wrong.splice(this.mostParts);
    const repairs = parts[AREA] ? [{ area: AREA, parts: wrong, tables: tables(wrong.flatMap(part)) }] : [];
    return { checks, repairs };
  }

  /** {seq} or {seq, stage, after}: a cursor of this epoch, else null. */
  read(cursor) {
    const [epoch, seq, stage, after] = (cursor ?? "").split(":");
    if (epoch !== this.epoch + this.key) return null;
    return { seq: Number(seq), ...(stage ? { stage, after } : {}) };
  }

  logPage(known, size) {
    const from = known ?? 0;
    const to = Math.min(this.log.length, from + size);
    const rows = [...this.rows.values()].filter((row) => row.seq > from && row.seq <= to);
    const superseded = to - from - rows.length;
    const page = { area: AREA, cursor: `${this.epoch}${this.key}:${to}`, from, to, superseded, tables: tables(rows) };
    return known === null ? { ...page, fresh: true } : page;
  }

  /** Up to `size` rows of a snapshot as pages of one stage each: profiles, each person's latest, the rest. */
  snapshot(at, size) {
    const seq = at?.seq ?? this.log.length;
    const [pages, start] = [[], STAGES.indexOf(at?.stage ?? "people")];
    let [room, first] = [size, at === null];
    for (const stage of STAGES.slice(start)) {
      const after = stage === at?.stage ? at.after : "";
      const rows = this.ofStage(stage, seq).filter((row) => row.id > after);
      const taken = rows.slice(0, room);
      room -= taken.length;
      const whole = taken.length === rows.length;
      const next = whole ? STAGES[STAGES.indexOf(stage) + 1] : stage;
      const place = whole ? "" : (taken.at(-1)?.id ?? after);
      const cursor = `${this.epoch}${this.key}:${seq}${next ? `:${next}:${place}` : ""}`;
      const later = STAGES.slice(STAGES.indexOf(stage) + 1).flatMap((each) => this.ofStage(each, seq));
      const left = rows.length - taken.length + later.length;
      pages.push({ area: AREA, cursor, snapshot: seq, stage, first, last: !next, left, tables: tables(taken) });
      first = false;
      if (!whole || room <= 0) break;
    }
    return pages;
  }

  /** Membership is ranked over all rows, so that a row that left "older" for the log was, or will be, sent. */
  ofStage(stage, seq) {
    const all = [...this.rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    const facts = all.filter((row) => row.person).sort((a, b) => b.occurred_at - a.occurred_at);
    const recent = new Set(facts.slice(0, 3).map((row) => row.id));
    const mine = {
      people: (row) => !row.person,
      recent: (row) => row.person && (recent.has(row.id) || row.state === "returned"),
      older: (row) => row.person && !recent.has(row.id) && row.state !== "returned",
    }[stage];
    return all.filter((row) => row.seq <= seq && !["left", "erased"].includes(row.state) && mine(row));
  }
}

const STAGES = ["people", "recent", "older"];

function tables(rows) {
  const packed = pack(rows);
  for (const table of Object.values(packed)) delete table.columns.area;
  return packed;
}
