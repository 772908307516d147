"""帮扶计划 of a person: what it is after, its steps, a step done. Twin: static/field/view_models/plan.js."""

from __future__ import annotations

from typing import Any

from webapp.care.dates import is_date, local_date
from webapp.field.view_models.frame import head
from webapp.field.view_models.shelf import Book, Row
from webapp.field.view_models.words import day_words, join_words
from webapp.forms.engine import Translate, load_profile

TOLD = ("study", "situation", "aims", "effect")


def plan_view(book: Book, person_id: str, saved: str, now: int, t: Translate) -> dict[str, Any] | None:
    """The page of a person's plans, the latest first; None where the person is not in the book."""
    person = next((row for row in book["people"] if row["id"] == person_id), None)
    if person is None:
        return None
    name, today = person["fields"].get("name", ""), local_date(now)
    plans = [row for row in book.get("plans", []) if row["fields"].get("person") == person_id]
    plans.sort(key=lambda row: row["id"], reverse=True)
    back = f"/field/people/{person_id}"
    return {
        "head": head(t("帮扶计划"), sub=name, back=back, back_text=name),
        "just_saved": saved in ("phone", "server"),
        "saved": t("已存本机") if saved == "phone" else t("已上传"),
        "plans": [_plan(book, plan, today, t) for plan in plans],
        "nothing": not plans,
    }


def has_plan(book: Book, person_id: str) -> bool:
    """Whether there is a plan for a person that is not done."""
    plans = (row["fields"] for row in book.get("plans", []) if row["fields"].get("person") == person_id)
    return any(fields.get("state") != "done" for fields in plans)


def finish_step(step: Row, effect: str, today: str) -> dict[str, Any]:
    """``{"body", "base"}`` of the change by which a step was done today, with its effect if one is said."""
    body = {"done_on": today} | ({"effect": effect} if effect else {})
    return {"body": body, "base": {key: step["fields"].get(key) for key in body}}


def _plan(book: Book, plan: Row, today: str, t: Translate) -> dict[str, Any]:
    fields = plan["fields"]
    labels = {field["key"]: t(field["label"]) for field in load_profile("care_plan")["fields"]}
    steps = [row for row in book.get("plan_steps", []) if row["fields"].get("plan") == plan["id"]]
    steps.sort(key=lambda row: (row["fields"].get("due", "9999"), row["id"]))
    days = [day_words(fields[key], today, t) for key in ("from", "until") if is_date(fields.get(key, ""))]
    return {
        "id": plan["id"],
        "title": join_words([" – ".join(days), t("做完了") if fields.get("state") == "done" else ""]),
        "lines": [{"label": labels[key], "text": fields[key]} for key in TOLD if fields.get(key)],
        "steps": [_step(step, today, t) for step in steps],
        "no_steps": not steps,
    }


def _step(step: Row, today: str, t: Translate) -> dict[str, Any]:
    fields = step["fields"]
    due, done_on = fields.get("due", ""), fields.get("done_on", "")
    done = is_date(done_on)
    late = is_date(due) and not done and due < today
    when = t("%(day)s做完", day=day_words(done_on, today, t)) if done else ""
    if not done and is_date(due):
        when = t("%(day)s前", day=day_words(due, today, t))
    return {
        "id": step["id"],
        "what": fields.get("what", ""),
        "who": fields.get("who", ""),
        "when": when,
        "detail": join_words([fields.get("who", ""), when]),
        "is_done": done,
        "is_late": late,
        "effect": fields.get("effect", ""),
        "action": f"/field/people/{fields.get('person', '')}/plan/{step['id']}",
    }
