// The parts of the phone put together: store, exchanger, and one request's surroundings.
// A worker has no memory: whatever is here is opened anew after each sleep, from IndexedDB.

import build from "qiaomen:build";
import { compress } from "./compress.js";
import { makeExchanger } from "./exchange.js";
import { translatorOf } from "./messages.js";
import { openStore } from "./store/index.js";

const random = (length) => crypto.getRandomValues(new Uint8Array(length));
let opened = null;

/** {store, exchanger} of this phone. */
export function openPhone() {
  opened ??= open().catch((error) => {
    opened = null;
    throw error;
  });
  return opened;
}

/** What a page or an action needs of its surroundings. */
export async function siteOf(request, url, params, event) {
  const { store, exchanger } = await openPhone();
  const identity = await store.identity();
  const headers = request.headers;
  return {
    request,
    params,
    query: url.searchParams,
    partial: headers.has("HX-Request") && !headers.has("HX-History-Restore-Request"),
    store,
    identity,
    connection: await connectionOf(store, exchanger),
    now: Date.now(),
    random,
    t: translatorOf(identity?.language),
    exchange: (reason) => exchanger.run({ reason }),
    later: (work) => event.waitUntil(work),
    exchangeSoon: (reason) => event.waitUntil(exchanger.run({ reason })),
    again: () => siteOf(request, url, params, event),
  };
}

async function open() {
  const estimate = async () => (await navigator.storage?.estimate?.()) ?? {};
  const store = await openStore({ crypto, locks: navigator.locks, now: Date.now, random, estimate });
  const exchanger = makeExchanger({
    store,
    fetch: (...args) => fetch(...args),
    now: Date.now,
    random: Math.random,
    build,
    notify: (said) => tellPages({ type: "changed", ...said }),
    compress,
  });
  return { store, exchanger };
}

async function connectionOf(store, exchanger) {
  const [counts, link, left, full] = await Promise.all([store.counts(), store.link(), store.left(), store.isFull()]);
  return {
    ...counts,
    left,
    online: navigator.onLine && link.ok,
    syncing: exchanger.isRunning(),
    trouble: link.code || (full ? "phone_full" : ""),
    worker: true,
  };
}

/** Tell every open page something. */
export async function tellPages(message) {
  const pages = await self.clients.matchAll({ type: "window" });
  for (const page of pages) page.postMessage(message);
}
