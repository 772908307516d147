// Answers of the worker: pages with the same headers as the server's, redirects, nothing ever cached.

import policy from "qiaomen:content-policy";
import templates from "qiaomen:templates";
import { makeRenderer } from "./render.js";
import { translatorOf } from "./messages.js";

const HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": policy,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
};
const renderers = {};

/** A rendered page; the partial where htmx asked for one. */
export function pageOf(site, template, context, status = 200) {
  const { language = "zh_Hans", text_size: size = "normal" } = site.identity ?? {};
  renderers[language] ??= makeRenderer(templates, translatorOf(language));
  const html = renderers[language](template, {
    ...context,
    layout: site.partial ? "shared/_partial.html" : "shared/_page.html",
    html_lang: language.replace("_", "-"),
    text_class: size === "large" ? "text-large" : "text-normal",
  });
  return new Response(html, { status, headers: HEADERS });
}

/** A piece of HTML made here, of this build's own words and checked numbers only. */
export const htmlOf = (html) => new Response(html, { headers: HEADERS });

/** A file to keep. */
export const fileOf = (name, text) =>
  new Response(text, {
    headers: {
      ...HEADERS,
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    },
  });

/** Go on to another page after a POST. */
export const goTo = (path) => Response.redirect(new URL(path, self.location.origin).href, 303);
