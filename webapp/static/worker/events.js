// The service worker: the phone as a server. It answers /field/… from the phone, always, online or not.

import assets from "qiaomen:assets";
import build from "qiaomen:build";
import { notSaved, wipedPage } from "./actions.js";
import { goTo } from "./answers.js";
import { openPhone, siteOf } from "./phone.js";
import { rest, track, tracked } from "./rest.js";
import { findRoute } from "./routes.js";
import { inspectOutbox } from "./store/handover.js";
import { takeOver } from "./update.js";

const CACHE = `qiaomen-${build}`;

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(activate());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== self.location.origin) return;
  if (assets.includes(url.pathname)) {
    event.respondWith(answerAsset(event.request, url));
    return;
  }
  if (url.pathname === "/" && event.request.mode === "navigate") {
    event.respondWith(fetch(event.request).catch(() => goTo("/field/today")));
    return;
  }
  const route = findRoute(event.request.method, url.pathname);
  if (route) event.respondWith(track(answerRoute(tracked(event), url, route)));
});

self.addEventListener("message", (event) => {
  event.waitUntil(event.data.type === "rest" ? answerRest(event) : track(answerMessage(event)));
});

self.addEventListener("sync", (event) => {
  if (event.tag === "exchange") event.waitUntil(track(exchangeOrThrow()));
});

/** A build that cannot read what waits on this phone is never installed: the one that can goes on. */
async function install() {
  if (self.registration.active && (await inspectOutbox(crypto)).unreadable) throw new Error("cannot read the outbox");
  const cache = await caches.open(CACHE);
  await cache.addAll(assets.map((path) => new Request(path, { cache: "no-cache" })));
  if (!self.registration.active) await self.skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("qiaomen-") && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function answerAsset(request, url) {
  const cache = await caches.open(CACHE);
  return (await cache.match(url.pathname)) ?? fetch(request);
}

/** A page from the phone; without anybody signed in on it, the server's. */
async function answerRoute(event, url, route) {
  let site = null;
  try {
    const request = event.request.method === "POST" ? event.request.clone() : event.request;
    site = await siteOf(request, url, route.params, event);
    if (!site.identity?.usable) return await answerNobody(event, site);
    return await route.action(site);
  } catch (error) {
    if (site?.identity?.usable) return notSaved(site, error);
    if (error.name === "VersionError") return goTo("/field/today"); // the next build has just taken over
    throw error;
  }
}

/** Nobody uses this phone, or not yet: the server answers; after a wipe that it asked for, the phone says so once. */
async function answerNobody(event, site) {
  if (site.connection.trouble !== "wiped") return fetch(event.request);
  return wipedPage(site, (await site.store.counts()).waiting);
}

/** Background Sync tries again later where this rejects. */
async function exchangeOrThrow() {
  const { exchanger } = await openPhone();
  const outcome = await exchanger.run({ reason: "background" });
  if (!outcome.ok) throw new Error(outcome.code);
}

async function answerRest(event) {
  event.ports[0]?.postMessage(await rest());
}

async function answerMessage(event) {
  const { data } = event;
  if (data.type === "take over") {
    event.ports[0]?.postMessage(await takeOver());
    return;
  }
  if (data.type === "activate") {
    self.skipWaiting(); // not waited for: it waits itself until the other build is gone
    return;
  }
  const { store, exchanger } = await openPhone();
  const answer = await MESSAGES[data.type]?.(store, exchanger, data);
  event.ports[0]?.postMessage(answer ?? null);
}

const MESSAGES = {
  /** Which build answers. */
  build: async () => ({ build }),
  /** Who uses this phone and what waits. */
  async state(store) {
    const [identity, counts, link] = await Promise.all([store.identity(), store.counts(), store.link()]);
    return {
      account: identity?.account ?? "",
      name: identity?.name ?? "",
      usable: Boolean(identity?.usable),
      ready: Boolean(identity?.ready),
      left: await store.left(),
      waiting: counts.waiting,
      trouble: link.code,
    };
  },
  /** A phone that was just enrolled: from here on the worker answers. */
  async begin(store, exchanger, { identity, keep }) {
    if (!keep) await store.wipe();
    await store.setIdentity(identity);
    return exchanger.run({ reason: "begin" });
  },
  exchange: (_store, exchanger, { reason }) => exchanger.run({ reason }),
};
