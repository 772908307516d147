// Talking to the service worker.

const PATIENCE = 15_000;

/** Register the worker; null where this browser has none or refuses (private mode, no https). */
export async function registerWorker() {
  if (!("serviceWorker" in navigator) || !("indexedDB" in window) || !window.isSecureContext) return null;
  try {
    const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
    watchUpdates(registration);
    return registration;
  } catch (error) {
    console.error(error);
    return null;
  }
}

/** Ask the active worker something and wait for its answer. */
export async function askWorker(message, patience = PATIENCE) {
  const registration = await navigator.serviceWorker.ready;
  return new Promise((resolve, reject) => {
    const channel = new MessageChannel();
    const timer = patience ? setTimeout(() => reject(new Error("no answer")), patience) : null;
    channel.port1.onmessage = ({ data }) => {
      clearTimeout(timer);
      resolve(data);
    };
    registration.active.postMessage(message, [channel.port2]);
  });
}

/** A new build waits until the person says so: 有新版本. */
function watchUpdates(registration) {
  const offer = (worker) => {
    if (!worker || !registration.active) return;
    worker.addEventListener("statechange", () => worker.state === "installed" && showOffer(worker));
    if (worker.state === "installed") showOffer(worker);
  };
  offer(registration.waiting);
  registration.addEventListener("updatefound", () => offer(registration.installing));
}

function showOffer(worker) {
  if (document.getElementById("update")) return;
  const button = document.createElement("button");
  button.id = "update";
  button.className = "btn main";
  button.textContent = document.documentElement.lang === "en" ? "New version: tap to update" : "有新版本，点这里更新";
  button.addEventListener("click", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
    worker.postMessage({ type: "activate" });
  });
  document.querySelector("main")?.prepend(button);
}
