// The page's own script: htmx, the worker's registration, and the moments at which to exchange.

import htmx from "htmx.org";
import { offerExport } from "./export.js";
import { offerInstall } from "./install.js";
import { askOnTaps } from "./persist.js";
import { runSelfTest } from "./self_test.js";
import { runWelcome } from "./welcome.js";
import { askWorker, isChanging, registerWorker } from "./worker.js";

const EVERY = 60_000;
const SETTLES_WITHIN = 1_200; // an exchange begun by a save may end before its page is shown

registerWorker().then(({ registration, refused }) => {
  if (document.querySelector("[data-welcome]")) runWelcome(registration, refused);
  else if (registration && !isOpenToAnybody()) keepExchanging(registration);
  runSelfTest();
});
offerInstall();
askOnTaps();
offerExport();

navigator.serviceWorker?.addEventListener("message", ({ data }) => {
  if (data.type === "changed" && data.outcome) refresh();
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target?.id !== "page") return;
  focusHeading();
  runSelfTest();
  setTimeout(refreshStrip, SETTLES_WITHIN);
});

/** The self-test where nobody may be signed in: an exchange has nothing to say, and a strip nobody to tell. */
const isOpenToAnybody = () => document.getElementById("self-test")?.dataset.phone === "";

/** On save (the worker's own doing), when the network returns, when the app comes to the front, every minute. */
function keepExchanging(registration) {
  const exchange = (reason) => askWorker({ type: "exchange", reason });
  window.addEventListener("online", () => exchange("online"));
  window.addEventListener("offline", refresh);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") exchange("front");
  });
  setInterval(() => {
    if (document.visibilityState === "visible") exchange("minute");
  }, EVERY);
  document.addEventListener("submit", () => registration.sync?.register("exchange").catch(() => undefined));
  exchange("front");
}

/** Show what changed: the strip always, the whole page where nobody is writing. */
function refresh() {
  if (isChanging()) return;
  refreshStrip();
  if (location.pathname === "/field/outbox") {
    htmx.ajax("GET", location.pathname, { target: "#page", swap: "innerHTML" });
  }
}

function refreshStrip() {
  if (isChanging()) return;
  htmx.trigger(document.body, "refresh");
}

function focusHeading() {
  const first = document.querySelector("#errors") ?? document.querySelector("h1");
  first?.focus({ preventScroll: first.id !== "errors" });
}
