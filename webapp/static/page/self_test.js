// 自检: runs by itself when its page is opened, and shows for each capability of this browser whether it is there.
// The words are the page's; what is told to others is what stands there, and nothing of anybody.

import { probeStore } from "../worker/store/probe.js";
import { looksPassing } from "./lasting.js";
import { askWorker } from "./worker.js";

const MEGABYTE = 1024 * 1024;
const LEAST_FREE = 50 * MEGABYTE;
const MOST_OFF = 5 * 60_000; // what the server clamps and flags (sync/clock.py)
const PATIENCE = 15_000;
const MINOR = new Set(["gzip", "brotli", "sync", "camera", "persisted"]);

const list = () => document.getElementById("self-test");

/** Test this browser where its page is on the screen and has not begun yet. */
export async function runSelfTest() {
  const page = list();
  if (!page || page.dataset.begun) return;
  page.dataset.begun = "yes";
  const found = { ...(await storage()), ...(await abilities()), ...(await server(page.dataset)) };
  for (const [key, each] of Object.entries(found)) show(page, key, each);
  const bad = Object.entries(found).some(([key, { ok }]) => ok === false && !MINOR.has(key));
  const verdict = document.getElementById("verdict");
  verdict.classList.add(bad ? "urgent" : "well");
  verdict.textContent = verdict.dataset[bad ? "bad" : "well"];
  page.dataset.done = bad ? "bad" : "well";
  offerReport(await reportOf(page));
}

async function storage() {
  const { dataset } = list();
  const { database, key, locks } = await probeStore({ crypto, locks: navigator.locks });
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  const [used, free] = [usage, quota - usage].map((bytes) => String(Math.round(bytes / MEGABYTE)));
  const passing = await looksPassing();
  return {
    database: { ok: !database, detail: database },
    key: { ok: !key, detail: key },
    lasting: { ok: !passing && !database },
    space: { ok: quota - usage > LEAST_FREE, detail: quota ? fill(dataset.space, { used, free }) : "" },
    persisted: { ok: Boolean(await navigator.storage?.persisted?.()) },
    locks: { ok: !locks, detail: navigator.locks ? "" : dataset.fallback },
  };
}

async function abilities() {
  const registration = await navigator.serviceWorker?.getRegistration();
  return {
    worker: { ok: Boolean(navigator.serviceWorker?.controller) },
    gzip: { ok: await packsAndUnpacks() },
    sync: { ok: Boolean(registration && "sync" in registration) },
    camera: { ok: "BarcodeDetector" in window && Boolean(navigator.mediaDevices?.getUserMedia) },
  };
}

async function packsAndUnpacks() {
  if (!("CompressionStream" in window) || !("DecompressionStream" in window)) return false;
  const through = (blob, stream) => new Response(blob.stream().pipeThrough(stream)).blob();
  const packed = await through(new Blob(["敲门".repeat(100)]), new CompressionStream("gzip"));
  return (await (await through(packed, new DecompressionStream("gzip"))).text()) === "敲门".repeat(100);
}

/** What the server says of the network, the time, and the codings it was offered. `ok: null` where nothing is known. */
async function server({ offline, unknown, seconds }) {
  const nothing = { clock: { ok: null, detail: unknown }, brotli: { ok: null, detail: unknown } };
  const began = Date.now();
  const signal = AbortSignal.timeout?.(PATIENCE);
  const answer = await fetch("/field/self-test/server", { cache: "no-store", redirect: "manual", signal }).catch(() => null);
  if (!answer) return { network: { ok: null, detail: offline }, ...nothing };
  const said = await answer.json().catch(() => null);
  if (said?.protocol !== 1) return { network: { ok: false }, ...nothing };
  const off = Math.round((began + Date.now()) / 2 - said.time);
  return {
    network: { ok: true },
    clock: { ok: Math.abs(off) <= MOST_OFF, detail: fill(seconds, { n: String(Math.round(off / 1000)) }) },
    brotli: { ok: /\bbr\b/.test(said.accept) },
  };
}

function show(page, key, { ok, detail = "" }) {
  const line = page.querySelector(`[data-check="${key}"]`);
  const state = ok ? "well" : ok === null || MINOR.has(key) ? "minor" : "bad";
  const tag = line.querySelector("[data-tag]");
  line.dataset.state = state;
  tag.className = `tag ${{ well: "well", bad: "urgent", minor: "plain" }[state]}`;
  tag.textContent = ok === null ? `◇ ${detail}` : page.dataset[state];
  line.querySelector("[data-detail]").textContent = ok === null ? "" : detail;
  line.querySelector("[data-said]").hidden = ok !== false;
}

/** The report: when, which build and browser, and each line as it stands on the page. */
async function reportOf(page) {
  const controlled = navigator.serviceWorker?.controller;
  const { build = "" } = controlled ? await askWorker({ type: "build" }).catch(() => ({})) : {};
  const lines = [...page.querySelectorAll("[data-check]")].map((line) =>
    [line.querySelector("b"), line.querySelector("[data-tag]"), line.querySelector("[data-detail]")]
      .map((part) => part.textContent)
      .filter(Boolean)
      .join(" · "),
  );
  return [`${page.dataset.title} ${new Date().toISOString()} ${build}`, navigator.userAgent, ...lines].join("\n");
}

function offerReport(text) {
  const [copy, send, box] = ["copy-report", "send-report", "report"].map((id) => document.getElementById(id));
  copy.disabled = false;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = copy.dataset.done;
    } catch {
      box.hidden = false; // no clipboard here: the text itself, to be copied by hand
      box.value = text;
      box.select();
    }
  });
  if (!navigator.share) return;
  send.hidden = false;
  send.addEventListener("click", () => navigator.share({ text }).catch(() => undefined)); // closed again: nothing was sent
}

const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_whole, name) => values[name]);
