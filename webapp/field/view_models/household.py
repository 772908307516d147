"""One household: who lives there, whom to call, the next thing to do. Twin: static/…/household.js."""

from __future__ import annotations

from typing import Any

from webapp.care.dates import local_date
from webapp.care.rhythm_settings import RULES
from webapp.field.view_models.due import WHY
from webapp.field.view_models.frame import head
from webapp.field.view_models.history import history_entries
from webapp.field.view_models.shelf import Book, Shelf, is_active
from webapp.field.view_models.today import person_item
from webapp.field.view_models.words import (
    Row,
    category_words,
    join_words,
    phone_words,
    state_line,
    tag_of,
    who_words,
)
from webapp.forms.engine import Translate

EDITED = {"phone": "已存本机", "server": "已上传"}


def household_view(
    book: Book, household_id: str, facts: list[Row], now: int, t: Translate, saved: str = ""
) -> dict[str, Any] | None:
    """The page of a household, ``saved`` just now on the "phone" or the "server"; None if not in the book."""
    shelf = Shelf(book, local_date(now))
    household = shelf.households.get(household_id)
    if household is None:
        return None
    fields = household["fields"]
    people = sorted(shelf.living.get(household_id, []), key=lambda row: row["fields"].get("birth", ""))
    here, gone = [row for row in people if is_active(row)], [row for row in people if not is_active(row)]
    due = {person["id"]: shelf.dues_of(person) for person in here}
    first = _most_due(here, due)
    why = t(WHY[due[first["id"]][0]["why"]]) if first and due[first["id"]] else ""
    responsible = shelf.responsible(household["area"])
    name = responsible["fields"].get("name", "") if responsible else ""
    calls = _calls(here, responsible, t)
    history = history_entries(shelf, facts, t, named=len(people) > 1)
    sub = join_words([t("负责人 %(name)s", name=name) if name else t("还没有负责人"), why])
    title = join_words([fields.get("door", ""), fields.get("title", "")]).replace(" · ", " ")
    return {
        "head": head(
            title, sub=sub, side=shelf.grid_name(household), back="/field/households", back_text=t("住户")
        ),
        "people": [_person(shelf, person, t) for person in here],
        "gone": [_gone(shelf, person, t) for person in gone],
        "has_gone": bool(gone),
        "nobody_here": not people,
        "calls": calls,
        "has_calls": bool(calls),
        "has_next": first is not None,
        "next": _next(first, t),
        "history": history,
        "no_history": not history,
        "just_saved": saved in EDITED,
        "saved": saved_edit(saved, t),
        "living": fields.get("living", ""),
        "has_living": bool(fields.get("living")),
        "edit_href": f"/field/households/{household_id}/edit",
        "responsible_href": f"/field/households/{household_id}/responsible",
        "register": [_register_link(household_id, category, t) for category in ("child", "woman", "elder")],
    }


def _gone(shelf: Shelf, person: Row, t: Translate) -> dict[str, Any]:
    """Somebody who is not on the ledger any more: why, and since when."""
    return person_item(shelf, person, state_line(person, shelf.today, t), t)


def _register_link(household: str, category: str, t: Translate) -> dict[str, str]:
    href = f"/field/households/{household}/people/new?category={category}"
    return {"href": href, "label": category_words(category, t)}


def saved_edit(saved: str, t: Translate) -> dict[str, str]:
    """The line for an edit saved just now, on the "phone" or the "server"."""
    text = join_words([t(EDITED[saved]), t("资料")]) if saved in EDITED else ""
    return {"text": text, "undo": "", "href": ""}


def call(label: str, phone: str) -> dict[str, str]:
    """A button that calls."""
    return {"label": label, "href": f"tel:{phone}", "number": phone_words(phone)}


def person_calls(fields: dict[str, Any], t: Translate) -> list[dict[str, str]]:
    """Whom to call about a person: themselves, guardian, father, mother."""
    guardian = fields.get("guardian_relation") or t("监护人")
    wanted = (
        (fields.get("name", ""), fields.get("phone")),
        (
            join_words([guardian, fields.get("guardian_name", "")]).replace(" · ", " "),
            fields.get("guardian_phone"),
        ),
        (t("爸爸"), fields.get("father_phone")),
        (t("妈妈"), fields.get("mother_phone")),
    )
    return [call(label, phone) for label, phone in wanted if phone]


def _person(shelf: Shelf, person: Row, t: Translate) -> dict[str, Any]:
    fields, latest = person["fields"], shelf.summary_of(person)["latest"]
    detail = join_words([who_words(person, shelf.today, t), fields.get("health", ""), _away(fields, t)])
    return person_item(shelf, person, detail, t, tag=tag_of(latest, t) if latest else None)


def _away(fields: dict[str, Any], t: Translate) -> str:
    """Who works where: a child's parents (both, or one of them), else the person."""
    place = fields.get("workplace")
    if not place:
        return ""
    if fields.get("category") != "child":
        return t("在%(place)s打工", place=place)
    if fields.get("absence") == "both":
        return t("父母在%(place)s打工", place=place)
    return t("家长在%(place)s打工", place=place)


def _calls(people: list[Row], responsible: Row | None, t: Translate) -> list[dict[str, str]]:
    calls = [each for person in people for each in person_calls(person["fields"], t)]
    phone = responsible["fields"].get("phone") if responsible else None
    if responsible and phone:
        calls.append(call(t("负责人 %(name)s", name=responsible["fields"].get("name", "")), phone))
    seen: dict[str, dict[str, str]] = {}
    for each in calls:
        seen.setdefault(each["href"], each)
    return list(seen.values())


def _most_due(people: list[Row], due: dict[str, list[dict[str, Any]]]) -> Row | None:
    order = RULES["order"]
    ranked = sorted(people, key=lambda row: order.index(due[row["id"]][0]["why"]) if due[row["id"]] else 99)
    return ranked[0] if ranked else None


def _next(person: Row | None, t: Translate) -> dict[str, str]:
    if person is None:
        return {"action": "", "label": "", "detailed": ""}
    name = person["fields"].get("name", "")
    return {
        "action": f"/field/people/{person['id']}/visit/well",
        "label": t("%(name)s一切正常，记一次", name=name),
        "detailed": f"/field/people/{person['id']}/visit/new",
    }
