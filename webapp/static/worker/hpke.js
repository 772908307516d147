// Sealing to a public key so that only its owner opens it: HPKE (RFC 9180), base mode, one message, with
// DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM, all of it by WebCrypto. The server opens with its library.

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const KEM = Uint8Array.of(0, 0x10);
const SUITE = Uint8Array.of(...KEM, 0, 0x01, 0, 0x02);
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const NOTHING = new Uint8Array();
const bytesOf = (text) => new TextEncoder().encode(text);

/** enc ‖ ciphertext of `data` (bytes) for the owner of `publicKey` (an uncompressed point), bound to `info` (bytes). */
export async function sealTo(publicKey, data, info, { subtle }) {
  const derive = derivation(subtle);
  const receiver = await subtle.importKey("raw", publicKey, CURVE, false, []);
  const ephemeral = await subtle.generateKey(CURVE, false, ["deriveBits"]);
  const enc = new Uint8Array(await subtle.exportKey("raw", ephemeral.publicKey));
  const shared = await subtle.deriveBits({ name: "ECDH", public: receiver }, ephemeral.privateKey, 256);
  const kem = join(bytesOf("KEM"), KEM);
  const extracted = await derive.extract(kem, NOTHING, "eae_prk", new Uint8Array(shared));
  const secret = await derive.expand(kem, extracted, "shared_secret", join(enc, publicKey), KEY_BYTES);
  const { key, nonce } = await schedule(derive, secret, info);
  const cipher = await subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  return join(enc, new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv: nonce }, cipher, data)));
}

/** The key schedule of base mode (0): no pre-shared key, so its parts are empty. */
async function schedule({ extract, expand }, shared, info) {
  const suite = join(bytesOf("HPKE"), SUITE);
  const [none, about] = await Promise.all([
    extract(suite, NOTHING, "psk_id_hash", NOTHING),
    extract(suite, NOTHING, "info_hash", info),
  ]);
  const context = join(Uint8Array.of(0), none, about);
  const secret = await extract(suite, shared, "secret", NOTHING);
  const [key, nonce] = await Promise.all([
    expand(suite, secret, "key", context, KEY_BYTES),
    expand(suite, secret, "base_nonce", context, NONCE_BYTES),
  ]);
  return { key, nonce };
}

/** LabeledExtract and LabeledExpand of RFC 9180, section 4; what is expanded here fits into one block. */
function derivation(subtle) {
  async function hmac(key, data) {
    const usable = key.length ? key : new Uint8Array(32); // an empty key is one of zeros, which WebCrypto wants written
    const imported = await subtle.importKey("raw", usable, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return new Uint8Array(await subtle.sign("HMAC", imported, data));
  }
  const labelled = (suite, label, ...rest) => join(bytesOf("HPKE-v1"), suite, bytesOf(label), ...rest);
  return {
    extract: (suite, salt, label, data) => hmac(salt, labelled(suite, label, data)),
    expand: async (suite, secret, label, info, length) => {
      const whole = join(Uint8Array.of(0, length), labelled(suite, label, info), Uint8Array.of(1));
      return (await hmac(secret, whole)).slice(0, length);
    },
  };
}

/** Pieces of bytes, one after another. */
export function join(...pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let place = 0;
  for (const piece of pieces) {
    whole.set(piece, place);
    place += piece.length;
  }
  return whole;
}
