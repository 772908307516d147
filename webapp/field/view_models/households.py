"""住户: by grid and door number, and found by any name, pinyin, initials, phone or address.

Twin: static/field/view_models/households.js.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from webapp.care.dates import local_date
from webapp.field.view_models.frame import head
from webapp.field.view_models.shelf import Book, Shelf
from webapp.field.view_models.words import Row, join_words, who_words
from webapp.forms.engine import Translate

PHONES = ("phone", "father_phone", "mother_phone", "guardian_phone")
NAMES = ("name", "guardian_name", "father_name", "mother_name")


def households_view(book: Book, query: str, now: int, t: Translate) -> dict[str, Any]:
    """Households by grid; with a query only those where somebody matches."""
    shelf = Shelf(book, local_date(now))
    wanted = squash(query)
    groups = []
    found = 0
    for grid in shelf.grids:
        rows = [row for row in book["households"] if row["area"] == grid["id"]]
        rows.sort(key=lambda row: (row["fields"].get("number", 0), row["fields"].get("door", ""), row["id"]))
        entries = [entry for entry in (_entry(shelf, row, wanted, t) for row in rows) if entry]
        found += len(entries)
        if entries:
            groups.append({"title": grid["fields"].get("name", ""), "entries": entries})
    total = len(book["households"])
    sub = t("找到 %(n)s 户", n=str(found)) if wanted else t("共 %(n)s 户", n=str(total))
    return {
        "head": head(t("住户"), sub=sub),
        "query": query,
        "groups": groups,
        "nothing_found": bool(wanted) and not found,
        "nobody_here": not total,
    }


def squash(query: str) -> str:
    """A query as it is compared: plain digits and letters, lower case, no blanks and no dashes."""
    return re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", query).lower())


def matches_person(fields: dict[str, Any], wanted: str) -> bool:
    """Whether a person is meant: by characters, pinyin, initials, or at least three digits of a phone."""
    if any(wanted in squash(str(fields.get(name, ""))) for name in NAMES):
        return True
    spelled = [squash(one) for one in fields.get("pinyin", [])] + list(fields.get("initials", []))
    if any(one.startswith(wanted) for one in spelled):
        return True
    return len(wanted) >= 3 and wanted.isdecimal() and any(wanted in fields.get(name, "") for name in PHONES)


def matches_place(fields: dict[str, Any], wanted: str) -> bool:
    """Whether a household is meant: by the number of its door (4号, not 14号), its address or its name."""
    number = re.fullmatch(r"([0-9]{1,5})号?", wanted)
    if number:
        return bool(fields.get("number") == int(number[1]))
    return wanted in squash(f"{fields.get('address', '')}{fields.get('title', '')}")


def _entry(shelf: Shelf, household: Row, wanted: str, t: Translate) -> dict[str, Any] | None:
    people = shelf.living.get(household["id"], [])
    fields = household["fields"]
    hits = [person for person in people if matches_person(person["fields"], wanted)] if wanted else people
    if wanted and not hits and not matches_place(fields, wanted):
        return None
    only = hits[0] if wanted and len(hits) == 1 else None
    item = household_item(shelf, household, t, shown=hits or people)
    return item | ({"href": f"/field/people/{only['id']}"} if only else {})


def household_item(
    shelf: Shelf, household: Row, t: Translate, *, shown: list[Row] | None = None
) -> dict[str, Any]:
    """A household in a list, with who lives there (or those of them that are ``shown``)."""
    fields = household["fields"]
    people = shelf.living.get(household["id"], []) if shown is None else shown
    told = [
        " ".join(
            part for part in (person["fields"].get("name", ""), who_words(person, shelf.today, t)) if part
        )
        for person in people
    ]
    return {
        "href": f"/field/households/{household['id']}",
        "face": str(fields.get("number") or fields.get("title", "")[:1]),
        "face_kind": "door",
        "name": join_words([fields.get("door", ""), fields.get("title", "")]),
        "detail": t("、").join(told),
        "tag": {"kind": "", "shape": "", "text": ""},
        "has_tag": False,
        "badge": "",
        "has_badge": False,
    }
