// 结对 on the phone, offline too: ending one's own, asking for one. The server's twin is webapp/field/pairings.py.

import { localDate } from "../care/dates.js";
import { ownPairing, pairedLines, pairingView, readEnd } from "../field/view_models/paired.js";
import { Shelf } from "../field/view_models/shelf.js";
import { fieldsOf, newChange } from "./actions.js";
import { goTo } from "./answers.js";
import { notFound, page } from "./pages.js";

export const showPairingEnd = (site) => showEnd(site, {});

/** End it on a day, with a reason if there is one. */
export async function endPairing(site) {
  const [, row] = ownPairing(await shelfOf(site), [site.params.id, site.params.pairing], site.identity.account);
  if (!row) return notFound(site);
  const { until, why, errors } = readEnd(row, await fieldsOf(site.request), site.t);
  if (errors.length) return showEnd(site, { until, why, errors });
  const body = why ? { until, why } : { until };
  const seen = Object.keys(body).filter((key) => row.fields[key] !== undefined);
  const base = Object.fromEntries(seen.map((key) => [key, row.fields[key]]));
  return save(site, row, row.id, { body, base });
}

/** Ask to be paired with somebody; a supervisor decides. */
export async function askPairing(site) {
  const shelf = await shelfOf(site);
  const person = shelf.people.get(site.params.id);
  if (!person) return notFound(site);
  const me = site.identity.account;
  if (!pairedLines(shelf, person, me, site.t).can_ask) return goTo(`/field/people/${person.id}#paired`);
  const body = { person: person.id, member: me, from: shelf.today, state: "asked" };
  return save(site, { kind: "pairing", area: person.area }, null, { body, base: {} });
}

async function showEnd(site, filled) {
  const ids = [site.params.id, site.params.pairing];
  const view = pairingView(await site.store.book(), ids, site.identity.account, filled, site.now, site.t);
  return page(site, "field/paired.html", "households", view, filled.errors ? 422 : 200);
}

const shelfOf = async (site) => new Shelf(await site.store.book(), localDate(site.now));

async function save(site, row, record, edit) {
  const made = newChange(site, row, "set");
  await site.store.save({ ...made, record: record ?? made.id, person: site.params.id, ...edit });
  site.exchangeSoon("save");
  return goTo(`/field/people/${site.params.id}?saved=phone`);
}
