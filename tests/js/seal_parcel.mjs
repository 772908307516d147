// Seals a parcel as the phone does, for the tests of who opens it: {key, device, made_at, contents, gzip} on stdin.

import { readFileSync } from "node:fs";
import { compress } from "../../webapp/static/worker/compress.js";
import { makeParcel } from "../../webapp/static/worker/parcel.js";

const { key, device, made_at: madeAt, contents, gzip } = JSON.parse(readFileSync(0, "utf8"));
const text = await makeParcel({ key, device, madeAt, contents, crypto: globalThis.crypto, compress: gzip ? compress : null });
process.stdout.write(text);
