// A person's help plan on the phone: shown, and a step done, offline. Twin of webapp/field/plans.py.

import { localDate } from "../care/dates.js";
import { finishStep, planView } from "../field/view_models/plan.js";
import { plain } from "../forms/engine.js";
import { fieldsOf, newChange } from "./actions.js";
import { goTo } from "./answers.js";
import { notFound, page } from "./pages.js";

const LONGEST = 500;

export async function showPlan(site) {
  const view = planView(await site.store.book(), site.params.id, site.query.get("saved") ?? "", site.now, site.t);
  return page(site, "field/plan.html", "households", view);
}

/** 这一步做完了. */
export async function finish(site) {
  const { id: person, step: id } = site.params;
  const step = (await site.store.book()).plan_steps.find((row) => row.id === id && row.fields.person === person);
  if (!step) return notFound(site);
  const effect = [...plain((await fieldsOf(site.request)).effect?.[0] ?? "")].slice(0, LONGEST).join("");
  const made = finishStep(step, effect, localDate(site.now));
  await site.store.save({ ...newChange(site, step, "set"), record: id, ...made, person });
  site.exchangeSoon("save");
  return goTo(`/field/people/${person}/plan?saved=phone`);
}
