"""A household or a person registered in the field: the form, what was typed, and who is likely there already.

Whoever registers is asked at once about likely twins within what the phone holds: "it is the same" leads
to that one, "it is another" goes on, for exactly those that were seen. Twin:
static/field/view_models/register.js.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.care.dates import local_date
from webapp.care.twins import same_household, same_person
from webapp.field.view_models.edit import profile_name
from webapp.field.view_models.frame import head
from webapp.field.view_models.households import household_item
from webapp.field.view_models.shelf import Book, Row, Shelf
from webapp.field.view_models.today import person_item
from webapp.field.view_models.words import category_words, join_words, who_words
from webapp.forms.engine import Translate, load_profile
from webapp.forms.profile import (
    asked_fields,
    check_required,
    check_typed,
    door_number,
    draw_fields,
    read_typed,
)

CATEGORIES = ("child", "woman", "elder")
Filled = dict[str, Any]


def register_household_view(book: Book, filled: Filled, now: int, t: Translate) -> dict[str, Any]:
    """The form of a new household; ``filled`` is what was sent (``read_household``), or empty."""
    shelf = Shelf(book, local_date(now))
    twins = [shelf.households[each] for each in filled.get("twins", ())]
    fields = _place_fields(shelf) + asked_fields(load_profile("household"), "")
    view = _view("/field/households/new", "", fields, filled, t)
    return view | {
        "head": head(t("登记新的一户"), back="/field/households", back_text=t("住户")),
        "twins": [household_item(shelf, row, t) for row in twins],
        "twins_title": t("这里好像已经有这一户"),
        "same_hint": t("就是这一户，就点开它，不用再登记。"),
        "another_label": t("不是，另登记一户"),
    }


def register_person_view(
    book: Book, household: str, category: str, filled: Filled, now: int, t: Translate
) -> dict[str, Any] | None:
    """The form of a new person of a household; None where that, or the category, is not known."""
    shelf = Shelf(book, local_date(now))
    home = shelf.households.get(household)
    if home is None or category not in CATEGORIES:
        return None
    path, twins = f"/field/households/{household}", [shelf.people[each] for each in filled.get("twins", ())]
    fields = asked_fields(load_profile("person"), category)
    view = _view(f"{path}/people/new", category, fields, filled, t)
    title = t("登记%(who)s", who=category_words(category, t))
    return view | {
        "head": head(title, sub=profile_name(home), back=path, back_text=profile_name(home)),
        "twins": [_person_twin(shelf, row, t) for row in twins],
        "twins_title": t("这里好像已经有这个人"),
        "same_hint": t("就是这个人，就点开他，不用再登记。"),
        "another_label": t("不是，另登记一个人"),
    }


def read_household(book: Book, data: Mapping[str, list[str]], now: int, t: Translate) -> Filled:
    """What was sent of a new household: ``{"typed", "errors", "twins", "area", "body"}``."""
    shelf = Shelf(book, local_date(now))
    form, places = load_profile("household"), _place_fields(shelf)
    fields = asked_fields(form, "")
    typed = read_typed(places + fields, data)
    area = typed.get("area") or (shelf.grids[0]["id"] if len(shelf.grids) == 1 else None)
    form = form | {"fields": places + fields}
    errors = check_required(places + fields, typed, t) or check_typed(form, typed, typed, t, shelf.today)
    body = {name: value for name, value in typed.items() if value is not None and name != "area"}
    number = door_number(body.get("door"))
    body |= {"number": number} if number is not None else {}
    if area is None and not errors:
        errors = [
            {"key": "door", "code": "no_grid", "message": t("这部手机上还没有网格。请连上网等一会儿再登记。")}
        ]
    if errors:
        return {"typed": typed, "errors": errors, "twins": [], "area": area, "body": body}
    body.setdefault("address", shelf.grid_of[area]["fields"].get("name", "") + body["door"])
    rivals = [
        row for row in book["households"] if row["area"] == area and same_household(row["fields"], body)
    ]
    return {"typed": typed, "errors": [], "twins": _unseen(rivals, data), "area": area, "body": body}


def read_person(
    book: Book, household: str, category: str, data: Mapping[str, list[str]], now: int, t: Translate
) -> Filled:
    """What was sent of a new person of a household in the book: as ``read_household``."""
    shelf, form = Shelf(book, local_date(now)), load_profile("person")
    home = shelf.households[household]
    fields = asked_fields(form, category)
    typed = read_typed(fields, data)
    errors = check_required(fields, typed, t) or check_typed(form, typed, typed, t, shelf.today)
    body = {name: value for name, value in typed.items() if value is not None}
    body |= {"category": category, "household": household}
    rivals = [
        row
        for row in book["people"]
        if same_person(row["fields"], body, _same_home(shelf.household_of(row), home))
    ]
    twins = [] if errors else _unseen(sorted(rivals, key=shelf.walk_key), data)
    return {"typed": typed, "errors": errors, "twins": twins, "area": home["area"], "body": body}


def _same_home(one: Row | None, other: Row) -> bool:
    if one is None or one["area"] != other["area"]:
        return False
    return one["id"] == other["id"] or same_household(one["fields"], other["fields"])


def _unseen(rivals: list[Row], data: Mapping[str, list[str]]) -> list[str]:
    """The likely twins, unless somebody saw just these and said that it is another."""
    ids = [row["id"] for row in rivals]
    return [] if data.get("another") == [",".join(ids)] else ids


def _view(
    action: str, category: str, fields: list[dict[str, Any]], filled: Filled, t: Translate
) -> dict[str, Any]:
    errors, twins = filled.get("errors", []), filled.get("twins", [])
    return {
        "action": action,
        "category": category,
        "fields": draw_fields(fields, filled.get("typed", {}), {}, errors, t, folded=True),
        "errors": [{"href": f"#f-{error['key']}", "message": error["message"]} for error in errors],
        "has_errors": bool(errors),
        "has_twins": bool(twins),
        "another": ",".join(twins),
    }


def _place_fields(shelf: Shelf) -> list[dict[str, Any]]:
    """Which grid, where there are several."""
    if len(shelf.grids) < 2:
        return []
    choices = [{"value": row["id"], "label": row["fields"].get("name", "")} for row in shelf.grids]
    return [{"key": "area", "type": "one", "label": "网格", "choices": choices, "required": True}]


def _person_twin(shelf: Shelf, row: Row, t: Translate) -> dict[str, Any]:
    place = f"{shelf.grid_name(row)} {shelf.door_of(row)}".strip()
    detail = join_words([who_words(row, shelf.today, t), row["fields"].get("birth", ""), place])
    return person_item(shelf, row, detail, t)
