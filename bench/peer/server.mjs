// The peer's server: a village in memory behind CouchDB's replication protocol, gzip where it pays, every
// document's JSON made beforehand; and the naive limit, one gzip file of all rows. Loopback only.
// node bench/peer/server.mjs <rows.json>   prints its port.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const WORTH_COMPRESSING = 1024;
const PAGE = '<!doctype html><meta charset="utf-8"><title>peer</title><script src="/page.js"></script>';
const zip = promisify(gzip);

const text = await readFile(process.argv[2], "utf8");
const files = {
  "/": { type: "text/html", data: Buffer.from(PAGE) },
  "/page.js": { type: "text/javascript", data: await bundle() },
  "/rows.json": { type: "application/json", data: gzipSync(text, { level: 9 }), coding: "gzip" },
};
const locals = new Map();
const docs = new Map();
const log = [];
// A worker is a row in every grid under one id: such rows take their grid's beside it.
for (const { id, ...row } of JSON.parse(text)) keep({ _id: docs.has(id) ? `${row.area}:${id}` : id, ...row });

const ROUTES = [
  ["GET", /^\/village\/$/, () => ({ db_name: "village", update_seq: log.length, doc_count: docs.size })],
  ["GET", /^\/village\/(_local\/.+)$/, (local) => locals.get(local) ?? null],
  ["PUT", /^\/village\/(_local\/.+)$/, putLocal],
  ["GET", /^\/village\/_changes$/, changes],
  ["POST", /^\/village\/_bulk_get$/, bulkGet],
  ["POST", /^\/village\/_revs_diff$/, revsDiff],
  ["POST", /^\/village\/_bulk_docs$/, bulkDocs],
];

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://peer");
  const file = files[url.pathname];
  if (file) {
    const headers = { "Content-Type": file.type, "Content-Length": file.data.length, "Cache-Control": "no-store" };
    response.writeHead(200, file.coding ? { ...headers, "Content-Encoding": file.coding } : headers).end(file.data);
    return;
  }
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = parts.length ? JSON.parse(Buffer.concat(parts).toString()) : null;
  const path = decodeURIComponent(url.pathname);
  for (const [method, pattern, answer] of ROUTES) {
    const match = method === request.method && pattern.exec(path);
    if (match) {
      await send(response, answer(match[1], body, url.searchParams));
      return;
    }
  }
  await send(response, null);
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log(server.address().port));

async function send(response, answer) {
  const found = answer !== null;
  const json = typeof answer === "string" ? answer : JSON.stringify(found ? answer : { error: "not_found" });
  const large = json.length > WORTH_COMPRESSING;
  const data = large ? await zip(json, { level: 6 }) : Buffer.from(json);
  const headers = { "Content-Type": "application/json", "Content-Length": data.length };
  response.writeHead(found ? 200 : 404, large ? { ...headers, "Content-Encoding": "gzip" } : headers).end(data);
}

/** Keep a document as the strings that answers are put together from. */
function keep({ _rev: given, _revisions: history, ...doc }) {
  const digest = createHash("md5").update(JSON.stringify(doc)).digest("hex");
  const rev = given ?? `1-${digest}`;
  const revisions = history ?? { start: 1, ids: [digest] };
  const whole = JSON.stringify({ ...doc, _rev: rev, _revisions: revisions });
  docs.set(doc._id, { rev, found: `{"id":"${doc._id}","docs":[{"ok":${whole}}]}` });
  log.push(`{"seq":${log.length + 1},"id":"${doc._id}","changes":[{"rev":"${rev}"}]}`);
}

function putLocal(local, doc) {
  const rev = `0-${Number(doc._rev?.slice(2) ?? 0) + 1}`;
  locals.set(local, { ...doc, _id: local, _rev: rev });
  return { ok: true, id: local, rev };
}

function changes(_match, _body, query) {
  const since = Number(query.get("since") ?? 0);
  const until = Math.min(log.length, since + Number(query.get("limit") ?? log.length));
  return `{"results":[${log.slice(since, until)}],"last_seq":${until},"pending":${log.length - until}}`;
}

function bulkGet(_match, { docs: wanted }) {
  return `{"results":[${wanted.map(({ id }) => docs.get(id).found)}]}`;
}

function revsDiff(_match, asked) {
  const missing = Object.entries(asked).filter(([id, revs]) => !revs.includes(docs.get(id)?.rev));
  return Object.fromEntries(missing.map(([id, revs]) => [id, { missing: revs }]));
}

function bulkDocs(_match, { docs: given }) {
  for (const doc of given) keep(doc);
  return [];
}

async function bundle() {
  const made = await esbuild.build({
    entryPoints: [join(HERE, "page.js")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    define: { global: "globalThis" },
    logLevel: "warning",
  });
  return Buffer.from(made.outputFiles[0].contents);
}
