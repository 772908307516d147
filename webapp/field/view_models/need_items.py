"""Needs in lists, late and urgent ones first. Twin: static/field/view_models/need_items.js."""

from __future__ import annotations

from typing import Any

from webapp.care.dates import is_date
from webapp.care.needs import is_open, late_days, need_order
from webapp.field.view_models.shelf import Shelf
from webapp.field.view_models.words import SHAPES, Row, day_words, join_words
from webapp.forms.engine import Field, Translate, load_profile, value_text

RANKS = {"urgent": "urgent", "soon": "watch", "normal": "well"}


def need_items(shelf: Shelf, needs: list[Row], t: Translate, *, named: bool = True) -> list[dict[str, Any]]:
    """Needs as a list draws them, late and urgent ones first; ``named`` says whose each is."""
    return [
        _item(shelf, need, t, named)
        for need in sorted(needs, key=lambda row: [*need_order(row["fields"], shelf.today), row["id"]])
    ]


def open_needs(shelf: Shelf, person: str) -> list[Row]:
    """The needs of a person that are not met yet."""
    theirs = (need for need in shelf.needs.values() if need["fields"].get("person") == person)
    return [need for need in theirs if is_open(need["fields"])]


def need_tag(fields: dict[str, Any], t: Translate) -> dict[str, str]:
    """How urgent an open need is, or that it was met, as shape and word."""
    if not is_open(fields):
        return {"kind": "well", "shape": SHAPES["well"], "text": need_label("state", "closed", t)}
    urgency = fields.get("urgency", "")
    kind = RANKS.get(urgency, "well")
    return {"kind": kind, "shape": SHAPES[kind], "text": need_label("urgency", urgency, t)}


def whose_need(shelf: Shelf, need: Row) -> str:
    """Whose need it is: the person's name, else their door."""
    person = shelf.people.get(need["fields"].get("person", ""))
    household = shelf.households.get(need["fields"].get("household", ""))
    if person is not None:
        return str(person["fields"].get("name", ""))
    return str(household["fields"].get("title") or household["fields"].get("door", "")) if household else ""


def need_label(key: str, value: str, t: Translate) -> str:
    """A choice of a need's field in words; "" for none."""
    return value_text(need_field(key), value, t) if value else ""


def need_field(key: str) -> Field:
    """The definition of a need's field."""
    found: Field = next(field for field in load_profile("need")["fields"] if field["key"] == key)
    return found


def _item(shelf: Shelf, need: Row, t: Translate, named: bool) -> dict[str, Any]:
    fields, person = need["fields"], shelf.people.get(need["fields"].get("person", ""))
    late, due = late_days(fields, shelf.today), fields.get("due", "")
    when = t("过了 %(n)s 天", n=str(late)) if late else ""
    if not late and is_open(fields) and is_date(due):
        when = t("%(day)s前", day=day_words(due, shelf.today, t))
    taker = shelf.member_name(fields.get("taker")) if fields.get("state") == "taken" else ""
    handed = fields.get("state") == "handed"
    department = need_label("department", fields.get("department", ""), t) if handed else ""
    step = need_label("state", fields.get("state", ""), t)
    whose = whose_need(shelf, need) if named else ""
    return {
        "href": f"/field/needs/{need['id']}",
        "face": whose[:1] or need_tag(fields, t)["shape"],
        "face_kind": person["fields"].get("category", "plain") if person and named else "plain",
        "name": fields.get("what", ""),
        "detail": join_words([whose, step, taker, department, when]),
        "tag": need_tag(fields, t),
        "has_tag": is_open(fields) and fields.get("urgency") != "normal",
        "badge": "",
        "has_badge": False,
    }
