"""导出: what a desk's list shows, as Excel or CSV, each on record with its filter.

Invariant: an export reads only grids of the caller's desk, with the filter of the page it stands on; what a
form marks as sensitive of a counselling session leaves only for who may read it (``READERS``); the audit
keeps ids and codes of the filter, and of a text that was searched only that there was one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, abort, current_app, request
from sqlalchemy import Connection

from sync.audit import note
from sync.rows import rows_of
from webapp.auth.access import current_caller, desk_areas, desk_places, desk_required
from webapp.care.dates import local_date, local_time
from webapp.desk.conflicts import conflict_entries
from webapp.desk.counts import read_classes, read_sections
from webapp.desk.export_files import Table, as_day, write_csv, write_xlsx
from webapp.desk.people import search_book
from webapp.desk.phones import list_workers
from webapp.desk.places import choose_areas, in_order, read_places, shelf_for
from webapp.desk.quarantine import held_entries
from webapp.desk.queue import list_logs, read_filters
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.households import squash
from webapp.field.view_models.words import category_words, kind_words, state_words
from webapp.forms.engine import load_form, load_profile, value_text
from webapp.forms.kinds import FACTS
from webapp.ledger.commands import new_id, now_ms

READERS = frozenset({"supervisor", "counsellor"})  # of what is sensitive in a counselling session
MOST_LOGS = 100_000
TYPES = {
    "xlsx": (write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": (write_csv, "text/csv; charset=utf-8"),
}
Filter = dict[str, str]
# The order of the office's own ledgers (docs/roster.md), for all whose columns the definition does not name.
LEDGER_ORDER = (
    "name", "sex", "birth", "phone", "absence", "father_name", "father_phone", "mother_name", "mother_phone",
    "workplace", "guardian_name", "guardian_relation", "guardian_occupation", "guardian_phone", "school",
    "class", "health", "living", "children_whereabouts",
)  # fmt: skip
_NOT_SHOWN = frozenset({"pinyin", "initials", "household", "category"})


@blueprint.get("/exports/<page>.<form>")
@desk_required
def export(page: str, form: str) -> Response:
    """A page's list as a file."""
    if page not in PAGES or form not in TYPES:
        abort(404)
    wanted = {key: value[:120] for key, value in request.args.to_dict().items() if key in FILTERS and value}
    with store_of(current_app).read() as tx:
        tables = PAGES[page](tx, wanted)
    _note(page, form, wanted, sum(len(table.rows) for table in tables))
    write, kind = TYPES[form]
    name = f"{page}-{local_date(now_ms())}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(write(tables), content_type=kind, headers=headers)


def _note(page: str, form: str, wanted: Filter, rows: int) -> None:
    caller = current_caller()
    kept = {key: "…" if key == "q" else value for key, value in sorted(wanted.items())}
    area = wanted.get("area", "")
    mine = desk_places(caller)
    with store_of(current_app).write() as tx:
        note(
            tx,
            area=area if area in mine else mine[0],
            actor=caller.account,
            device=None,
            action="export",
            subject=page,
            detail={"form": form, "filter": kept, "rows": rows, "areas": len(desk_areas(caller))},
            now=now_ms(),
            id=new_id(),
        )


def people_tables(tx: Connection, wanted: Filter) -> list[Table]:
    """People by category, each with the columns of the office's own ledger."""
    places = read_places(tx)
    areas = choose_areas(places, desk_areas(current_caller()), wanted.get("area", ""))
    if squash(wanted.get("q", "")):
        rows = search_book(tx, areas, wanted["q"])
        people, households = rows["people"], rows["households"]
    else:
        catalogue = store_of(current_app).catalogue
        people = rows_of(tx, catalogue, areas, kinds=["person"])
        households = rows_of(tx, catalogue, areas, kinds=["household"])
    homes = {row["id"]: row["fields"] for row in households}
    order = {place.id: number for number, place in enumerate(in_order(places, areas))}
    people.sort(key=lambda row: _walk(row, homes, order))
    found = []
    for category in ("child", "woman", "elder", ""):
        chosen = [row for row in people if (row["fields"].get("category") or "") == category]
        if chosen:
            found.append(
                _people_table(category, chosen, homes, {each.id: each.name for each in places.values()})
            )
    return found or [Table(t("人员"), [t("姓名")])]


def log_tables(tx: Connection, wanted: Filter) -> list[Table]:
    """Logs by kind, with a column for each field of its form."""
    filters = read_filters(wanted)
    areas = choose_areas(read_places(tx), desk_areas(current_caller()), filters.area)
    rows, _more = list_logs(tx, areas, filters, limit=MOST_LOGS)
    shelf = shelf_for(tx, rows)
    found = []
    for kind in FACTS:
        chosen = [row for row in rows if row["kind"] == kind]
        if not chosen:
            continue
        fields = [each for each in load_form(kind)["fields"] if each["type"] != "instant"]
        labels = [t(each["label"]) for each in fields]
        table = Table(kind_words(kind, t), [t("时间"), t("网格"), t("姓名"), *labels, t("谁写的"), t("状态")])
        for row in chosen:
            at = row["occurred_at"]
            person = shelf.people.get(row.get("person", ""))
            told = [_field(row, each) for each in fields]
            name = person["fields"].get("name", "") if person else ""
            moment = f"{local_date(at)} {local_time(at)}"
            end = [shelf.member_name(row.get("author")), state_words(row, t)]
            table.rows.append([moment, shelf.grid_name(row), name, *told, *end])
        found.append(table)
    return found or [Table(t("记录"), [t("时间")])]


def count_tables(tx: Connection, wanted: Filter) -> list[Table]:
    """The counts page, a table for each section."""
    places = read_places(tx)
    areas = choose_areas(places, desk_areas(current_caller()), wanted.get("area", ""))
    sections, _counted = read_sections(tx, places, areas)
    found = [
        Table(each["title"], [each["title"], t("人数")], [[row["label"], row["n"]] for row in each["rows"]])
        for each in sections
    ]
    columns = [t("学校"), t("班级"), t("学生"), t("父母都外出"), t("一方外出"), t("单亲")]
    classes = [list(each.values()) for each in read_classes(tx, areas)]
    return (
        [*found, Table(t("班级"), columns, classes)]
        if classes
        else found or [Table(t("数一数"), [t("人数")])]
    )


def phone_tables(tx: Connection, wanted: Filter) -> list[Table]:
    """Who works in one's grids, with their phones."""
    del wanted
    columns = [t("姓名"), t("账号"), t("电话"), t("角色"), t("网格"), t("手机")]
    rows: list[list[Any]] = [
        [
            x["name"],
            x["login"],
            x["phone"],
            x["role"],
            int(x["grids"]),
            t("、").join(d["name"] for d in x["devices"]),
        ]
        for x in list_workers(tx)
    ]
    return [Table(t("手机与志愿者"), columns, rows)]


def held_tables(tx: Connection, wanted: Filter) -> list[Table]:
    """What waits for a decision. What a counselling session says stays here."""
    del wanted
    columns = [t("为什么"), t("种类"), t("姓名"), t("谁写的"), t("什么时候")]
    rows = [[x["why"], x["what"], x["person"], x["author"], x["when"]] for x in held_entries(tx)]
    return [Table(t("先放着的"), columns, rows)]


def conflict_tables(tx: Connection, wanted: Filter) -> list[Table]:
    """What two people wrote differently, a row for each voice."""
    del wanted
    columns = [t("哪一项"), t("网格"), t("写的"), t("谁写的"), t("什么时候")]
    rows = [
        [x["what"], x["grid"], v["text"], v["author"], v["when"]]
        for x in conflict_entries(tx)
        for v in x["voices"]
    ]
    return [Table(t("两种说法"), columns, rows)]


def _people_table(category: str, people: list[Any], homes: dict[str, Any], names: dict[str, str]) -> Table:
    definition = {each["key"]: each for each in load_profile("person")["fields"]}
    keys = [key for key in LEDGER_ORDER if key in definition]
    keys += [key for key in definition if key not in keys and key not in _NOT_SHOWN]
    used = [key for key in keys if key == "name" or any(row["fields"].get(key) for row in people)]
    columns = [t("序号"), t("所属网格"), t("家庭住址"), *(t(definition[key]["label"]) for key in used)]
    table = Table(category_words(category, t) or t("人员"), columns)
    for number, row in enumerate(people, 1):
        fields, home = row["fields"], homes.get(row["fields"].get("household", ""), {})
        told = [_value(definition[key], fields.get(key)) for key in used]
        table.rows.append([number, names.get(row["area"], ""), home.get("address", ""), *told])
    return table


def _field(row: Any, field: dict[str, Any]) -> Any:
    value = row["fields"].get(field["key"])
    if (
        value is not None
        and row["kind"] == "counselling"
        and field.get("sensitive")
        and not may_read(row["area"])
    ):
        return t("（不导出）")
    return _value(field, value)


def may_read(area: str) -> bool:
    """Whether the caller may read what is sensitive of a counselling session of this grid."""
    return bool(current_caller().roles.get(area, frozenset()) & READERS)


def _value(field: dict[str, Any], value: Any) -> Any:
    if value is None:
        return None
    if field["type"] == "integer" and isinstance(value, int):
        return value
    if field["type"] == "decimal":
        return float(value)
    if field["type"] == "date" and isinstance(value, str):
        return as_day(value)
    if field["type"] in ("text", "phone"):
        return str(value)
    return value_text(field, value, t)


def _walk(row: Any, homes: dict[str, Any], order: dict[str, int]) -> tuple[int, int, str, str]:
    home = homes.get(row["fields"].get("household", ""), {})
    place = order.get(row["area"], len(order))
    return place, home.get("number", 0), home.get("door", ""), row["fields"].get("name", "")


FILTERS = frozenset({"q", "area", "state", "attention", "kind", "author", "since", "until"})
PAGES: dict[str, Callable[[Connection, Filter], list[Table]]] = {
    "people": people_tables,
    "logs": log_tables,
    "counts": count_tables,
    "phones": phone_tables,
    "quarantine": held_tables,
    "conflicts": conflict_tables,
}
