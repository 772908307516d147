// Renders templates as the phone does, for the parity test: JSON cases on stdin, JSON list of HTML on stdout.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { makeTranslator } from "../../webapp/static/i18n.js";
import { compileTemplates } from "../../webapp/static/tools/templates.mjs";
import { makeRenderer } from "../../webapp/static/worker/render.js";

const { messages, cases } = JSON.parse(readFileSync(0, "utf8"));
const source = await compileTemplates(fileURLToPath(new URL("../../webapp/templates", import.meta.url)));
const { default: compiled } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
const render = makeRenderer(compiled, makeTranslator(messages));
process.stdout.write(JSON.stringify(cases.map(({ template, context }) => render(template, context))));
