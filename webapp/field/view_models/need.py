"""A need: raised, shown with what is next, and its steps as forms. Twin: static/field/view_models/need.js.

What a form of it makes (``raise_need``, ``take_step``) is a ``set`` with the base that was seen.
"""

from __future__ import annotations

from typing import Any

from webapp.care.dates import is_date, local_date
from webapp.care.needs import STEPS, is_open, late_days, next_steps
from webapp.field.view_models.frame import head
from webapp.field.view_models.household import person_calls
from webapp.field.view_models.need_items import need_field, need_label, need_tag, whose_need
from webapp.field.view_models.shelf import Book, Shelf
from webapp.field.view_models.words import Row, day_words, join_words, moment_words
from webapp.forms.engine import Form, Translate, form_fields, load_profile, value_text

TOLD = ("category", "due", "source", "opened_at", "taker", "department", "answer", "result", "reason")


def need_view(book: Book, need_id: str, me: str, saved: str, now: int, t: Translate) -> dict[str, Any] | None:
    """The page of a need for the account ``me``; None where it is not in the book."""
    shelf = Shelf(book, local_date(now))
    need = shelf.needs.get(need_id)
    if need is None:
        return None
    fields, person = need["fields"], shelf.people.get(need["fields"].get("person", ""))
    step = _first_step(fields, me)
    calls = person_calls(person["fields"], t) if person else []
    late = late_days(fields, shelf.today)
    return {
        "head": head(
            t("需求"),
            sub=join_words([whose_need(shelf, need), need_label("state", fields.get("state", ""), t)]),
            side=shelf.grid_name(need),
            back=_home(need),
            back_text=whose_need(shelf, need),
        ),
        "just_saved": saved in ("phone", "server"),
        "saved": t("已存本机") if saved == "phone" else t("已上传"),
        "what": fields.get("what", ""),
        "tag": need_tag(fields, t),
        "is_late": late > 0,
        "late": t("过了 %(n)s 天", n=str(late)) if late else "",
        "is_urgent": is_open(fields) and fields.get("urgency") == "urgent",
        "lines": need_lines(shelf, need, t),
        "take_at_once": step == "taken",
        "next_label": t(STEPS[step]["act"]),
        "next_href": f"/field/needs/{need_id}/{step}",
        "others": [
            {"label": t(STEPS[each]["act"]), "href": f"/field/needs/{need_id}/{each}"}
            for each in next_steps(fields.get("state", ""))
            if each not in (step, "taken")
        ],
        "can_serve": person is not None and is_open(fields),
        "serve_href": f"/field/people/{fields.get('person', '')}/service/new?need={need_id}",
        "calls": calls,
        "has_calls": bool(calls),
    }


def raise_form(
    book: Book, person_id: str, filled: dict[str, Any], errors: list[dict[str, str]], now: int, t: Translate
) -> dict[str, Any] | None:
    """The form by which a person's need is raised, for field/form.html; None where nobody is there."""
    person = Shelf(book, local_date(now)).people.get(person_id)
    if person is None:
        return None
    name, path = person["fields"].get("name", ""), f"/field/people/{person_id}"
    view = _form(raising(), filled, errors, t)
    return view | {
        "head": head(t("需要什么 · %(who)s", who=name), back=path, back_text=name),
        "action": f"{path}/needs/new" + (f"?fact={filled['fact']}" if filled.get("fact") else ""),
        "submit": t("提出需求"),
    }


def step_form(
    book: Book,
    need_id: str,
    step: str,
    filled: dict[str, Any],
    errors: list[dict[str, str]],
    now: int,
    t: Translate,
) -> dict[str, Any] | None:
    """The form of a step of a need; None where there is no such need, or the step cannot follow."""
    need = Shelf(book, local_date(now)).needs.get(need_id)
    if need is None or step not in next_steps(need["fields"].get("state", "")):
        return None
    act, path = t(STEPS[step]["act"]), f"/field/needs/{need_id}"
    return _form(asking(step), filled, errors, t) | {
        "head": head(act, sub=need["fields"].get("what", ""), back=path, back_text=t("需求")),
        "action": f"{path}/{step}",
        "submit": act,
    }


def raising() -> Form:
    """The form of what is asked when a need is raised."""
    return {"fields": [field for field in load_profile("need")["fields"] if field.get("raise")]}


def asking(step: str) -> Form:
    """The form of what a step asks."""
    fields = {field["key"]: field for field in load_profile("need")["fields"]}
    must = STEPS[step]["must"]
    return {"fields": [fields[key] | {"required": key in must} for key in STEPS[step]["ask"]]}


def raise_need(person: Row, typed: dict[str, Any], source: str, now: int) -> dict[str, Any]:
    """``{"body", "base"}`` of the change that raises a need of a person's row."""
    body = {"person": person["id"], "household": person["fields"].get("household")}
    made = body | typed | {"source": source, "state": "open", "opened_at": now}
    return {"body": {key: value for key, value in made.items() if value is not None}, "base": {}}


def take_step(need: Row, step: str, typed: dict[str, Any], me: str) -> dict[str, Any]:
    """``{"body", "base"}`` of the change by which ``me`` takes a step, with all that it must say."""
    body = typed | {"state": step} | ({"taker": me} if step == "taken" else {})
    return {"body": body, "base": {key: need["fields"].get(key) for key in body}}


def need_lines(shelf: Shelf, need: Row, t: Translate) -> list[dict[str, str]]:
    """What is told of a need, in words."""
    told = []
    for key in TOLD:
        value = need["fields"].get(key)
        if value is not None and value != "":
            told.append({"label": t(need_field(key)["label"]), "text": value_words(shelf, key, value, t)})
    return told


def value_words(shelf: Shelf, key: str, value: Any, t: Translate) -> str:
    """A value of a need's field in words."""
    if key == "taker":
        return shelf.member_name(value) or t("别人")
    if key == "opened_at":
        return moment_words(value, shelf.today, t) if isinstance(value, int) else ""
    if key == "due":
        return day_words(value, shelf.today, t) if is_date(value) else str(value)
    return value_text(need_field(key), value, t)


def _form(form: Form, filled: dict[str, Any], errors: list[dict[str, str]], t: Translate) -> dict[str, Any]:
    return {
        "kind": "need",
        "fields": form_fields(form, filled, errors, t),
        "errors": [{"href": f"#f-{error['key']}", "message": error["message"]} for error in errors],
        "has_errors": bool(errors),
        "has_reason": False,
        "reason": "",
        "reviewer": "",
        "drafts": False,
        "draft_action": "",
        "draft_kept": False,
        "is_counselling": False,
    }


def _first_step(fields: dict[str, Any], me: str) -> str:
    """The one next thing to do: nobody has it, or I have it, or it was closed."""
    if not is_open(fields):
        return "reopened"
    if fields.get("state") == "handed":
        return "answered"
    return "closed" if fields.get("taker") == me or fields.get("state") == "answered" else "taken"


def _home(need: Row) -> str:
    fields = need["fields"]
    if fields.get("person"):
        return f"/field/people/{fields['person']}"
    return f"/field/households/{fields['household']}" if fields.get("household") else "/field/needs"
