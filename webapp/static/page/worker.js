// Talking to the service worker.

import { probeStore } from "../worker/store/probe.js";
import { looksPassing } from "./lasting.js";

const PATIENCE = 15_000;

/**
 * Register the worker: {registration, refused}. Where nothing kept here would last, no phone is made of this browser:
 * `registration` is null and `refused` says why: "unsupported" (no worker, no https), "storage" (no database, or one
 * that keeps no key) or "private" (it looks so). A person who knows better goes on `anyway` where it only looks so.
 */
export async function registerWorker({ anyway = false } = {}) {
  const refused = await whyRefused(anyway);
  if (refused) return { registration: null, refused };
  try {
    const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
    watchUpdates(registration);
    return { registration, refused: "" };
  } catch (error) {
    console.error(error);
    return { registration: null, refused: "unsupported" };
  }
}

/** Asked before there is a worker only: what is a phone already stays one. */
async function whyRefused(anyway) {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return "unsupported";
  if (navigator.serviceWorker.controller || (await navigator.serviceWorker.getRegistration())) return "";
  const { database, key } = await probeStore({ crypto, locks: navigator.locks });
  if (database || key) return "storage";
  return anyway ? "" : looksPassing();
}

/** Ask the active worker something and wait for its answer. */
export async function askWorker(message, patience = PATIENCE) {
  const registration = await navigator.serviceWorker.ready;
  return ask(registration.active, message, patience);
}

function ask(worker, message, patience) {
  return new Promise((resolve, reject) => {
    const channel = new MessageChannel();
    const timer = patience ? setTimeout(() => reject(new Error("no answer")), patience) : null;
    channel.port1.onmessage = ({ data }) => {
      clearTimeout(timer);
      resolve(data);
    };
    worker.postMessage(message, [channel.port2]);
  });
}

/** A new build waits until the person says so: 有新版本. One that cannot read what waits here is never installed. */
function watchUpdates(registration) {
  const offer = (worker) => {
    if (!worker || !registration.active) return;
    const installing = worker.state === "installing";
    worker.addEventListener("statechange", () => {
      if (worker.state === "installed") showOffer(worker);
      if (worker.state === "redundant" && installing) refuse();
    });
    if (worker.state === "installed") showOffer(worker);
  };
  offer(registration.waiting);
  registration.addEventListener("updatefound", () => offer(registration.installing));
}

function showOffer(worker) {
  const button = document.createElement("button");
  button.id = "update";
  button.className = "btn main";
  button.textContent = say("有新版本，点这里更新", "New version: tap to update");
  button.addEventListener("click", async () => {
    button.disabled = true;
    button.textContent = say("正在换，等手头的传完、存完…", "Updating once what is under way is saved and sent…");
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
    const answer = await ask(worker, { type: "activate" }, 0);
    if (!answer?.ok) refuse();
  });
  keepShown(button);
}

/** The new build does not take over; nothing is lost, the old one goes on. */
function refuse() {
  const notice = document.createElement("p");
  notice.id = "update";
  notice.className = "notice watch";
  notice.setAttribute("role", "status");
  notice.textContent = say("新版本暂时不能用，先用旧的。手机里的记录都在。", "The new version cannot be used yet; the old one goes on. Everything on this phone is kept.");
  keepShown(notice);
}

let shown = null;
document.addEventListener("htmx:afterSettle", () => shown?.isConnected === false && keepShown(shown));

/** Show it above the page, and above the next one too: pages come and go by htmx. */
function keepShown(element) {
  document.getElementById("update")?.remove();
  shown = element;
  document.querySelector("main")?.prepend(element);
}

const say = (chinese, english) => (document.documentElement.lang === "en" ? english : chinese);
