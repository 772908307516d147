// A parcel: all that this phone has not sent, as one file that only the server opens. The last resort of a phone
// that reaches no network. The format, and who opens it: sync/parcel.py.

import { sealTo } from "./hpke.js";

const MAGIC = "QIAOMEN PARCEL 1";
const SAID = "敲门：没上传的记录，已加密，只有本站的服务器打得开。请交给督导员，在“手机与志愿者”里导入。";
const LINE = 76;
const PIECE = 8190; // characters' worth of bytes turned to text at once: a multiple of three

/**
 * The file's text. `contents` is {token, changes, drafts}, `key` the installation's public key (base64url),
 * `compress(text)` makes gzip of text, or is null where the browser cannot.
 */
export async function makeParcel({ key, device, madeAt, contents, crypto, compress }) {
  const point = fromBase64(key);
  const header = JSON.stringify({
    coding: compress ? "gzip" : "",
    device,
    key: await nameOf(point, crypto),
    made_at: madeAt,
  });
  const text = JSON.stringify(contents);
  const data = compress ? new Uint8Array(await compress(text)) : new TextEncoder().encode(text);
  const info = new TextEncoder().encode(`${MAGIC}\n${header}`);
  const sealed = toBase64(await sealTo(point, data, info, crypto));
  return [MAGIC, SAID, header, ...sealed.match(new RegExp(`.{1,${LINE}}`, "g")), ""].join("\n");
}

/** What the file is called: when it was made, and nothing of anybody. `date` is "2025-11-24", `time` "18:26". */
export const parcelName = (date, time) => `敲门待传-${date.replaceAll("-", "")}-${time.replace(":", "")}.txt`;

/** The first sixteen digits of the key's SHA-256: which installation a file is for. */
async function nameOf(point, crypto) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", point));
  return [...digest.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromBase64(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function toBase64(bytes) {
  let text = "";
  for (let place = 0; place < bytes.length; place += PIECE) {
    text += btoa(String.fromCharCode(...bytes.subarray(place, place + PIECE)));
  }
  return text;
}
