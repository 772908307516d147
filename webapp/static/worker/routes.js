// The phone's addresses, most specific first. The server's twin is webapp/field/routes.py.

import * as actions from "./actions.js";
import * as edits from "./edits.js";
import * as grid from "./grid.js";
import * as needs from "./needs.js";
import * as plans from "./plans.js";
import * as sessions from "./sessions.js";
import * as pages from "./pages.js";
import * as pairings from "./pairings.js";
import * as register from "./register.js";

export const ROUTES = [
  ["GET", "/field/today", pages.showToday],
  ["GET", "/field/strip", pages.showStrip],
  ["GET", "/field/outbox", pages.showOutbox],
  ["GET", "/field/outbox/file", pages.giveParcel],
  ["POST", "/field/outbox/:id/dismiss", actions.dismiss],
  ["POST", "/field/exchange", actions.exchangeNow],
  ["GET", "/field/self-test", pages.showSelfTest],
  ["GET", "/field/me", pages.showMe],
  ["POST", "/field/me", actions.changeSettings],
  ["GET", "/field/households", pages.showHouseholds],
  ["GET", "/field/households/new", register.showNewHousehold],
  ["POST", "/field/households/new", register.registerHousehold],
  ["GET", "/field/households/:id/people/new", register.showNewPerson],
  ["POST", "/field/households/:id/people/new", register.registerPerson],
  ["GET", "/field/households/:id", pages.showHousehold],
  ["GET", "/field/households/:id/responsible", grid.showResponsible],
  ["GET", "/field/stations/:area", grid.showStation],
  ["GET", "/field/households/:id/edit", edits.showHouseholdEdit],
  ["POST", "/field/households/:id/edit", edits.editHousehold],
  ["POST", "/field/households/:id/conflicts/:name", edits.settleHousehold],
  ["GET", "/field/people/:id/edit", edits.showPersonEdit],
  ["POST", "/field/people/:id/edit", edits.editPerson],
  ["GET", "/field/people/:id/state", edits.showState],
  ["POST", "/field/people/:id/state", edits.changeState],
  ["POST", "/field/people/:id/conflicts/:name", edits.settlePerson],
  ["POST", "/field/people/:id/visit/well", actions.recordWell],
  ["GET", "/field/needs", needs.showNeeds],
  ["GET", "/field/sessions", sessions.showSessions],
  ["GET", "/field/sessions/:id", sessions.showSession],
  ["POST", "/field/sessions/:id/people/:person", sessions.tick],
  ["GET", "/field/needs/:id", needs.showNeed],
  ["POST", "/field/needs/:id/conflicts/:name", edits.settleNeed],
  ["GET", "/field/needs/:id/:step", needs.showStep],
  ["POST", "/field/needs/:id/:step", needs.stepOn],
  ["POST", "/field/people/:id/pairings", pairings.askPairing],
  ["GET", "/field/people/:id/pairings/:pairing/end", pairings.showPairingEnd],
  ["POST", "/field/people/:id/pairings/:pairing/end", pairings.endPairing],
  ["GET", "/field/people/:id/plan", plans.showPlan],
  ["POST", "/field/people/:id/plan/:step", plans.finish],
  ["GET", "/field/people/:id/needs/new", needs.showRaising],
  ["POST", "/field/people/:id/needs/new", needs.raiseIt],
  ["GET", "/field/people/:id/:kind/new", pages.showForm],
  ["POST", "/field/people/:id/:kind/new", actions.recordFact],
  ["GET", "/field/people/:id", pages.showPerson],
  ["GET", "/field/people/:id/facts/:fact/amend", pages.showAmendment],
  ["POST", "/field/people/:id/facts/:fact/amend", actions.amendFact],
  ["POST", "/field/people/:id/facts/:fact/void", actions.voidFact],
  ["GET", "/field/people/:id/facts/:fact", pages.showFact],
  ["POST", "/field/drafts/:kind/:person", actions.keepDraft],
];

/** {action, params} for a request, or null; the server always answers /field/welcome. */
export function findRoute(method, path) {
  const parts = path.split("/");
  for (const [wanted, pattern, action] of ROUTES) {
    const params = wanted === method ? match(pattern.split("/"), parts) : null;
    if (params) return { action, params };
  }
  return null;
}

function match(pattern, parts) {
  if (pattern.length !== parts.length) return null;
  const params = {};
  for (const [place, piece] of pattern.entries()) {
    if (piece.startsWith(":")) params[piece.slice(1)] = decodeURIComponent(parts[place]);
    else if (piece !== parts[place]) return null;
  }
  return params;
}
