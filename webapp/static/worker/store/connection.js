// A connection to the phone's database that comes back. The system may close it (memory, a cleaned cache), and so
// does another build that upgrades it; the next call opens it again and tries once more, which alters nothing
// twice: a transaction that did not complete has written nothing.

import { unwrap } from "idb";

export class Connection {
  #open;
  #opening = null;
  #database = null;
  #guard = null;

  /** `open(callbacks)` opens an idb database with idb's callbacks, or rejects. */
  constructor(open) {
    this.#open = open;
  }

  get = (...args) => this.#run((database) => database.get(...args));
  getKey = (...args) => this.#run((database) => database.getKey(...args));
  getAll = (...args) => this.#run((database) => database.getAll(...args));
  getAllKeys = (...args) => this.#run((database) => database.getAllKeys(...args));
  getFromIndex = (...args) => this.#run((database) => database.getFromIndex(...args));
  getAllFromIndex = (...args) => this.#run((database) => database.getAllFromIndex(...args));
  getAllKeysFromIndex = (...args) => this.#run((database) => database.getAllKeysFromIndex(...args));
  countFromIndex = (...args) => this.#run((database) => database.countFromIndex(...args));
  count = (...args) => this.#run((database) => database.count(...args));

  /**
   * Run `work(tx)` (a plain IDBTransaction) over these stores; resolves once it is complete and, unless the
   * durability is "relaxed", on disk.
   */
  write(stores, work, durability = "strict") {
    return this.#run((database) => writeOnce(database, { stores, work, durability, guard: this.#guard }));
  }

  /** The same for the lease's own record. */
  unguarded(stores, work) {
    return this.#run((database) => writeOnce(database, { stores, work, durability: "strict", guard: null }));
  }

  /** Run `work` with every write in it first asking `guard(tx)` whether it still may (see lease.js). */
  async guarded(guard, work) {
    this.#guard = guard;
    try {
      return await work();
    } finally {
      this.#guard = null;
    }
  }

  /** Open now, so that a database that cannot be opened is known before anything relies on it. */
  async ready() {
    await this.#opened();
    return this;
  }

  /** Let the database go; a later call opens it again. */
  close() {
    if (this.#database) this.#forget(this.#database);
  }

  async #run(work) {
    const database = await this.#opened();
    try {
      return await work(database);
    } catch (error) {
      if (isOpen(database)) throw error;
      this.#forget(database);
      return work(await this.#opened());
    }
  }

  #opened() {
    this.#opening ??= this.#connect().catch((error) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  async #connect() {
    const lost = () => this.#forget(database);
    const database = await this.#open({ blocking: lost, terminated: lost });
    this.#database = database;
    return database;
  }

  #forget(database) {
    database.close();
    if (this.#database !== database) return;
    this.#database = null;
    this.#opening = null;
  }
}

async function writeOnce(database, { stores, work, durability, guard }) {
  const names = guard ? [...new Set([...stores, "meta"])] : stores;
  const tx = database.transaction(names, "readwrite", { durability });
  try {
    guard?.(unwrap(tx));
    work(unwrap(tx));
  } catch (error) {
    tx.abort();
    await tx.done.catch(() => undefined);
    throw error;
  }
  await tx.done;
}

/** Whether a connection still takes transactions. */
function isOpen(database) {
  try {
    unwrap(database).transaction("meta");
    return true;
  } catch (error) {
    if (error.name === "InvalidStateError") return false;
    throw error;
  }
}
