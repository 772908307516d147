// The phone's store: rows the server sent, and own changes laid over them. Nothing else opens IndexedDB.
// Invariants: "saved" only once the transaction is complete and on disk; a page and its cursor are one
// transaction; sealing happens before a transaction opens; one writer at a time. See docs/phone-store.md.

import { attend } from "../../care/thresholds.js";
import { formatStamp, tick } from "../../sync/clock.js";
import { takeAnswer } from "./answer.js";
import { isAboard, takeBallast, withBallast } from "./ballast.js";
import { countOutbox, readBook, readOutbox, readPerson } from "./book.js";
import { digestArea, questionsOf } from "./check.js";
import { inTransaction, openDatabase } from "./database.js";
import { hex, makeLocks } from "./lock.js";
import { dismissEntry, isUndecided, inSendingOrder, newEntry } from "./outbox.js";
import { openSealer } from "./seal.js";
import { foldSegments } from "./segments.js";
import { hasUnsent, readUnsent } from "./unsent.js";

const STORES = ["meta", "directory", "summaries", "cursors", "drafts", "facts", "outbox"];
const OF_SOMEBODY = ["identity", "clock", "link", "left", "purged", "asked", "checks"];
const ASK_EVERY = 3_600_000;
const MOST_ASKED = 100;

/** Open the store. Everything it needs of its surroundings is passed in. */
export async function openStore({ crypto, locks, now, random, estimate = async () => ({}) }) {
  const database = await openDatabase();
  const sealer = await openSealer(database, crypto);
  const locked = makeLocks(locks, { database, now, random });
  return new Store(makeCore(database, sealer, now, random), { ...locked, random, estimate });
}

/** What the parts of the store share: {database, sealer, now, identity, write}. */
function makeCore(database, sealer, now, random) {
  const version = () => `${now()}-${Math.floor(random(1)[0])}-${performance.now()}`;
  return {
    database,
    sealer,
    now,
    identity: async () => (await sealer.open(await database.get("meta", "identity"))) ?? null,
    /** A transaction (see inTransaction) over stores, "meta" among them, after which pages are read anew. */
    write: (stores, work, durability) =>
      inTransaction(
        database,
        stores,
        (tx) => {
          work(tx);
          tx.objectStore("meta").put(version(), "version");
        },
        durability,
      ),
  };
}

class Store {
  #core;
  #database;
  #sealer;
  #alone;
  #exchanging;
  #random;
  #estimate;
  #cache = { version: null, book: null };

  constructor(core, { alone, exchanging, random, estimate }) {
    this.#core = core;
    this.#database = core.database;
    this.#sealer = core.sealer;
    this.#alone = alone;
    this.#exchanging = exchanging;
    this.#random = random;
    this.#estimate = estimate;
  }

  // -- who this phone is -------------------------------------------------------------------------------

  /** Who uses this phone: {account, name, role, device, token, epoch, usable, ready, language, text_size} or null. */
  async identity() {
    const identity = await this.#core.identity();
    return identity && { ...identity, usable: Boolean(identity.usable || identity.ready) };
  }

  /** Change parts of the identity. */
  setIdentity(parts) {
    return this.#alone(async () => {
      const sealed = await this.#sealer.seal({ ...(await this.#core.identity()), ...parts });
      await this.#core.write(["meta"], (tx) => tx.objectStore("meta").put(sealed, "identity"));
    });
  }

  /** How the last exchange went: {ok, at, code, retry_at, failures, wish}. */
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
    if (this.#cache.version !== version) this.#cache = { version, book: await readBook(this.#core) };
    return this.#cache.book;
  }

  /** A person's facts, each with its place: saved, uploaded or needs. */
  factsOf(person) {
    return readPerson(this.#core, person);
  }

  /** One fact of a person, or null. */
  async fact(person, id) {
    return (await this.factsOf(person)).find((row) => row.id === id) ?? null;
  }

  /** Tidy up what a person's page had to open in too many pieces. */
  tidy(person) {
    return this.#alone(() => foldSegments(this.#core, person));
  }

  /** Everything that waits or needs somebody, and what arrived lately, each with its fact's row. */
  async outbox() {
    return readOutbox(this.#core, await this.book());
  }

  /** {waiting, oldest, needs} for the strip. */
  async counts() {
    return countOutbox(this.#core, await this.book());
  }

  /** How many rows are still to come before all that is known of these people is here. */
  async left() {
    const [cursors, left] = await Promise.all([this.#database.getAll("cursors"), this.#database.get("meta", "left")]);
    const partial = cursors.some((cursor) => (cursor.stage ?? "log") !== "log");
    return partial || !(await this.#core.identity())?.ready ? (left ?? 0) : 0;
  }

  /** {count, digest} of what the server sent of an area, as this phone has it. */
  digest(area) {
    return digestArea(this.#core, area);
  }

  // -- writing -----------------------------------------------------------------------------------------

  /** Save a change (all but its stamp) and its outbox entry at once; resolves once it is on disk. */
  save(change, { draft } = {}) {
    return this.#alone(async () => {
      const now = this.#core.now();
      const clock = tick((await this.#database.get("meta", "clock")) ?? this.#newClock(), now);
      const stamped = { ...change, stamp: formatStamp(clock) };
      const [attention] = attend(stamped.kind, stamped.body);
      const entry = newEntry(stamped, attention, await this.#sealer.seal(stamped), now);
      const write = () =>
        this.#core.write(["meta", "outbox", "drafts"], (tx) => {
          tx.objectStore("outbox").add(entry);
          tx.objectStore("meta").put(clock, "clock");
          if (draft) tx.objectStore("drafts").delete(draft);
        });
      await withBallast(this.#database, write).catch((error) => this.#unlessSaved(entry, error));
      return stamped;
    });
  }

  /** The person has read what became of an entry that needed them. */
  dismiss(id) {
    return this.#alone(async () => {
      const entry = await this.#database.get("outbox", id);
      if (entry?.state !== "needs") return;
      const dismissed = dismissEntry(entry, this.#core.now());
      await this.#core.write(["meta", "outbox"], (tx) => tx.objectStore("outbox").put(dismissed));
    });
  }

  /** A draft of a form, or null. */
  async draft(kind, person) {
    return (await this.#sealer.open(await this.#database.get("drafts", [kind, person]))) ?? null;
  }

  /** Keep a draft. */
  async keepDraft(kind, person, body) {
    const sealed = await this.#sealer.seal(body);
    await this.#alone(() =>
      inTransaction(this.#database, ["drafts"], (tx) => tx.objectStore("drafts").put(sealed, [kind, person])),
    );
  }

  // -- the exchange ------------------------------------------------------------------------------------

  /** Changes to send, within `limit` and `bytes`, in the order they are sent. */
  async pending({ limit = 100, bytes = 256 * 1024 } = {}) {
    const waiting = await this.#database.getAllFromIndex("outbox", "state", "waiting");
    const changes = [];
    let size = 0;
    for (const entry of inSendingOrder(waiting).slice(0, limit)) {
      const change = await this.#sealer.open(entry.sealed);
      size += JSON.stringify(change).length * 2;
      if (changes.length && size > bytes) break;
      changes.push(change);
    }
    return changes;
  }

  /** All that nobody else has: {changes, drafts}. */
  unsent() {
    return readUnsent(this.#core);
  }

  /** Whether there is anything of that kind. */
  hasUnsent() {
    return hasUnsent(this.#core);
  }

  /** The opaque cursor of each area. */
  async cursors() {
    const [keys, values] = await Promise.all([
      this.#database.getAllKeys("cursors"),
      this.#database.getAll("cursors"),
    ]);
    return Object.fromEntries(keys.map((area, place) => [area, values[place].cursor]));
  }

  /** What comes next of each area: "people", "recent" or "older" of its snapshot, or its "log". */
  async stages() {
    const [keys, values] = await Promise.all([this.#database.getAllKeys("cursors"), this.#database.getAll("cursors")]);
    return Object.fromEntries(keys.map((area, place) => [area, values[place].stage ?? "log"]));
  }

  /** What else there is to ask and to say: {asks?, purged?, digests?, parts?}; quarantine at most once an hour, or `now`. */
  questions(now = false) {
    return this.#alone(async () => {
      const held = new Set(await this.#database.getAllKeys("cursors")); // given again, before it was confirmed
      const purged = ((await this.#database.get("meta", "purged")) ?? []).filter((area) => !held.has(area));
      const asks = await this.#asks(now);
      const waiting = await this.#database.countFromIndex("outbox", "state", "waiting");
      return {
        ...(asks.length ? { asks } : {}),
        ...(purged.length ? { purged } : {}),
        ...(waiting ? {} : await questionsOf(this.#core)),
      };
    });
  }

  /** Take the answer to a request in (see takeAnswer). Returns rows taken. */
  settle(answer, request = {}) {
    return this.#alone(() => takeAnswer(this.#core, answer, request));
  }

  /** Forget everything: this phone is nobody's. With `keepWaiting`, all but sealed changes nobody else has. */
  wipe({ keepWaiting = false } = {}) {
    return this.#alone(async () => {
      const identity = await this.#core.identity();
      const kept = keepWaiting ? await this.#database.getAllFromIndex("outbox", "state", "waiting") : [];
      const owner = { account: identity?.account, name: identity?.name, language: identity?.language };
      const sealed = kept.length ? await this.#sealer.seal(owner) : null;
      await this.#core.write(STORES, (tx) => {
        for (const name of STORES.filter((store) => store !== "meta")) tx.objectStore(name).clear();
        for (const key of OF_SOMEBODY) tx.objectStore("meta").delete(key);
        for (const entry of kept) tx.objectStore("outbox").put(entry);
        if (sealed) tx.objectStore("meta").put(sealed, "identity");
      });
    });
  }

  // -- under stress ------------------------------------------------------------------------------------

  /** Run one exchange: no other tab or worker has one meanwhile, and no new build takes over. */
  exchange(work) {
    return this.#exchanging(work);
  }

  /** Keep half a megabyte in reserve, for the visit that must still be saved when space has run out. */
  reserve() {
    return this.#alone(() => takeBallast(this.#database, this.#random, this.#estimate));
  }

  /** Whether space is short: the reserve had to be used and there is no room yet for another. */
  async isFull() {
    const [identity, aboard] = await Promise.all([this.#core.identity(), isAboard(this.#database)]);
    return Boolean(identity?.ready) && !aboard;
  }

  /** Let the database go. */
  close() {
    this.#database.close();
  }

  // -- inside ------------------------------------------------------------------------------------------

  /** The next of the quarantined entries to ask about, in turn; [] where it is not time. */
  async #asks(now) {
    const asked = (await this.#database.get("meta", "asked")) ?? { at: 0, last: "" };
    if (!now && this.#core.now() < asked.at + ASK_EVERY) return [];
    const ids = (await this.#database.getAll("outbox")).filter(isUndecided).map((entry) => entry.id).sort();
    const later = ids.filter((id) => id > asked.last);
    const asks = (later.length ? later : ids).slice(0, MOST_ASKED);
    if (!asks.length) return [];
    const next = { at: this.#core.now(), last: asks.at(-1) };
    await inTransaction(this.#database, ["meta"], (tx) => tx.objectStore("meta").put(next, "asked"));
    return asks;
  }

  /** A write that was tried again after its connection was lost may find that it had been on disk all along. */
  async #unlessSaved({ id, stamp }, error) {
    const kept = await this.#database.get("outbox", id);
    if (kept?.stamp !== stamp) throw error;
  }

  #newClock() {
    return { millis: 0, counter: 0, node: hex(this.#random(4)) };
  }
}
