"""结对 on the phone: who is paired with whom, ending what is one's own, asking. Twin: static/…/paired.js."""

from __future__ import annotations

from typing import Any

from webapp.care.dates import is_date, local_date
from webapp.care.pairing import third_plan
from webapp.field.view_models.due import WHY, seen_words
from webapp.field.view_models.frame import head
from webapp.field.view_models.shelf import Book, Shelf
from webapp.field.view_models.today import person_item
from webapp.field.view_models.words import Row, day_words, join_words, phone_words, role_words
from webapp.forms.engine import Translate, plain

LONGEST = 200


def paired_lines(shelf: Shelf, person: Row, me: str, t: Translate) -> dict[str, Any]:
    """Who is paired with a person, and what ``me`` may do about it."""
    found = shelf.paired_with(person)
    asked = any(
        row["fields"].get("state") == "asked"
        and row["fields"].get("member") == me
        and not row["fields"].get("until")
        for row in shelf.pairings.get(person["id"], [])
    )
    mine = shelf.is_paired_with(person, me)
    due = not found and third_plan(person["fields"], shelf.today)["state"] == "now"
    return {
        "paired": [_line(shelf, person, row, me, t) for row in found],
        "nobody_paired": not found,
        "should_pair": due,
        "asked": asked,
        "can_ask": bool(me) and not mine and not asked,
        "ask_action": f"/field/people/{person['id']}/pairings",
    }


def my_people(shelf: Shelf, me: str, t: Translate) -> list[dict[str, Any]]:
    """Those ``me`` is paired with, in the order one walks."""
    people = [person for person in shelf.people.values() if shelf.is_paired_with(person, me)]
    return [_mine(shelf, person, t) for person in sorted(people, key=shelf.walk_key)]


def pairing_view(
    book: Book, ids: tuple[str, str], me: str, filled: dict[str, Any], now: int, t: Translate
) -> dict[str, Any] | None:
    """The page on which ``me`` ends a pairing, ``ids`` of person and pairing; None where it is not theirs."""
    shelf = Shelf(book, local_date(now))
    person, row = own_pairing(shelf, ids, me)
    if person is None or row is None:
        return None
    name = person["fields"].get("name", "")
    errors = filled.get("errors", [])
    return {
        "head": head(
            t("结束和%(name)s的结对", name=name), back=f"/field/people/{person['id']}", back_text=name
        ),
        "action": f"/field/people/{person['id']}/pairings/{row['id']}/end",
        "until": filled.get("until", shelf.today),
        "why": filled.get("why", ""),
        "error": errors[0]["message"] if errors else "",
        "has_error": bool(errors),
    }


def own_pairing(shelf: Shelf, ids: tuple[str, str], me: str) -> tuple[Row | None, Row | None]:
    """The person and ``me``'s pairing with them that holds today; None where there is none."""
    person = shelf.people.get(ids[0])
    found = shelf.paired_with(person) if person else []
    row = next((row for row in found if row["id"] == ids[1] and row["fields"].get("member") == me), None)
    return person, row


def read_end(row: Row, data: dict[str, list[str]], t: Translate) -> dict[str, Any]:
    """``{"until", "why", "errors"}`` of what was typed on that page."""
    until = plain(data.get("until", [""])[0])
    why = plain(data.get("why", [""])[0])[:LONGEST]
    message = ""
    if not is_date(until):
        message = t("写哪一天结束")
    elif until < row["fields"].get("from", ""):
        message = t("结束的日子比开始还早")
    errors = [{"key": "until", "code": "wrong_date", "message": message}] if message else []
    return {"until": until, "why": why, "errors": errors}


def _line(shelf: Shelf, person: Row, row: Row, me: str, t: Translate) -> dict[str, Any]:
    fields = row["fields"]
    member = shelf.members.get(fields.get("member", ""))
    about = member["fields"] if member else {}
    phone, begins = about.get("phone", ""), fields.get("from", "")
    since = t("从%(day)s", day=day_words(begins, shelf.today, t)) if is_date(begins) else ""
    mine = fields.get("member") == me
    return {
        "name": about.get("name", "") or t("不在这个网格的人"),
        "detail": join_words([fields.get("role") or role_words(about.get("role", ""), t), since]),
        "href": f"tel:{phone}",
        "number": phone_words(phone),
        "can_call": bool(phone) and not mine,
        "mine": mine,
        "end_href": f"/field/people/{person['id']}/pairings/{row['id']}/end",
    }


def _mine(shelf: Shelf, person: Row, t: Translate) -> dict[str, Any]:
    found = shelf.dues_of(person)
    why = t(WHY[found[0]["why"]]) if found else ""
    detail = join_words([shelf.door_of(person), seen_words(shelf, person, t), why])
    return person_item(shelf, person, detail, t)
