// The phone's store: rows the server sent, and own changes laid over them. Nothing else opens IndexedDB.
// Invariants: "saved" only once the transaction is complete and on disk; a page and its cursor are one
// transaction; sealing happens before a transaction opens; one writer at a time. See docs/phone-store.md.

import { attend } from "../../care/thresholds.js";
import { emptySummary, mergeSummary, summarise } from "../../care/summary.js";
import { formatStamp, tick } from "../../sync/clock.js";
import { layOver } from "../../sync/overlay.js";
import { inTransaction, openDatabase } from "./database.js";
import { makeLock } from "./lock.js";
import { dropArea, foldSegments, PROFILES, readFacts, takePage } from "./news.js";
import { isOver, isShownBy, isUnseen, newEntry, sendingOrder, settleEntry } from "./outbox.js";
import { openSealer } from "./seal.js";

const SHELVES = {
  grid: "grids",
  household: "households",
  person: "people",
  member: "members",
  pairing: "pairings",
  card: "cards",
};
const RECENT = 30;
const STORES = ["meta", "directory", "summaries", "cursors", "drafts", "facts", "fact_index", "outbox"];

/** Open the store. Everything it needs of its surroundings is passed in. */
export async function openStore({ crypto, locks, now, random }) {
  const database = await openDatabase();
  const sealer = await openSealer(database, crypto);
  return new Store(database, sealer, { alone: makeLock(locks, "qiaomen-store"), now, random });
}

class Store {
  #database;
  #sealer;
  #alone;
  #now;
  #random;
  #cache = { version: null, book: null };

  constructor(database, sealer, { alone, now, random }) {
    this.#database = database;
    this.#sealer = sealer;
    this.#alone = alone;
    this.#now = now;
    this.#random = random;
  }

  // -- who this phone is -------------------------------------------------------------------------------

  /** Who uses this phone: {account, name, role, device, token, epoch, ready, language, text_size} or null. */
  async identity() {
    return (await this.#sealer.open(await this.#database.get("meta", "identity"))) ?? null;
  }

  /** Change parts of the identity. */
  setIdentity(parts) {
    return this.#alone(async () => {
      const sealed = await this.#sealer.seal({ ...(await this.identity()), ...parts });
      await this.#write(["meta"], (tx) => tx.objectStore("meta").put(sealed, "identity"));
    });
  }

  /** How the last exchange went: {ok, at, code, retry_at, failures}. */
  async link() {
    return (await this.#database.get("meta", "link")) ?? { ok: true, at: 0, code: "", retry_at: 0, failures: 0 };
  }

  /** Keep how the last exchange went. */
  setLink(link) {
    return this.#alone(() => inTransaction(this.#database, ["meta"], (tx) => tx.objectStore("meta").put(link, "link")));
  }

  // -- reading -----------------------------------------------------------------------------------------

  /** All profiles by shelf, and what is known of each person, with own changes laid over. */
  async book() {
    const version = (await this.#database.get("meta", "version")) ?? 0;
    if (this.#cache.version !== version) this.#cache = { version, book: await this.#readBook() };
    return this.#cache.book;
  }

  /** A person's facts, each with its place: saved, uploaded or needs. */
  async factsOf(person) {
    const [unseen, identity] = await Promise.all([
      this.#unseen((entry) => entry.person === person || entry.op !== "record"),
      this.identity(),
    ]);
    return this.#factsWith(person, unseen, identity);
  }

  /** Tidy up what a person's page had to open in too many pieces. */
  tidy(person) {
    return this.#alone(() => foldSegments(this.#database, this.#sealer, person));
  }

  /** One fact, or null. */
  async fact(id) {
    const known = await this.#database.get("fact_index", id);
    const person = known?.person ?? (await this.#personOf(id));
    if (!person) return null;
    return (await this.factsOf(person)).find((row) => row.id === id) ?? null;
  }

  /** Everything that waits or needs somebody, and what arrived lately, each with its fact's row. */
  async outbox() {
    const entries = await this.#database.getAll("outbox");
    const recent = entries.filter((entry) => entry.state === "acknowledged" && entry.op !== "void");
    recent.sort((a, b) => b.acknowledged_at - a.acknowledged_at);
    const shown = [...entries.filter((entry) => entry.state !== "acknowledged"), ...recent.slice(0, RECENT)];
    const rows = await Promise.all(shown.map((entry) => this.fact(entry.record)));
    const listed = shown.map(({ sealed, ...entry }, place) => ({ ...entry, row: rows[place] }));
    const returned = await this.#returnedEntries();
    const mended = new Set(returned.map((entry) => entry.record));
    return [
      ...returned,
      ...listed
        .filter((entry) => entry.state !== "acknowledged" || (!mended.has(entry.record) && stands(entry.row)))
        .sort((a, b) => b.saved_at - a.saved_at),
    ];
  }

  /** {waiting, oldest, needs} for the strip. */
  async counts() {
    const entries = await this.#database.getAll("outbox");
    const waiting = entries.filter((entry) => entry.state === "waiting");
    const rejected = entries.filter((entry) => entry.state === "needs").length;
    const returned = (await this.#returned()).length;
    const oldest = waiting.length ? Math.min(...waiting.map((entry) => entry.saved_at)) : null;
    return { waiting: waiting.length, oldest, needs: rejected + returned };
  }

  // -- writing -----------------------------------------------------------------------------------------

  /** Save a change (all but its stamp) and its outbox entry at once; resolves once it is on disk. */
  save(change, { draft } = {}) {
    return this.#alone(async () => {
      const clock = tick((await this.#database.get("meta", "clock")) ?? this.#newClock(), this.#now());
      const stamped = { ...change, stamp: formatStamp(clock) };
      const [attention] = attend(stamped.kind, stamped.body);
      const entry = newEntry(stamped, attention, await this.#sealer.seal(stamped), this.#now());
      await this.#write(["meta", "outbox", "drafts"], (tx) => {
        tx.objectStore("outbox").add(entry);
        tx.objectStore("meta").put(clock, "clock");
        if (draft) tx.objectStore("drafts").delete(draft);
      });
      return stamped;
    });
  }

  /** A draft of a form, or null. */
  async draft(kind, person) {
    return (await this.#sealer.open(await this.#database.get("drafts", [kind, person]))) ?? null;
  }

  /** Keep a draft. */
  async keepDraft(kind, person, body) {
    const sealed = await this.#sealer.seal(body);
    await inTransaction(this.#database, ["drafts"], (tx) => tx.objectStore("drafts").put(sealed, [kind, person]));
  }

  // -- the exchange ------------------------------------------------------------------------------------

  /** Changes to send, within `limit` and `bytes`, in the order they are sent. */
  async pending({ limit = 100, bytes = 256 * 1024 } = {}) {
    const waiting = await this.#database.getAllFromIndex("outbox", "state", "waiting");
    waiting.sort(sendingOrder);
    const changes = [];
    let size = 0;
    for (const entry of waiting.slice(0, limit)) {
      const change = await this.#sealer.open(entry.sealed);
      size += JSON.stringify(change).length * 2;
      if (changes.length && size > bytes) break;
      changes.push(change);
    }
    return changes;
  }

  /** The opaque cursor of each area. */
  async cursors() {
    const [keys, values] = await Promise.all([
      this.#database.getAllKeys("cursors"),
      this.#database.getAll("cursors"),
    ]);
    return Object.fromEntries(keys.map((area, place) => [area, values[place].cursor]));
  }

  /** Take an answer in: statuses, then page by page; "ready" is written last. Returns rows taken. */
  settle(answer) {
    return this.#alone(async () => {
      const identity = (await this.identity()) ?? {};
      await this.#settleStatuses(answer, identity.epoch);
      let rows = 0;
      for (const page of answer.news) {
        const entries = (await this.#database.getAll("outbox")).filter((entry) => isUnseen(entry));
        rows += await takePage(this.#database, this.#sealer, page, (tx) => this.#bump(tx), entries);
      }
      for (const area of answer.areas.lost) await this.#loseArea(area);
      const sealed = await this.#sealer.seal({
        ...identity,
        epoch: answer.epoch,
        token: answer.token,
        name: answer.me.name,
        role: answer.me.role,
        ready: identity.ready || !answer.more,
      });
      await this.#write(["meta"], (tx) => tx.objectStore("meta").put(sealed, "identity"));
      return rows;
    });
  }

  /** Forget everything: this phone is nobody's. */
  wipe() {
    return this.#alone(() =>
      this.#write(STORES, (tx) => {
        for (const name of STORES.filter((store) => store !== "meta")) tx.objectStore(name).clear();
        for (const key of ["identity", "clock", "link"]) tx.objectStore("meta").delete(key);
      }),
    );
  }

  /** Let the database go. */
  close() {
    this.#database.close();
  }

  // -- inside ------------------------------------------------------------------------------------------

  async #readBook() {
    const areas = await this.#database.getAllKeys("directory");
    const read = (store, area) => this.#database.get(store, area).then((sealed) => this.#sealer.open(sealed));
    const [directories, summaries, unseen, identity] = await Promise.all([
      Promise.all(areas.map((area) => read("directory", area))),
      Promise.all(areas.map((area) => read("summaries", area))),
      this.#unseen(() => true),
      this.identity(),
    ]);
    const sets = unseen.filter((change) => change.op === "set");
    const book = { summaries: Object.assign({}, ...summaries) };
    for (const shelf of Object.values(SHELVES)) book[shelf] = [];
    for (const row of this.#lay(directories.flat(), sets, identity)) book[SHELVES[row.kind]]?.push(row);
    await this.#countIn(book.summaries, unseen, identity);
    return book;
  }

  async #factsWith(person, unseen, identity) {
    const rows = await readFacts(this.#database, this.#sealer, person);
    return this.#lay(rows, unseen, identity).filter((row) => row.person === person);
  }

  /** Count own facts that the server has not sent back yet into the summaries. */
  async #countIn(summaries, unseen, identity) {
    const people = new Map();
    for (const change of unseen.filter((each) => !PROFILES.has(each.kind))) {
      const person = change.person ?? (await this.#personOf(change.record));
      if (person) people.set(person, (people.get(person) ?? true) && change.op === "record");
    }
    for (const [person, onlyNew] of people) {
      const rows = await this.#factsWith(person, unseen, identity);
      const fresh = rows.filter((row) => row.seq === 0);
      summaries[person] = onlyNew
        ? fresh.reduce(mergeSummary, summaries[person] ?? emptySummary())
        : summarise(rows);
    }
  }

  #lay(rows, changes, identity) {
    const account = identity?.account;
    const waiting = new Set(changes.filter((each) => each.op !== "set").map((each) => each.record));
    const laid = layOver(rows, changes.map((change) => ({ ...change, author: account })));
    return laid.map((row) => {
      if (PROFILES.has(row.kind)) return row;
      const placed = { ...row, place: waiting.has(row.id) && row.seq === 0 ? "saved" : "uploaded" };
      if (row.state === "returned" && row.author === account) placed.place = "needs";
      if (row.attention === undefined) [placed.attention, placed.reasons] = attend(row.kind, row.fields);
      return placed;
    });
  }

  /** Own changes that the server's rows do not show yet, oldest first. */
  async #unseen(wanted) {
    const entries = await this.#database.getAll("outbox");
    const chosen = entries.filter((entry) => isUnseen(entry) && wanted(entry));
    chosen.sort((a, b) => (a.stamp < b.stamp ? -1 : 1));
    return Promise.all(chosen.map((entry) => this.#sealer.open(entry.sealed)));
  }

  /** The person that a fact known here is about. */
  async #personOf(record) {
    const known = await this.#database.get("fact_index", record);
    if (known) return known.person;
    const entries = await this.#database.getAll("outbox");
    return entries.find((entry) => entry.record === record && entry.person)?.person ?? null;
  }

  async #returned() {
    const [book, identity] = await Promise.all([this.book(), this.identity()]);
    const all = Object.entries(book.summaries).flatMap(([person, summary]) =>
      summary.returned.map((item) => ({ ...item, person })),
    );
    return all.filter((item) => item.author === identity?.account);
  }

  async #returnedEntries() {
    const returned = await this.#returned();
    const rows = await Promise.all(returned.map((item) => this.fact(item.id)));
    return returned.map((item, place) => ({
      id: item.id,
      record: item.id,
      kind: item.kind,
      op: "record",
      person: item.person,
      state: "needs",
      status: "",
      code: "",
      saved_at: item.at,
      acknowledged_at: item.at,
      row: rows[place],
    }));
  }

  async #settleStatuses(answer, epochBefore) {
    const now = this.#now();
    const entries = new Map((await this.#database.getAll("outbox")).map((entry) => [entry.id, entry]));
    const changed = new Map();
    if (epochBefore && epochBefore !== answer.epoch) {
      for (const entry of entries.values()) {
        if (entry.state === "acknowledged") changed.set(entry.id, { ...entry, state: "waiting", seq: null, seen: false });
      }
    }
    for (const status of answer.statuses) {
      const entry = entries.get(status.id);
      if (entry) changed.set(entry.id, await this.#settle(entry, status, now));
    }
    const over = [...entries.values()].filter((entry) => !changed.has(entry.id) && isOver(entry, now));
    if (!changed.size && !over.length) return;
    await this.#write(["meta", "outbox"], (tx) => {
      for (const entry of changed.values()) tx.objectStore("outbox").put(entry);
      for (const entry of over) tx.objectStore("outbox").delete(entry.id);
    });
  }

  /** An entry with its status; its row may have come before (an answer that was lost). */
  async #settle(entry, status, now) {
    const settled = settleEntry(entry, status, now);
    const known = PROFILES.has(entry.kind)
      ? await this.#database.get("cursors", entry.area)
      : await this.#database.get("fact_index", entry.record);
    return { ...settled, seen: isShownBy(settled, known?.seq) };
  }

  /** Purge a lost area, once nothing that was written for it waits any more. */
  async #loseArea(area) {
    const waiting = await this.#database.getAllFromIndex("outbox", "state", "waiting");
    if (waiting.some((entry) => entry.area === area)) return;
    await dropArea(this.#database, area, (tx) => this.#bump(tx));
  }

  #newClock() {
    const node = [...this.#random(4)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return { millis: 0, counter: 0, node };
  }

  #write(stores, work) {
    return inTransaction(this.#database, stores, (tx) => {
      work(tx);
      this.#bump(tx);
    });
  }

  #bump(tx) {
    tx.objectStore("meta").put(`${this.#now()}-${Math.floor(this.#random(1)[0])}-${performance.now()}`, "version");
  }
}

const stands = (row) => row === null || (row.state !== "amended" && row.state !== "void");
