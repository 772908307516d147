// Pages of the phone: from the store to a view-model to a template. One function a page.
// `site` is one request's surroundings: {store, identity, connection, now, t, query, params}.

import { loadForm } from "../forms/engine.js";
import { factView } from "../field/view_models/fact.js";
import { formView } from "../field/view_models/form.js";
import { frame, head } from "../field/view_models/frame.js";
import { householdView } from "../field/view_models/household.js";
import { householdsView } from "../field/view_models/households.js";
import { meView } from "../field/view_models/me.js";
import { outboxView } from "../field/view_models/outbox.js";
import { selfTestView } from "../field/view_models/self_test.js";
import { personView } from "../field/view_models/person.js";
import { todayView } from "../field/view_models/today.js";
import { localDate, localTime } from "../care/dates.js";
import { fileOf, pageOf } from "./answers.js";
import { compress } from "./compress.js";
import { makeParcel, parcelName } from "./parcel.js";

export async function showToday(site) {
  const me = { id: site.identity.account, role: site.identity.role };
  return page(site, "field/today.html", "today", todayView(await site.store.book(), me, site.now, site.t));
}

export async function showHouseholds(site) {
  const query = (site.query.get("q") ?? "").slice(0, 80);
  const view = householdsView(await site.store.book(), query, site.now, site.t);
  return page(site, "field/households.html", "households", view);
}

export async function showHousehold(site) {
  const book = await site.store.book();
  const people = book.people.filter((row) => row.fields.household === site.params.id);
  const facts = (await Promise.all(people.map((row) => site.store.factsOf(row.id)))).flat();
  const view = householdView(book, site.params.id, facts, site.now, site.t, site.query.get("saved") ?? "");
  return page(site, "field/household.html", "households", view);
}

export async function showPerson(site) {
  const [book, facts] = await Promise.all([site.store.book(), site.store.factsOf(site.params.id)]);
  site.later(site.store.tidy(site.params.id));
  const saved = site.query.get("saved") ?? "";
  const view = personView(book, site.params.id, facts, saved, site.now, site.t, { me: site.identity.account });
  return page(site, "field/person.html", "households", view);
}

export async function showForm(site) {
  const { id, kind } = site.params;
  if (!loadForm(kind)) return notFound(site);
  const draft = await site.store.draft(kind, id);
  const body = { ...(draft ?? { occurred_at: site.now }), ...namedIn(loadForm(kind), site.query) };
  return formPage(site, kind, id, body, [], { draft_kept: draft !== null });
}

/** What the address names for a form's references: the need that a service is for. */
function namedIn(form, query) {
  const names = form.fields.filter((field) => field.type === "ref" && query.has(field.key)).map(({ key }) => key);
  return Object.fromEntries(names.map((key) => [key, query.get(key)]));
}

export async function showAmendment(site) {
  const row = await site.store.fact(site.params.id, site.params.fact);
  if (!row || !loadForm(row.kind)) return notFound(site);
  const body = { ...row.fields, occurred_at: row.occurred_at };
  return formPage(site, row.kind, row.person, body, [], { amends: row });
}

/** A form, with what is filled in and what is wrong with it. */
export async function formPage(site, kind, person, body, errors, options) {
  const drafts = !options.amends;
  const book = await site.store.book();
  const view = formView(book, kind, person, body, errors, site.now, site.t, { ...options, drafts });
  return page(site, "field/form.html", "households", view, errors.length ? 422 : 200);
}

export async function showFact(site) {
  const row = await site.store.fact(site.params.id, site.params.fact);
  if (!row) return notFound(site);
  const view = factView(await site.store.book(), row, site.identity.account, site.now, site.t);
  return page(site, "field/fact.html", "households", view);
}

export async function showOutbox(site) {
  const [book, entries] = await Promise.all([site.store.book(), site.store.outbox()]);
  const connection = { ...site.connection, unsent: await site.store.hasUnsent() };
  const view = outboxView(book, entries, connection, site.now, site.t);
  return page(site, "field/outbox.html", "outbox", view);
}

/** 导出到文件: what was not sent, sealed so that only the server opens it. */
export async function giveParcel(site) {
  const { device, token, file_key: key } = site.identity;
  if (!key) return messagePage(site, "还不能导出", "这部手机要先联一次网，拿到加密用的钥匙。", 409, ["/field/outbox", "去看待传"]);
  const contents = { token, ...(await site.store.unsent()) };
  const text = await makeParcel({ key, device, madeAt: site.now, contents, crypto, compress });
  return fileOf(parcelName(localDate(site.now), localTime(site.now)), text);
}

export async function showMe(site) {
  const { identity } = site;
  const me = { id: identity.account, name: identity.name, role: identity.role };
  const settings = {
    language: identity.language ?? "zh_Hans",
    text_size: identity.text_size ?? "normal",
    ...(await storageOf()),
    asked: site.query.get("persist") ?? "",
  };
  const view = meView(await site.store.book(), me, settings, site.connection, site.now, site.t);
  return page(site, "field/me.html", "me", view);
}

export const showSelfTest = (site) => page(site, "field/self_test.html", "me", selfTestView(site.t));

export const showStrip = (site) => page(site, "shared/strip.html", "", {});

/** A page that only says something and leads on. */
export function messagePage(site, message, advice, status, go = ["/field/today", "回到今天"]) {
  const { t } = site;
  const view = { head: head(t("敲门")), message: t(message), advice: t(advice), go_href: go[0], go_text: t(go[1]) };
  return page(site, "shared/message.html", "today", view, status);
}

export const notFound = (site) =>
  messagePage(site, "这里没有这一页", "可能已经搬走，或不在你的网格。", 404);

/** A page in its frame; not found where there is no view. */
export function page(site, template, active, view, status = 200) {
  if (view === null) return notFound(site);
  const context = { ...view, frame: frame(active, site.connection, site.now, site.t) };
  return pageOf(site, template, context, status);
}

async function storageOf() {
  const [estimate, persisted] = await Promise.all([
    navigator.storage?.estimate?.() ?? {},
    navigator.storage?.persisted?.() ?? false,
  ]);
  const used = estimate.usage ? `${(estimate.usage / 1024 / 1024).toFixed(1)} MB` : "";
  return { storage: used, persisted };
}
