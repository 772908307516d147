// 放到桌面: the browser's install prompt, offered where it exists and only on Today.

let prompt = null;

/** Keep the prompt and show its button whenever Today is on the screen. */
export function offerInstall() {
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    prompt = event;
    show();
  });
  document.addEventListener("htmx:afterSettle", show);
  document.addEventListener("click", async ({ target }) => {
    if (!target.closest?.("[data-install]") || !prompt) return;
    await prompt.prompt();
    prompt = null;
    document.getElementById("install")?.setAttribute("hidden", "");
  });
}

function show() {
  if (prompt) document.getElementById("install")?.removeAttribute("hidden");
}
