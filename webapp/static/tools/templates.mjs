// Templates compiled for nunjucks-slim: templates/shared and templates/field as one module.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import nunjucks from "nunjucks";

/** The folders that both engines render. */
export const SHARED = ["shared", "field"];

/** Source of a module whose default export maps template names to compiled templates. */
export async function compileTemplates(folder) {
  const environment = new nunjucks.Environment(null, { autoescape: true, trimBlocks: true, lstripBlocks: true });
  const compiled = [];
  for (const part of SHARED) {
    for (const file of (await readdir(join(folder, part))).filter((name) => name.endsWith(".html")).sort()) {
      const name = `${part}/${file}`;
      const source = await readFile(join(folder, name), "utf8");
      const wrapper = ([template]) => `${JSON.stringify(name)}: (() => {\n${template.template}\n})()`;
      compiled.push(nunjucks.precompileString(source, { name, env: environment, wrapper }));
    }
  }
  return `export default {\n${compiled.join(",\n")}\n};`;
}
