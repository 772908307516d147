// A digest of rows, so that a phone and the server can tell whether they hold the same. Pure.
// 64 bits, the exclusive or over all rows of two 32-bit hashes in the manner of FNV-1a of "<id>:<seq>": the order
// of rows does not matter. It finds loss, not malice. Tombstones are no rows.
// Twin: sync/digest.py; vectors: tests/vectors/digest.json.

const [START_A, TIMES_A] = [0x811c9dc5, 0x01000193];
const [START_B, TIMES_B] = [0x1b873593, 0x85ebca6b];
const MIX = 0x2c1b3c6d;

/** {count, digest} of rows with an id and a seq; the digest is 16 hexadecimal digits. */
export function digestRows(rows) {
  let [a, b] = [0, 0];
  for (const { id, seq } of rows) {
    const text = `${id}:${seq}`;
    a ^= hash(text, START_A, TIMES_A);
    b ^= hash(text, START_B, TIMES_B);
  }
  return { count: rows.length, digest: hex(a) + hex(b) };
}

function hash(text, start, times) {
  let value = start;
  for (let place = 0; place < text.length; place += 1) value = Math.imul(value ^ text.charCodeAt(place), times);
  value = Math.imul(value ^ (value >>> 15), MIX); // else rows that trade numbers could cancel out
  return value ^ (value >>> 13);
}

const hex = (number) => (number >>> 0).toString(16).padStart(8, "0");
