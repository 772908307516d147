"""Who is responsible for a household, from its own pairings up the tree. Twin: static/…/responsible.js.

The fourth plan: “事事有人办理、户户有人服务”, “三级格长抓落实”. A line is somebody with a number to call, or
without one; a level is a place of the tree with the people who serve there today.
"""

from __future__ import annotations

from typing import Any

from webapp.care.dates import local_date
from webapp.care.posts import HEADS, is_serving, role_order
from webapp.field.view_models.frame import head
from webapp.field.view_models.household import call
from webapp.field.view_models.shelf import Book, Shelf
from webapp.field.view_models.words import Row, join_words, role_words
from webapp.forms.engine import Translate

OWN = {"police": "联络民警", "responsible": "负责人"}  # roles that no account has
HIGHEST = 8  # levels, so that a tree that goes round comes to an end


def responsible_view(book: Book, household_id: str, now: int, t: Translate) -> dict[str, Any] | None:
    """The page of a household's people responsible; None where it is not in the book."""
    shelf = Shelf(book, local_date(now))
    household = shelf.households.get(household_id)
    if household is None:
        return None
    fields = household["fields"]
    title = join_words([fields.get("door", ""), fields.get("title", "")]).replace(" · ", " ")
    levels = [_level(shelf, book, place, t) for place in line_of(book, household["area"])]
    near = _pair_lines(shelf, household_id, t) + _office_lines(shelf, household["area"], t)
    return {
        "head": head(
            t("谁负责"),
            sub=title,
            side=shelf.grid_name(household),
            back=f"/field/households/{household_id}",
            back_text=title,
        ),
        "near": near,
        "has_near": bool(near),
        "levels": levels,
        "no_head": not any(level["headed"] for level in levels[:1]),
    }


def line_of(book: Book, area: str) -> list[dict[str, str]]:
    """A grid and the places above it, as far as they are known: ``{"id", "level", "name"}``."""
    grids = {row["id"]: row for row in book["grids"]}
    above = {row["id"]: row for row in book.get("above", [])}
    line: list[dict[str, str]] = []
    row = grids.get(area)
    while row is not None and len(line) < HIGHEST:
        fields = row["fields"]
        level = "grid" if row["kind"] == "grid" else fields.get("level", "")
        line.append({"id": row["id"], "level": level, "name": fields.get("name", "")})
        row = above.get(fields.get("parent", ""))
    return line


def _level(shelf: Shelf, book: Book, place: dict[str, str], t: Translate) -> dict[str, Any]:
    """A place with who serves there, heads first, and its station."""
    people = _serving(shelf, book, place, t)
    stations = [row for row in book.get("stations", []) if row["area"] == place["id"]]
    return {
        "title": place["name"],
        "calls": [call(each["label"], each["phone"]) for each in people if each["phone"]],
        "others": [each["label"] for each in people if not each["phone"]],
        "nobody": not people,
        "headed": any(each["heads"] for each in people),
        "has_station": bool(stations),
        "station": {
            "href": f"/field/stations/{place['id']}",
            "name": stations[0]["fields"].get("name", "") if stations else "",
        },
    }


def _serving(shelf: Shelf, book: Book, place: dict[str, str], t: Translate) -> list[dict[str, Any]]:
    """Each person once, with all they do here: by posts, by accounts, and as the grid names them."""
    held = [row["fields"] for row in book.get("posts", []) if row["area"] == place["id"]]
    held += [row["fields"] for row in book["members"] if row["area"] == place["id"]]
    held = [each for each in held if is_serving(each, shelf.today) and each.get("role") != "operator"]
    named = shelf.named_responsible(place["id"])
    if named is not None:
        held.append(named["fields"] | {"role": "responsible"})
    held.sort(key=lambda each: role_order(each.get("role", "")))
    found: dict[str, dict[str, Any]] = {}
    for each in held:
        role = each.get("role", "")
        known = found.setdefault(
            f"{each.get('name', '')} {each.get('phone', '')}",
            {"name": each.get("name", ""), "phone": each.get("phone", ""), "roles": [], "heads": False},
        )
        words = _role(role, place["level"], t)
        if words not in known["roles"] and not (role == "responsible" and known["heads"]):
            known["roles"].append(words)
        known["heads"] = known["heads"] or role in ("grid_head", "responsible")
    return [
        each | {"label": f"{t('、').join(each['roles'])} {each['name']}".strip()} for each in found.values()
    ]


def _role(role: str, level: str, t: Translate) -> str:
    if role == "grid_head":
        return t(HEADS.get(level, "格长"))
    return t(OWN[role]) if role in OWN else role_words(role, t)


def _pair_lines(shelf: Shelf, household: str, t: Translate) -> list[dict[str, str]]:
    """Who is paired with the people here, each once."""
    lines: dict[str, dict[str, str]] = {}
    for person in sorted(shelf.living.get(household, []), key=_birth):
        for pairing in shelf.paired_with(person):
            member = shelf.members.get(pairing["fields"].get("member", ""))
            if member is not None and member["fields"].get("phone"):
                name = member["fields"].get("name", "")
                lines.setdefault(
                    member["id"], call(t("结对人 %(name)s", name=name), member["fields"]["phone"])
                )
    return list(lines.values())


def _office_lines(shelf: Shelf, area: str, t: Translate) -> list[dict[str, str]]:
    """The clinic and the police station that the grid's own data names."""
    grid = shelf.grid_of.get(area)
    fields = grid["fields"] if grid else {}
    wanted = (("clinic", "卫生室"), ("police", "派出所"))
    return [
        call(fields.get(f"{key}_name") or t(name), fields[f"{key}_phone"])
        for key, name in wanted
        if fields.get(f"{key}_phone")
    ]


def _birth(row: Row) -> str:
    return str(row["fields"].get("birth", ""))
