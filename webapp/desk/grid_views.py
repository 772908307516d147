"""What the desk's grid page shows of an area: who does what there, its station, what lies below, gaps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from sync.database import Store
from sync.rows import rows_of
from sync.scope import Caller
from sync.tallies import read_totals
from sync.tree import LEVELS, read_below
from webapp.care.hours import hours_words
from webapp.care.posts import HEADS, is_serving, role_order
from webapp.field.rendering import t
from webapp.field.view_models.station import FOR
from webapp.field.view_models.words import Row, phone_words, role_words
from webapp.forms.engine import load_profile
from webapp.ledger.areas import may_keep
from webapp.ledger.grid import Tree, find_headless, headed_areas, households_unserved, path_names

MOST_GAPS = 50
LEVEL_WORDS = {"county": "县", "township": "乡镇", "village": "村", "grid": "网格"}


def area_view(
    tx: Connection, store: Store, caller: Caller, tree: Tree, *, area_id: str, today: str
) -> dict[str, Any]:
    """All that the page of one area says."""
    row = tree[area_id]
    rows = rows_of(tx, store.catalogue, [area_id], kinds=["post", "member", "station", "room"])
    posts = sorted(
        (_post(each, row.level, today) for each in rows if each["kind"] == "post"), key=_post_order
    )
    members = [each["fields"] for each in rows if each["kind"] == "member"]
    stations = [each for each in rows if each["kind"] == "station"]
    return {
        "area": {"id": area_id, "name": row.name, "level": t(LEVEL_WORDS.get(row.level, row.level))},
        "crumbs": _crumbs(caller, tree, area_id),
        "serving": [each for each in posts if each["serving"]],
        "former": [each for each in posts if not each["serving"]],
        "members": [
            {"name": each.get("name", ""), "role": role_words(each.get("role", ""), t)}
            | {"phone": phone_words(each.get("phone", ""))}
            for each in members
            if is_serving(each, today)
        ],
        "is_grid": row.level == "grid",
        "station": {"id": stations[0]["id"], "fields": stations[0]["fields"]} if stations else None,
        "rooms": [_room(each) for each in rows if each["kind"] == "room"],
        "children": _children(tx, store, tree, area_id, today),
        "gaps": _gaps(tx, store, tree, area_id, today),
        "may_keep": may_keep(caller, area_id),
        "levels": _levels_below(row.level),
        "parents": _parents(caller, tree, area_id),
        "roles": _choices("post", "role"),
        "kinds": _choices("room", "for"),
    }


def _post(row: Row, level: str, today: str) -> dict[str, Any]:
    fields = row["fields"]
    role = fields.get("role", "")
    labels = dict(_choices("post", "role"))
    return {
        "id": row["id"],
        "name": fields.get("name", ""),
        "role": t(HEADS.get(level, "格长")) if role == "grid_head" else labels.get(role, role),
        "order": role_order(role),
        "phone": phone_words(fields.get("phone", "")),
        "from": fields.get("from") or "",
        "until": fields.get("until") or "",
        "serving": is_serving(fields, today) or (fields.get("from") or "") > today,
    }


def _post_order(post: dict[str, Any]) -> tuple[int, str, str]:
    return post["order"], post["from"], post["name"]


def _room(row: Row) -> dict[str, Any]:
    fields = row["fields"]
    kind = fields.get("for", "")
    hours = [str(line) for line in fields.get("hours") or []]
    told = {"id": row["id"], "fields": fields, "for": t(FOR[kind]) if kind in FOR else ""}
    return told | {"hours": [hours_words(line, t) for line in hours], "typed": "\n".join(hours)}


def _crumbs(caller: Caller, tree: Tree, area_id: str) -> list[dict[str, Any]]:
    """The places above, from the top; those that one decides on can be opened."""
    names = path_names(tree, area_id)
    line: list[dict[str, Any]] = []
    row = tree[area_id]
    for _ in names[1:]:
        row = tree[row.parent_id]
        line.insert(0, {"id": row.area_id, "name": row.name, "opens": caller.may_review(row.area_id)})
    return line


def _children(tx: Connection, store: Store, tree: Tree, area_id: str, today: str) -> list[dict[str, Any]]:
    rows = [row for row in tree.values() if row.parent_id == area_id]
    rows.sort(key=lambda row: (row.position, row.name))
    headed = headed_areas(tx, store, [row.area_id for row in rows], today)
    below: dict[str, list[str]] = {}
    for place in read_below(tx, [row.area_id for row in rows]):
        if place.is_grid:
            below.setdefault(place.root, []).append(place.area)
    told = []
    for row in rows:
        totals = read_totals(tx, store.catalogue, below.get(row.area_id, []))
        told.append(
            {
                "id": row.area_id,
                "name": row.name,
                "level": t(LEVEL_WORDS.get(row.level, row.level)),
                "headed": row.area_id in headed,
                "households": str(totals["household"]),
                "people": str(totals["person"]),
            }
        )
    return told


def _gaps(tx: Connection, store: Store, tree: Tree, area_id: str, today: str) -> dict[str, Any]:
    """事事有人办理、户户有人服务: what has no head here and below, and in a grid whom nobody serves."""
    places = [place.area for place in read_below(tx, [area_id])]
    without = find_headless(tx, store, tree, places, today)
    depth = len(path_names(tree, area_id)) - 1
    alone = households_unserved(tx, store, area_id, today) if tree[area_id].level == "grid" else []
    return {
        "heads": [
            {"id": each, "name": " ".join(path_names(tree, each)[depth:])} for each in without[:MOST_GAPS]
        ],
        "heads_count": len(without),
        "households": [
            {"id": row["id"], "name": f"{row['fields'].get('door', '')} {row['fields'].get('title', '')}"}
            for row in alone[:MOST_GAPS]
        ],
        "households_count": len(alone),
    }


def _levels_below(level: str) -> list[tuple[str, str]]:
    return [(each, t(LEVEL_WORDS[each])) for each in LEVELS[LEVELS.index(level) + 1 :]]


def _parents(caller: Caller, tree: Tree, area_id: str) -> list[tuple[str, str]]:
    """Where it could go: larger places that one keeps, if one keeps the place it lies in, too."""
    row = tree[area_id]
    if not row.parent_id or not may_keep(caller, row.parent_id):
        return []
    larger = LEVELS[: LEVELS.index(row.level)]
    found = [
        each
        for each in tree.values()
        if each.level in larger and each.area_id != row.parent_id and may_keep(caller, each.area_id)
    ]
    return sorted(((each.area_id, " ".join(path_names(tree, each.area_id))) for each in found), key=_by_name)


def _by_name(pair: tuple[str, str]) -> str:
    return pair[1]


def _choices(kind: str, key: str) -> list[tuple[str, str]]:
    field = next(each for each in load_profile(kind)["fields"] if each["key"] == key)
    return [(choice["value"], t(choice["label"])) for choice in field["choices"]]
