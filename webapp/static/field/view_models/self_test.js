// 自检: what this browser is asked for, and what each red means. Twin: webapp/field/view_models/self_test.py.

import CHECKS from "../../../field/checks.json" with { type: "json" };
import { head } from "./frame.js";

/** The page: every check with its label, what a red one means and what to do. */
export function selfTestView(t) {
  return {
    head: head(t("自检"), { sub: t("这个浏览器能不能用，一项项查"), back: "/field/me", back_text: t("我") }),
    checks: CHECKS.map(({ key, label, what, action }) => ({ key, label: t(label), what: t(what), action: t(action) })),
  };
}
