// Reads a card's public page aloud, where the browser can. The page needs no script for anything else.

const button = document.querySelector("[data-read-aloud]");

if (button && "speechSynthesis" in window) {
  button.hidden = false;
  button.addEventListener("click", () => {
    speechSynthesis.cancel();
    const parts = document.querySelectorAll("main > :not(nav), main .two > *");
    const said = [...parts].filter((part) => !part.classList.contains("two")).map((part) => part.innerText.trim());
    const speech = new SpeechSynthesisUtterance(said.join("。"));
    speech.lang = document.documentElement.lang === "en" ? "en" : "zh-CN";
    speech.rate = 0.85;
    speechSynthesis.speak(speech);
  });
}
