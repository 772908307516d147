// The first minutes of a phone: install, enrol, first sync with progress. It can be used as soon as people and
// their latest records are here; "ready" is said only when all has arrived. Whatever breaks off is gone on with.

import { askWorker, registerWorker } from "./worker.js";

const RETRY_FIRST = 3_000;
const RETRY_LONGEST = 60_000;
const SILENCE = 90_000; // a worker that says nothing for so long was stopped by the browser: asked again
const MUST_SIGN_IN = new Set(["sign_in_again", "device_revoked", "wiped"]);

const words = () => document.getElementById("words").dataset;
const element = (id) => document.getElementById(id);

/** Drive the welcome page; without a registration, say why this browser cannot be a phone. */
export async function runWelcome(registration, refused) {
  element("again").addEventListener("click", () => location.reload());
  if (!registration) {
    refuse(refused);
    return;
  }
  try {
    await prepare();
  } catch (error) {
    console.error(error);
    trouble(navigator.onLine ? words().failed : words().lost, { again: true });
  }
}

async function prepare() {
  say(words().installing);
  await navigator.serviceWorker.ready;
  const state = await askWorker({ type: "state" });
  const account = document.querySelector("[data-welcome]").dataset.account;
  const mine = state.account === account;
  if (!mine && state.waiting) {
    const told = words().other.replaceAll("{name}", state.name).replace("{n}", state.waiting);
    trouble(told, {});
    return;
  }
  navigator.serviceWorker.addEventListener("message", ({ data }) => data.progress && show(data.progress));
  if (mine && !state.trouble) {
    if (state.usable) offerUse();
    if (!state.ready) await download({ type: "exchange", reason: "welcome" });
  } else {
    say(words().signing);
    await download({ type: "begin", identity: await enrol(), keep: mine });
  }
  finish();
}

/** Before anything was typed: why nothing is kept here, what to do, and the self-test. */
function refuse(refused) {
  say(words().refused);
  element("bar").hidden = true;
  trouble(words()[refused], { online: true });
  element("self-test-link").hidden = false;
  if (refused !== "private") return;
  element("anyway").hidden = false;
  element("anyway").addEventListener("click", async () => {
    const again = await registerWorker({ anyway: true });
    for (const id of ["anyway", "self-test-link", "online", "trouble"]) element(id).hidden = true;
    element("bar").hidden = false;
    await runWelcome(again.registration, again.refused);
  });
}

/** Exchange until all is here: again after every failure that passes by itself, from where it broke off. */
async function download(first) {
  let [message, wait] = [first, RETRY_FIRST];
  say(words().loading);
  for (;;) {
    const outcome = await untilSilent(askWorker(message, 0));
    if (outcome.ok) return;
    if (MUST_SIGN_IN.has(outcome.code)) throw new Error(outcome.code);
    trouble(outcome.code === "no_signal" ? words().lost : words().failed, { again: true });
    await Promise.race([pause(wait), nextOnline()]);
    wait = Math.min(wait * 2, RETRY_LONGEST);
    message = { type: "exchange", reason: "welcome" };
    element("trouble").hidden = true;
    element("again").hidden = true;
  }
}

/** The worker's answer, or a failure once it has neither answered nor told of progress for SILENCE. */
function untilSilent(answer) {
  return new Promise((resolve, reject) => {
    const wake = () => {
      clearTimeout(timer);
      timer = setTimeout(() => resolve({ ok: false, code: "silent" }), SILENCE);
    };
    let timer = null;
    wake();
    navigator.serviceWorker.addEventListener("message", wake);
    answer.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      navigator.serviceWorker.removeEventListener("message", wake);
    });
  });
}

const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
const nextOnline = () => new Promise((resolve) => window.addEventListener("online", resolve, { once: true }));

async function enrol() {
  const response = await fetch("/auth/devices", { method: "POST", headers: { Accept: "application/json" } });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error?.code ?? "not enrolled");
  const { token, device, me, file_key: key } = answer;
  const language = document.documentElement.lang === "en" ? "en" : "zh_Hans";
  return { account: me.id, name: me.name, role: me.role, device, token, language, file_key: key };
}

function show({ rows, bytes, left, usable, ready }) {
  const told = words().rows.replace("{rows}", rows).replace("{kb}", Math.ceil(bytes / 1024)).replace("{left}", left);
  element("bar").value = rows + left ? (100 * rows) / (rows + left) : 100;
  element("count").textContent = told;
  if (usable && !ready) offerUse();
}

function say(text) {
  element("step").textContent = text;
}

/** Today works from here on; the rest comes while one walks. */
function offerUse() {
  say(words().rest);
  if (!element("go").hidden) return;
  element("go").textContent = words().usable;
  element("go").hidden = false;
  element("go").focus();
}

function finish() {
  say(words().ready);
  element("bar").value = 100;
  element("go").textContent = words().start;
  element("go").hidden = false;
  element("go").dataset.ready = "yes";
  element("go").focus();
}

function trouble(text, { again = false, online = false }) {
  element("trouble").textContent = text;
  element("trouble").hidden = false;
  element("again").hidden = !again;
  element("online").hidden = !online;
}
