// What a POST does on the phone: read the form, check it, save the change, go on. Nothing waits for a network.

import { localDate } from "../care/dates.js";
import { checkForm, loadForm, readForm } from "../forms/engine.js";
import { uuid7 } from "../sync/ids.js";
import { goTo, htmlOf } from "./answers.js";
import { formPage, messagePage, notFound, showOutbox } from "./pages.js";

/** A form filled in: saved, or shown again with what is wrong. */
export async function recordFact(site) {
  const { id, kind } = site.params;
  return loadForm(kind) ? takeForm(site, kind, id, null) : notFound(site);
}

/** 一切正常, in one tap. */
export const recordWell = (site) => saveFact(site, "visit", site.params.id, { how: "well" }, site.now, null);

/** A corrected form: a new fact that amends the old one. */
export async function amendFact(site) {
  const row = await site.store.fact(site.params.id, site.params.fact);
  return row && loadForm(row.kind) ? takeForm(site, row.kind, row.person, row) : notFound(site);
}

/** Take one's own log back. */
export async function voidFact(site) {
  const row = await site.store.fact(site.params.id, site.params.fact);
  if (!row) return notFound(site);
  const change = { ...newChange(site, row, "void"), record: row.id, body: { reason: "本人收回" } };
  await site.store.save({ ...change, person: row.person });
  site.exchangeSoon("save");
  return goTo(`/field/people/${row.person}`);
}

/** Keep a draft while somebody types. */
export async function keepDraft(site) {
  const { kind, person } = site.params;
  if (!loadForm(kind)) return notFound(site);
  const form = loadForm(kind);
  const body = readForm(form, await fieldsOf(site.request));
  await site.store.keepDraft(kind, person, body);
  const computed = form.fields
    .filter((field) => field.type === "computed")
    .map(({ key }) => `<span id="f-${key}-value" hx-swap-oob="innerHTML">${body[key] ?? ""}</span>`);
  return htmlOf(site.t("刚刚自动存稿") + computed.join(""));
}

/** Exchange now, and show the outbox as it is after. */
export async function exchangeNow(site) {
  await site.exchange("manual");
  return showOutbox(await site.again());
}

/** 知道了: what became of an entry has been read. */
export async function dismiss(site) {
  await site.store.dismiss(site.params.id);
  return goTo("/field/outbox");
}

/** Language, size of text, signing out. */
export async function changeSettings(site) {
  const form = await fieldsOf(site.request);
  if (form.sign_out) return signOut(site);
  const parts = {};
  if (["zh_Hans", "en"].includes(form.language?.[0])) parts.language = form.language[0];
  if (["normal", "large"].includes(form.text_size?.[0])) parts.text_size = form.text_size[0];
  await site.store.setIdentity(parts);
  return goTo("/field/me");
}

async function signOut(site) {
  if (site.connection.waiting) {
    return messagePage(site, "还有没上传的记录", "先连上网，在“待传”里传完，再退出。", 409, ["/field/outbox", "去看待传"]);
  }
  await site.store.wipe();
  await fetch("/auth/sign-out", { method: "POST", redirect: "manual" }).catch(() => undefined);
  return goTo("/auth/sign-in");
}

async function takeForm(site, kind, person, amends) {
  const form = loadForm(kind);
  const { occurred_at: typed, ...rest } = readForm(form, await fieldsOf(site.request));
  const body = typed === undefined ? rest : { ...rest, occurred_at: typed };
  const errors = checkForm(form, body, site.t, localDate(site.now));
  if (errors.length) {
    if (!amends) await site.store.keepDraft(kind, person, body);
    return formPage(site, kind, person, body, errors, { amends });
  }
  return saveFact(site, kind, person, rest, typed ?? site.now, amends);
}

async function saveFact(site, kind, personId, body, occurredAt, amends) {
  const book = await site.store.book();
  const person = book.people.find((row) => row.id === personId);
  if (!person) return notFound(site);
  const change = newFact(site, person, kind, body, occurredAt, amends ? "amend" : "record");
  if (amends) change.amends = amends.id;
  await site.store.save(change, { draft: amends ? undefined : [kind, personId] });
  site.exchangeSoon("save");
  return goTo(`/field/people/${personId}?saved=${change.id}`);
}

/** The change of a new fact about a person's row. */
export function newFact(site, person, kind, body, occurredAt, op = "record") {
  const made = newChange(site, { area: person.area, kind }, op);
  return {
    ...made,
    record: made.id,
    form: `${kind}/${loadForm(kind).version}`,
    person: person.id,
    household: person.fields.household,
    occurred_at: occurredAt,
    body,
  };
}

/** What every change begins with. */
export function newChange(site, { area, kind }, op) {
  return { id: newId(site), area, kind, op };
}

/** An id ends with the phone's own eight digits (its device's): alike in all of them, they cost nothing to send. */
export function newId({ now, random, identity }) {
  const node = identity.device.slice(-8).match(/../g).map((pair) => Number.parseInt(pair, 16));
  return uuid7(now, [...random(6), ...node]);
}

/** A form's fields, each a list of texts. */
export async function fieldsOf(request) {
  const fields = {};
  for (const [name, value] of new URLSearchParams(await request.text())) (fields[name] ??= []).push(value);
  return fields;
}

/** What to say on a phone that was wiped because the server said so; `waiting` changes stay, sealed. */
export function wipedPage(site, waiting) {
  const advice = waiting
    ? "没上传的记录还封在手机里。请用原来的账号登录，会接着上传。"
    : "记下的都已经在服务器上，没有丢。要再用，请重新登录；有疑问请找督导员。";
  const go = ["/auth/sign-in?next=/field/welcome", "重新登录"];
  return messagePage(site, "这部手机里的资料已按要求清除", advice, 200, go);
}

/** What to say where saving itself failed: nothing was stored, and it says so. */
export function notSaved(site, error) {
  console.error(error);
  const full = error?.name === "QuotaExceededError";
  const message = full ? "手机空间满了，没有存下" : "没有存下";
  const advice = full ? "请删掉一些照片或软件，再按返回键回到刚才那页，重新点“存下”。" : "请按返回键回到刚才那页，再点一次“存下”。";
  return messagePage(site, message, advice, 507);
}

