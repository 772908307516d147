// The browser's build: one worker, three page scripts, compiled templates, icons, catalogues → static/dist.
// Everything a phone downloads to work offline is counted against its budget, and the build fails above it.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import * as esbuild from "esbuild";
import gettext from "gettext-parser";
import { compileTemplates } from "./tools/templates.mjs";
import { drawIcons } from "./tools/icons.mjs";

const STATIC = dirname(fileURLToPath(import.meta.url));
const WEBAPP = dirname(STATIC);
const DIST = join(STATIC, "dist");
const BUDGET = 120 * 1024;
const PRECACHED = ["css/base.css", "css/field.css", "icons/icons.svg", "icons/app.svg", "dist/page.js"];

async function main() {
  await rm(DIST, { recursive: true, force: true });
  await mkdir(DIST, { recursive: true });
  const english = await buildCatalogues();
  await writeFile(join(DIST, "messages.en.json"), JSON.stringify(english));
  const templates = await compileTemplates(join(WEBAPP, "templates"));
  await drawIcons(DIST);
  for (const name of ["page", "desk", "sheet", "card"]) await bundle(`page/${name}.js`, `${name}.js`, {});
  const policy = await readPolicy();
  const build = await buildId([templates, policy, JSON.stringify(english)]);
  const worker = {
    "qiaomen:templates": templates,
    "qiaomen:messages.en": "export default {}",
    "qiaomen:content-policy": `export default ${JSON.stringify(policy)}`,
    "qiaomen:build": `export default ${JSON.stringify(build)}`,
    "qiaomen:assets": `export default ${JSON.stringify(PRECACHED.map((path) => `/static/${path}`))}`,
  };
  await bundle("worker/events.js", "sw.js", worker);
  const spoken = await wordsOf(join(DIST, "sw.js"), english);
  await bundle("worker/events.js", "sw.js", { ...worker, "qiaomen:messages.en": `export default ${JSON.stringify(spoken)}` });
  await report(build);
}

/** Of the English messages those that a bundle without any speaks: a phone has no use for the desk's. */
async function wordsOf(path, english) {
  const code = await readFile(path, "utf8");
  const spoken = (msgid) => code.includes(msgid) || code.includes(JSON.stringify(msgid).slice(1, -1));
  return Object.fromEntries(Object.entries(english).filter(([msgid]) => spoken(msgid)));
}

/** Bundle one entry; `virtual` maps module names to source. */
async function bundle(entry, name, virtual) {
  await esbuild.build({
    entryPoints: [join(STATIC, entry)],
    outfile: join(DIST, name),
    bundle: true,
    minify: true,
    format: "iife",
    charset: "utf8",
    target: ["chrome87", "firefox91", "safari14.1"],
    legalComments: "none",
    logLevel: "warning",
    define: { global: "globalThis" },
    plugins: [virtualModules(virtual), withoutSources],
  });
}

const virtualModules = (sources) => ({
  name: "virtual",
  setup(build) {
    build.onResolve({ filter: /^qiaomen:/ }, ({ path }) => ({ path, namespace: "virtual" }));
    build.onLoad({ filter: /.*/, namespace: "virtual" }, ({ path }) => ({ contents: sources[path], loader: "js" }));
  },
});

/** The rules of care as a phone needs them: where each comes from is for docs/care.md and the desk. */
const withoutSources = {
  name: "without-sources",
  setup(build) {
    build.onLoad({ filter: /[\\/]care[\\/][a-z_]+\.json$/ }, async ({ path }) => {
      const said = (key, value) => (["source", "sources", "about"].includes(key) ? undefined : value);
      return { contents: JSON.stringify(JSON.parse(await readFile(path, "utf8")), said), loader: "json" };
    });
  },
};

/** Compile every catalogue for the server (.mo); return English for the worker. */
async function buildCatalogues() {
  const folder = join(WEBAPP, "translations");
  let english = {};
  for (const file of await listFiles(folder, ".po")) {
    const parsed = gettext.po.parse(await readFile(file));
    await writeFile(file.replace(/\.po$/, ".mo"), gettext.mo.compile(parsed));
    const messages = Object.values(parsed.translations[""] ?? {}).filter((each) => each.msgid && each.msgstr[0]);
    if (relative(folder, file).startsWith("en")) {
      english = Object.fromEntries(messages.map((each) => [each.msgid, each.msgstr[0]]));
    }
  }
  return english;
}

/** The server's content policy, so that the worker's pages carry the same. */
async function readPolicy() {
  const source = await readFile(join(WEBAPP, "security.py"), "utf8");
  const [, body] = /CONTENT_POLICY = \(([^)]*(?:\)[^)]*)*?)\n\)/.exec(source);
  return [...body.matchAll(/"([^"]*)"/g)].map((match) => match[1]).join("");
}

/** A name for this build: a digest of all that it is made of. */
async function buildId(parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  const sources = [...(await listFiles(STATIC, ".js")), ...(await listFiles(STATIC, ".css"))];
  const data = [...(await listFiles(join(WEBAPP, "forms"), ".json")), ...(await listFiles(join(WEBAPP, "care"), ".json"))];
  for (const file of [...sources, ...data].sort()) hash.update(await readFile(file));
  return hash.digest("hex").slice(0, 12);
}

async function report(build) {
  const files = [...PRECACHED.map((path) => join(STATIC, path)), join(DIST, "sw.js"), join(DIST, "icon-192.png")];
  const sizes = {};
  let total = 0;
  for (const file of files) {
    const data = await readFile(file);
    const bytes = file.endsWith(".png") ? data.length : brotliCompressSync(data).length;
    sizes[relative(STATIC, file)] = bytes;
    total += bytes;
  }
  const assets = PRECACHED.map((path) => `/static/${path}`);
  await writeFile(join(DIST, "build.json"), `${JSON.stringify({ build, assets, sizes, total, budget: BUDGET }, null, 1)}\n`);
  console.log(`build ${build}: ${(total / 1024).toFixed(1)} kB of ${BUDGET / 1024} kB, compressed`);
  if (total > BUDGET) throw new Error("over the budget of what a phone downloads");
}

async function listFiles(folder, ending) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !path.startsWith(DIST))
    .sort();
}

await main();
