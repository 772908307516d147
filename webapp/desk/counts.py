"""数一数: people by kind, grid, age, kind of absence and living condition, and what classes count.

Invariant: of one's own desk only; read from the kept tallies, so that a county costs no more than its areas.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import current_app, request
from sqlalchemy import Connection

from sync.rows import rows_of
from sync.tallies import Tally, read_tallies
from webapp.auth.access import current_caller, desk_areas, desk_required
from webapp.care.dates import local_date
from webapp.desk.places import Place, area_choices, choose_areas, in_order, read_places
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.words import category_words
from webapp.forms.engine import load_profile, value_text
from webapp.ledger.commands import now_ms
from webapp.ledger.counting import Counted, Counts, count_people

Answer = Any
Section = dict[str, Any]
MOST_PLACES = 40


@blueprint.get("/counts")
@desk_required
def show_counts() -> Answer:
    """Every count, as tables with bars that print without colour."""
    chosen = request.args.get("area", "")[:36]
    with store_of(current_app).read() as tx:
        places, areas = read_places(tx), desk_areas(current_caller())
        sections, counted = read_sections(tx, places, choose_areas(places, areas, chosen))
        classes = read_classes(tx, choose_areas(places, areas, chosen))
        choices = area_choices(places, areas, chosen)
    return render_desk(
        "desk/counts.html",
        "counts",
        sections=sections,
        classes=classes,
        total=counted.total,
        households=counted.households,
        choices=choices,
        chosen=chosen,
        query={"area": chosen} if chosen else {},
        today=local_date(now_ms()),
    )


def read_sections(
    tx: Connection, places: dict[str, Place], areas: list[str]
) -> tuple[list[Section], Counted]:
    """The tables of the page: ``{"title", "rows": [{"label", "n", "width"}]}``."""
    tallies = read_tallies(tx, store_of(current_app).catalogue, areas, ("person", "household"))
    people, households, by_area = Tally(), 0, Counter[str]()
    for (area, kind), found in tallies.items():
        if kind == "household":
            households += found.total
        else:
            people.add(found)
            by_area[area] += found.facets.get("state", Counter())["active"]
    counted = count_people(people, households, local_date(now_ms()))
    sections = [
        _section(
            t("三类人员"), [(category_words(each, t) or t("没写类别"), n) for each, n in counted.categories]
        ),
        _section(t("儿童：父母外出"), [(_choice("absence", each), n) for each, n in counted.absences]),
        _section(t("年龄"), [(_band(each), n) for each, n in counted.bands]),
        _section(t("生活状况"), [(each or t("没写"), n) for each, n in counted.living]),
        _section(t("网格"), _by_place(places, areas, by_area)),
        _section(t("不在册了"), [(_choice("state", each), n) for each, n in counted.states]),
    ]
    return [section for section in sections if section["rows"]], counted


def read_classes(tx: Connection, areas: list[str]) -> list[dict[str, Any]]:
    """What classes' lists count: ``{"school", "name", "pupils", "both", "one", "single"}``."""
    rows = rows_of(tx, store_of(current_app).catalogue, areas, kinds=["class_list"])
    told = ("school", "name", "pupils", "both", "one", "single")
    found = [{key: row["fields"].get(key, "") for key in told} for row in rows]
    return sorted(found, key=lambda each: (each["school"], each["name"]))


def _section(title: str, counts: Counts) -> Section:
    most = max((number for _, number in counts), default=0) or 1
    rows = [{"label": label, "n": number, "width": round(number * 200 / most)} for label, number in counts]
    return {"title": title, "rows": rows}


def _by_place(places: dict[str, Place], areas: list[str], by_area: Counter[str]) -> Counts:
    """By grid; where a desk has too many of them, by the level at which they are few enough."""
    grids = in_order(places, areas)
    for depth in range(1, 8):
        found: dict[str, int] = {}
        for grid in grids:
            above = grid.above[max(0, len(grid.above) - depth)]
            found[above] = found.get(above, 0) + by_area[grid.id]
        if len(found) <= MOST_PLACES:
            return [(places[each].name, number) for each, number in found.items()]
    return []


def _choice(name: str, value: str) -> str:
    field = next(each for each in load_profile("person")["fields"] if each["key"] == name)
    return t("没写") if value == "unknown" else value_text(field, value, t)


def _band(band: str) -> str:
    low, _, high = band.partition("-")
    if not band:
        return t("没写出生日期")
    return t("%(low)s 岁以上", low=low) if high == "200" else t("%(low)s–%(high)s 岁", low=low, high=high)
