// Talking to the service worker.

import { probeStore } from "../worker/store/probe.js";
import { looksPassing } from "./lasting.js";

const PATIENCE = 15_000;
const RESTS_WITHIN = 130_000; // an exchange under way gives up after two minutes
const COMES_TO_REST = 1_000; // an answer that a page still reads is under way for Chromium, which then looks half a minute later

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
      if (worker.state === "installed") showOffer(registration, worker);
      if (worker.state === "redundant" && installing) refuse();
    });
    if (worker.state === "installed") showOffer(registration, worker);
  };
  offer(registration.waiting);
  registration.addEventListener("updatefound", () => offer(registration.installing));
}

let changing = false;

/** Whether a new build is just taking over: until then a page asks for nothing more. */
export const isChanging = () => changing;

function showOffer(registration, worker) {
  const button = document.createElement("button");
  button.id = "update";
  button.className = "btn main";
  button.textContent = say("有新版本，点这里更新", "New version: tap to update");
  button.addEventListener("click", async () => {
    button.disabled = true;
    button.textContent = say("正在换，等手头的传完、存完…", "Updating once what is under way is saved and sent…");
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
    const answer = await ask(worker, { type: "take over" }, 0);
    if (answer?.ok) await activate(registration, worker);
    else refuse();
  });
  keepShown(button);
}

/** Activate once the build that runs has nothing under way, and a second after that: its last answers are being read. */
async function activate({ active }, worker) {
  changing = true;
  await ask(active, { type: "rest" }, RESTS_WITHIN).catch(() => null); // one from before this answer only waits
  await new Promise((resolve) => setTimeout(resolve, COMES_TO_REST));
  worker.postMessage({ type: "activate" });
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
