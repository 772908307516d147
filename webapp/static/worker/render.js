// Templates on the phone: the same files as Flask's, compiled at build time, printed by nunjucks-slim.

import nunjucks from "nunjucks/browser/nunjucks-slim.js";

/** render(template, context) over compiled templates (name → compiled), with `t` as `_`. */
export function makeRenderer(compiled, t) {
  const environment = new nunjucks.Environment(new nunjucks.PrecompiledLoader(compiled), {
    autoescape: true,
    throwOnUndefined: false,
  });
  environment.addGlobal("_", t);
  return (template, context) => environment.render(template, context);
}
