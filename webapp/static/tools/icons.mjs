// The app icon as PNG, drawn from the same few shapes as static/icons/app.svg (no rasteriser needed).

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateSync } from "node:zlib";

const GREEN = [10, 74, 62];
const LEAF = [14, 102, 85];
const PAPER = [247, 244, 236];
const SAMPLES = 4;

/** Write icon-192.png and icon-512.png. */
export async function drawIcons(folder) {
  for (const size of [192, 512]) await writeFile(join(folder, `icon-${size}.png`), encode(draw(size), size));
}

/** The colour at a point of the 512 × 512 drawing: door, frame, knocker, step. */
function colourAt(x, y) {
  const ring = Math.hypot(x - 256, y - 248);
  if ((ring > 31 && ring < 49) || Math.hypot(x - 256, y - 208) < 14) return PAPER;
  if (x >= 176 && x < 336 && y >= 158 && y < 420) return LEAF;
  if (inRounded(x, y) || (y > 411 && y < 429 && x > 110 && x < 402)) return PAPER;
  return GREEN;
}

function inRounded(x, y) {
  if (x < 150 || x > 362 || y < 126 || y > 420) return false;
  const corner = Math.hypot(Math.min(0, x - 174, 338 - x), Math.min(0, y - 150));
  return y > 150 || (x > 174 && x < 338) || corner < 24;
}

function draw(size) {
  const pixels = Buffer.alloc(size * (size * 3 + 1));
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const at = row * (size * 3 + 1) + 1 + column * 3;
      const mean = sample(column, row, size);
      for (let part = 0; part < 3; part += 1) pixels[at + part] = mean[part];
    }
  }
  return pixels;
}

function sample(column, row, size) {
  const sum = [0, 0, 0];
  for (let place = 0; place < SAMPLES * SAMPLES; place += 1) {
    const x = ((column + ((place % SAMPLES) + 0.5) / SAMPLES) * 512) / size;
    const y = ((row + (Math.floor(place / SAMPLES) + 0.5) / SAMPLES) * 512) / size;
    colourAt(x, y).forEach((value, part) => {
      sum[part] += value;
    });
  }
  return sum.map((value) => Math.round(value / SAMPLES ** 2));
}

function encode(pixels, size) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(pixels, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "ascii"), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

/** CRC-32 as PNG wants it (ISO 3309); zlib's own came to Node only with 20.15. */
function crc32(data) {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
