"""What the desk's pages of pairings show: a grid's people, who is paired with them, and who has nobody."""

from __future__ import annotations

from typing import Any

from webapp.care.dates import is_date
from webapp.care.pairing import third_plan
from webapp.field.rendering import t
from webapp.field.view_models.shelf import Row, Shelf
from webapp.field.view_models.words import category_words, day_words, join_words, role_words, who_words

ROLES = ("结对帮扶人", "党员", "村干部", "志愿者", "班主任", "村医", "中心户长")


def pairings_view(shelf: Shelf) -> dict[str, Any]:
    """A grid's people in the order one walks, its members, what was asked for, and the gaps."""
    people = sorted(shelf.people.values(), key=shelf.walk_key)
    active = [row for row in people if row["fields"].get("state", "active") == "active"]
    entries = [_person(shelf, row) for row in active]
    homes = {row["fields"].get("household", row["id"]) for row in active}
    paired = {row["fields"].get("household", row["id"]) for row in active if shelf.paired_with(row)}
    return {
        "people": entries,
        "members": members_of(shelf),
        "roles": [t(role) for role in ROLES],
        "asked": [_asked(shelf, row) for row in _all(shelf) if is_asked(row)],
        "ended": [_ended(shelf, row) for row in _all(shelf) if is_over(shelf, row)],
        "counts": {
            "homes": len(homes),
            "bare": len(homes - paired),
            "children": sum(entry["should"] == "now" and not entry["paired"] for entry in entries),
            "unknown": sum(entry["should"] == "unknown" for entry in entries),
        },
        "today": shelf.today,
    }


def members_of(shelf: Shelf) -> list[dict[str, Any]]:
    """Who can be paired in this grid, with how many they have now."""
    load: dict[str, int] = {}
    for person in shelf.people.values():
        for row in shelf.paired_with(person):
            load[row["fields"].get("member", "")] = load.get(row["fields"].get("member", ""), 0) + 1
    found = [
        {
            "id": row["id"],
            "name": row["fields"].get("name", ""),
            "role": role_words(row["fields"].get("role", ""), t),
            "load": load.get(row["id"], 0),
        }
        for row in shelf.members.values()
    ]
    return sorted(found, key=lambda each: (each["role"], each["name"]))


def is_asked(row: Row) -> bool:
    """Whether a pairing waits for the desk."""
    return row["fields"].get("state") == "asked" and not row["fields"].get("until")


def is_over(shelf: Shelf, row: Row) -> bool:
    """Whether a pairing has ended."""
    until = row["fields"].get("until", "")
    return bool(until) and until < shelf.today and row["fields"].get("state") not in ("asked", "declined")


def span_words(shelf: Shelf, row: Row) -> str:
    """从9月1日, 到11月30日."""
    begins, until = row["fields"].get("from", ""), row["fields"].get("until", "")
    return join_words(
        [
            t("从%(day)s", day=day_words(begins, shelf.today, t)) if is_date(begins) else "",
            t("到%(day)s", day=day_words(until, shelf.today, t)) if is_date(until) else "",
        ]
    )


def _person(shelf: Shelf, person: Row) -> dict[str, Any]:
    told = third_plan(person["fields"], shelf.today)
    fields = person["fields"]
    until = told["until"] if told["state"] == "now" else ""
    return {
        "id": person["id"],
        "name": fields.get("name", ""),
        "door": shelf.door_of(person),
        "who": join_words([category_words(fields.get("category", ""), t), who_words(person, shelf.today, t)]),
        "paired": [_pairing(shelf, row) for row in shelf.paired_with(person)],
        "should": told["state"],
        "until": day_words(until, shelf.today, t) if until else "",
    }


def _pairing(shelf: Shelf, row: Row) -> dict[str, str]:
    fields = row["fields"]
    return {
        "id": row["id"],
        "name": shelf.member_name(fields.get("member")) or t("不在这个网格的人"),
        "detail": join_words([fields.get("role", ""), span_words(shelf, row)]),
    }


def _asked(shelf: Shelf, row: Row) -> dict[str, str]:
    person = shelf.people.get(row["fields"].get("person", ""))
    return _pairing(shelf, row) | {"person": person["fields"].get("name", "") if person else ""}


def _ended(shelf: Shelf, row: Row) -> dict[str, str]:
    return _asked(shelf, row) | {"why": row["fields"].get("why", "")}


def _all(shelf: Shelf) -> list[Row]:
    rows = [row for found in shelf.pairings.values() for row in found]
    return sorted(rows, key=lambda row: (row["fields"].get("until", ""), row["id"]), reverse=True)
