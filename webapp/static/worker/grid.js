// Who is responsible for a household, and the station: read only. The server's twin is webapp/field/grid.py.

import { responsibleView } from "../field/view_models/responsible.js";
import { stationView } from "../field/view_models/station.js";
import { page } from "./pages.js";

export async function showResponsible(site) {
  const view = responsibleView(await site.store.book(), site.params.id, site.now, site.t);
  return page(site, "field/responsible.html", "households", view);
}

export async function showStation(site) {
  const view = stationView(await site.store.book(), site.params.area, site.now, site.t);
  return page(site, "field/station.html", "households", view);
}
