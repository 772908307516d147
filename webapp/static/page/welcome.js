// The first minutes of a phone: install, enrol, first sync with progress, "ready" only when all has arrived.

import { askWorker } from "./worker.js";

const words = () => document.getElementById("words").dataset;
const element = (id) => document.getElementById(id);

/** Drive the welcome page. */
export async function runWelcome(registration) {
  element("again").addEventListener("click", () => location.reload());
  if (!registration) {
    trouble(words().unsupported, { online: true });
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
  if (mine && state.ready && !state.trouble) {
    finish();
    return;
  }
  if (!mine && state.waiting) {
    const told = words().other.replaceAll("{name}", state.name).replace("{n}", state.waiting);
    trouble(told, {});
    return;
  }
  say(words().signing);
  const enrolled = await enrol();
  say(words().loading);
  navigator.serviceWorker.addEventListener("message", ({ data }) => data.progress && show(data.progress));
  const outcome = await askWorker({ type: "begin", identity: enrolled, keep: mine }, 0);
  if (!outcome?.ok) {
    trouble(outcome?.code === "no_signal" ? words().lost : words().failed, { again: true });
    window.addEventListener("online", () => location.reload());
    return;
  }
  await navigator.storage?.persist?.();
  finish();
}

async function enrol() {
  const response = await fetch("/auth/devices", { method: "POST", headers: { Accept: "application/json" } });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error?.code ?? "not enrolled");
  const { token, device, me } = answer;
  const language = document.documentElement.lang === "en" ? "en" : "zh_Hans";
  return { account: me.id, name: me.name, role: me.role, device, token, language };
}

function show({ rows, bytes, left }) {
  const told = words().rows.replace("{rows}", rows).replace("{kb}", Math.ceil(bytes / 1024)).replace("{left}", left);
  element("bar").value = rows + left ? (100 * rows) / (rows + left) : 100;
  element("count").textContent = told;
}

function say(text) {
  element("step").textContent = text;
}

function finish() {
  say(words().ready);
  element("bar").value = 100;
  element("go").hidden = false;
  element("go").focus();
}

function trouble(text, { again = false, online = false }) {
  element("trouble").textContent = text;
  element("trouble").hidden = false;
  element("again").hidden = !again;
  element("online").hidden = !online;
}
