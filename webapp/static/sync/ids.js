// Record ids: UUID version 7 (RFC 9562), made where the thing is made. Pure. Twin: sync/ids.py.

/** The UUIDv7 of the instant `now` (ms) and 10 random bytes. */
export function uuid7(now, random) {
  if (random.length !== 10) throw new Error("uuid7 needs 10 random bytes");
  const time = now.toString(16).padStart(12, "0").slice(-12);
  const bytes = [...random];
  bytes[0] = (bytes[0] & 0x0f) | 0x70;
  bytes[2] = (bytes[2] & 0x3f) | 0x80;
  const hex = time + bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Whether `value` is a UUID in its usual 36 characters, lower case. */
export const isId = (value) =>
  typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
