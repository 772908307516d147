// 义诊、讲座、普查 on the phone: who came, one tap each, offline. Twin of webapp/field/sessions.py.

import { localDate } from "../care/dates.js";
import { cameAt, sessionsView, sessionView } from "../field/view_models/sessions.js";
import { newChange, newFact } from "./actions.js";
import { goTo } from "./answers.js";
import { notFound, page } from "./pages.js";

const STANDING = new Set(["pending", "approved", "returned"]);

export async function showSessions(site) {
  return page(site, "field/sessions.html", "today", sessionsView(await site.store.book(), site.now, site.t));
}

export async function showSession(site) {
  const book = await site.store.book();
  const came = Object.fromEntries((await cameTo(site, book)).map((fact) => [fact.person, fact.id]));
  return page(site, "field/session.html", "today", sessionView(book, site.params.id, came, site.now, site.t));
}

/** Somebody came, or did not after all. */
export async function tick(site) {
  const book = await site.store.book();
  const { id, person } = site.params;
  const session = book.sessions.find((row) => row.id === id);
  const who = book.people.find((row) => row.id === person);
  const at = session ? cameAt(session, site.now) : null;
  if (!who || at === null) return notFound(site);
  const noted = (await cameTo(site, book)).find((fact) => fact.person === person);
  const change = noted
    ? { ...newChange(site, noted, "void"), record: noted.id, body: { reason: "点错了" }, person }
    : newFact(site, who, "attendance", { session: id }, at);
  await site.store.save(change);
  site.exchangeSoon("save");
  return goTo(`/field/sessions/${id}#p-${person}`);
}

/** The facts that stand of who came: only of those whose last attendance was on its day are facts opened. */
async function cameTo(site, book) {
  const session = book.sessions.find((row) => row.id === site.params.id);
  if (!session) return [];
  const maybe = book.people.filter(({ id, area }) => {
    const last = book.summaries[id]?.last.attendance;
    return area === session.area && last && localDate(last.at) === session.fields.date;
  });
  const facts = (await Promise.all(maybe.map(({ id }) => site.store.factsOf(id)))).flat();
  return facts.filter(
    ({ kind, state, fields }) => kind === "attendance" && STANDING.has(state) && fields.session === session.id,
  );
}
