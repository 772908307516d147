// 导出到文件: what waits on this phone, handed to the share sheet, or kept as a file where there is none.

/** Answer the outbox's link. */
export function offerExport() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("#export");
    if (!link) return;
    event.preventDefault();
    handOver(link).catch((error) => {
      console.error(error);
      tell("failed");
    });
  });
}

async function handOver(link) {
  const answer = await fetch(link.href);
  if (!answer.ok) throw new Error(`export: ${answer.status}`);
  const name = decodeURIComponent(/filename\*=UTF-8''(.+)$/.exec(answer.headers.get("Content-Disposition"))[1]);
  const file = new File([await answer.blob()], name, { type: "text/plain" });
  if (!(await share(file))) keep(file);
  else tell("done", name);
}

/** Whether the share sheet took it: false where there is none, or where it was closed again. */
async function share(file) {
  if (!navigator.canShare?.({ files: [file] })) return false;
  try {
    await navigator.share({ files: [file] });
    return true;
  } catch (error) {
    if (error.name === "AbortError" || error.name === "NotAllowedError") return false;
    throw error;
  }
}

/** A download. */
function keep(file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the download reads it meanwhile
  tell("done", file.name);
}

function tell(what, name = "") {
  const place = document.getElementById("exported");
  if (!place) return;
  place.textContent = place.dataset[what].replace("{name}", name);
  place.hidden = false;
}
