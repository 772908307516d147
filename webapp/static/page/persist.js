// Asking the phone to keep what is stored here for good: on a person's own tap, at the first save or in 我.

import htmx from "htmx.org";

const ASKED = "qiaomen-asked-to-keep"; // in localStorage: once a phone, so that no browser asks its owner at every save

/** Ask at the first save, when somebody goes on from the welcome page, and whenever 我's own button is tapped. */
export function askOnTaps() {
  document.addEventListener("submit", () => askOnce());
  document.addEventListener("click", ({ target }) => {
    if (target.closest?.("#go")) askOnce();
    if (target.closest?.("#persist")) askAndSay();
  });
}

async function askOnce() {
  if (!navigator.storage?.persist || localStorage.getItem(ASKED)) return;
  localStorage.setItem(ASKED, "yes");
  await navigator.storage.persist();
}

/** The answer is shown where the question was. */
async function askAndSay() {
  const kept = await navigator.storage?.persist?.();
  const path = kept ? "/field/me" : "/field/me?persist=refused";
  await htmx.ajax("GET", path, { target: "#page", swap: "innerHTML" });
}
