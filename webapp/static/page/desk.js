// The desk's script: htmx, and keys for what the buttons do. Every page works without it.

import "htmx.org";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const act = KEYS[event.key.toLowerCase()];
  if (act?.()) event.preventDefault();
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-fill]");
  if (!button) return;
  const field = document.getElementById(button.dataset.fill);
  field.value = button.textContent;
  field.focus();
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target?.id === "page") document.querySelector("h1")?.focus({ preventScroll: true });
});

const KEYS = {
  a: () => press(document.querySelector("[data-approve] button:not([disabled])")),
  r: () => focus(document.getElementById("reason")),
  j: () => press(neighbour(1)),
  k: () => press(neighbour(-1)),
};

function neighbour(step) {
  const logs = [...document.querySelectorAll(".queue .log, main > .log")];
  const here = logs.findIndex((log) => log.hasAttribute("aria-current"));
  return here < 0 ? logs[0] : logs[here + step];
}

function press(element) {
  element?.click();
  return Boolean(element);
}

function focus(element) {
  element?.focus();
  return Boolean(element);
}
