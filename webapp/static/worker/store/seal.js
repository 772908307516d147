// Sealing: AES-GCM with one key of this phone that no script can read out (design D10).
// A PIN or a server's share will wrap this key later; nothing outside this folder knows how a body is kept.

const ALGORITHM = "AES-GCM";
const NONCE = 12;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A sealer with the phone's key, made the first time. */
export async function openSealer(database, crypto) {
  return sealerOf((await database.get("meta", "key")) ?? (await makeKey(database, crypto)), crypto);
}

/** A sealer with a key that is there already. */
export const sealerOf = (key, crypto) => ({
  /** Bytes that nobody reads without the key. */
  async seal(value) {
    const iv = crypto.getRandomValues(new Uint8Array(NONCE));
    const data = encoder.encode(JSON.stringify(value));
    const sealed = await crypto.subtle.encrypt({ name: ALGORITHM, iv }, key, data);
    const whole = new Uint8Array(NONCE + sealed.byteLength);
    whole.set(iv);
    whole.set(new Uint8Array(sealed), NONCE);
    return whole;
  },
  /** What was sealed; undefined for undefined. */
  async open(whole) {
    if (whole === undefined) return undefined;
    const iv = whole.subarray(0, NONCE);
    const data = await crypto.subtle.decrypt({ name: ALGORITHM, iv }, key, whole.subarray(NONCE));
    return JSON.parse(decoder.decode(data));
  },
});

/** Make the key, or take the one that another tab made in the meantime: there is never a second one. */
async function makeKey(database, crypto) {
  const made = await crypto.subtle.generateKey({ name: ALGORITHM, length: 256 }, false, ["encrypt", "decrypt"]);
  await database.write(["meta"], (tx) => {
    const meta = tx.objectStore("meta");
    meta.get("key").onsuccess = ({ target }) => {
      if (!target.result) meta.put(made, "key");
    };
  });
  return database.get("meta", "key");
}
