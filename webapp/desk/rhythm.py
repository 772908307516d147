"""多久去一次: the rules of a grid in plain words, changed after seeing how many people that makes due.

Invariant: a change is a new ``rhythm`` record that counts from its date; earlier ones stay as they were. A
village's change is one in the village, and in each grid that had its own, one that it follows the village.
"""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection

from sync.rows import rows_of
from webapp.auth.access import current_caller, desk_required
from webapp.care.dates import add_days, is_date, local_date
from webapp.care.periods import day_number, number_day
from webapp.care.rhythm import dues, make_plan
from webapp.care.rhythm_settings import ALWAYS, MOST, RULES, Setting, settle_rules
from webapp.desk.grids import grid_book, pick_grid, village_of
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.shelf import Row, Shelf
from webapp.field.view_models.words import day_words
from webapp.ledger.commands import apply_changes, new_id, now_ms, set_fields

Answer = Any
UNITS = {"day": "天", "week": "周", "month": "个月", "quarter": "季"}
ROLES = {
    "daily_knock": "网格员和志愿者",
    "weekly_call": "村干部",
    "monthly_feedback": "班主任和志愿者",
    "guardian_talk": "班主任和志愿者",
    "quarterly_check": "村医",
    "school_visit": "班主任和志愿者",
}


@blueprint.get("/rhythm")
@desk_required
def show_rhythm() -> Answer:
    """The rules that hold in a grid, where each comes from, and what was changed."""
    with store_of(current_app).read() as tx:
        area, choices = pick_grid(tx)
        shelf = Shelf(grid_book(tx, area), local_date(now_ms()))
    rules = [_rule(shelf, area, rule) for rule in RULES["rules"]]
    return render_desk("desk/rhythm.html", "due", area=area, choices=choices, rules=rules)


@blueprint.post("/rhythm/<key>")
@desk_required
def change_rhythm(key: str) -> Answer:
    """Say what a change makes due, and make it once that was seen."""
    today = local_date(now_ms())
    with store_of(current_app).read() as tx:
        area, choices = pick_grid(tx)
        village = village_of(tx, area)
        own = _with_own(tx, village[2], key) if village else []
        shelf = Shelf(grid_book(tx, area), today)
    rule = next((rule for rule in RULES["rules"] if rule["key"] == key), None)
    if rule is None:
        abort(404)
    body, error = _read(rule, today)
    if not error and request.form.get("sure"):
        wide = village if request.form.get("village") else None
        changes = [set_fields("rhythm", wide[0] if wide else area, new_id(), body)]
        following = body | {"state": "above"}
        changes += [set_fields("rhythm", each, new_id(), following) for each in own if wide]
        if all(each["status"] == "accepted" for each in apply_changes(changes, current_caller())):
            return redirect(url_for("desk.show_rhythm", area=area), 303)
        error = _("没有存下，请再试一次。")
    page = render_desk(
        "desk/rhythm_change.html",
        "due",
        area=area,
        grid=dict(choices)[area],
        village=village[1] if village else "",
        rule=_rule(shelf, area, rule),
        body=body,
        words=_said(rule, _as_setting(rule, body)),
        begins=day_words(body["from"], today, t) if not error else "",
        effect=None if error else _effect(shelf, area, key, body),
        error=error,
    )
    return (page, 422) if error else page


def _with_own(tx: Connection, grids: list[str], key: str) -> list[str]:
    """The grids that have changed this rule for themselves."""
    rows = rows_of(tx, store_of(current_app).catalogue, grids, kinds=["rhythm"])
    return sorted({row["area"] for row in rows if row["fields"].get("rule") == key})


def _read(rule: dict[str, Any], today: str) -> tuple[dict[str, Any], str]:
    """The fields that were typed, and what is wrong with them."""
    form = request.form
    every, begins = form.get("every", "").strip(), form.get("from", "").strip()
    state, holidays = form.get("state", "on"), form.get("holidays", rule["holidays"])
    body: dict[str, Any] = {"rule": rule["key"], "state": state, "holidays": holidays, "from": begins}
    body["every"] = int(every) if every.isdecimal() and len(every) < 4 else 0
    if form.get("why", "").strip():
        body["why"] = form["why"].strip()[:200]
    if state not in ("on", "off", "above") or holidays not in ("pause", "keep"):
        abort(400)
    if state == "on" and not 1 <= body["every"] <= MOST:
        return body, _("“每隔”写一个从 1 起的整数。")
    if not is_date(begins) or begins < today:
        return body, _("从今天或以后的一天算起：改了规则，不追以前的。")
    if state != "on":
        body["every"] = rule["every"]
    return body, ""


def _rule(shelf: Shelf, area: str, rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as it is today, in words, with what was changed and from when."""
    timeline = settle_rules(shelf.rhythms, shelf.chain_of(area))[rule["key"]]
    number = day_number(shelf.today)
    now = [setting for begins, setting in timeline if begins <= number][-1]
    mine = [row for row in shelf.rhythms if row["fields"].get("rule") == rule["key"]]
    return {
        "key": rule["key"],
        "label": t(rule["label"]),
        "source": rule["source"],
        "roles": t(ROLES[rule["key"]]),
        "unit": t(UNITS[rule["unit"]]),
        "on": now["on"],
        "every": now["every"],
        "holidays": now["holidays"],
        "words": _said(rule, now),
        "from": shelf.today,
        "history": [_changed(shelf, rule, row) for row in sorted(mine, key=_newest, reverse=True)],
        "coming": [
            f"{number_day(begins)} {_said(rule, setting)}"
            for begins, setting in timeline
            if begins > number and begins != ALWAYS
        ],
    }


def _newest(row: Row) -> tuple[str, str]:
    return str(row["fields"].get("from", "")), row["id"]


def _changed(shelf: Shelf, rule: dict[str, Any], row: Row) -> str:
    fields = row["fields"]
    words = t("照上一级") if fields.get("state") == "above" else _said(rule, _as_setting(rule, fields))
    begins = day_words(fields["from"], shelf.today, t) if is_date(fields.get("from", "")) else ""
    return "，".join(
        part for part in (begins and t("从%(day)s", day=begins), words, fields.get("why", "")) if part
    )


def _as_setting(rule: dict[str, Any], fields: dict[str, Any]) -> Setting:
    setting = {"on": fields.get("state") != "off", "every": fields.get("every", rule["every"])}
    return setting | {"holidays": fields.get("holidays", rule["holidays"])}


def _said(rule: dict[str, Any], setting: Setting) -> str:
    """每 1 周一次，放假就停."""
    if not setting["on"]:
        return t("停了")
    often = t("每 %(n)s %(unit)s一次", n=str(setting["every"]), unit=t(UNITS[rule["unit"]]))
    return often + "，" + (t("放假就停") if setting["holidays"] == "pause" else t("放假照样"))


def _effect(shelf: Shelf, area: str, key: str, body: dict[str, Any]) -> dict[str, str]:
    """How many people the rule makes due in the week from its first day, as it is and as it would be."""
    first = max(body["from"], shelf.today)
    changed: Row = {"id": "~", "kind": "rhythm", "area": area, "fields": body}
    return {
        "before": str(_count(shelf, area, (key, first), shelf.rhythms)),
        "after": str(_count(shelf, area, (key, first), [*shelf.rhythms, changed])),
        "people": str(len(shelf.people)),
        "until": day_words(add_days(first, 6), shelf.today, t),
    }


def _count(shelf: Shelf, area: str, which: tuple[str, str], rhythms: list[Row]) -> int:
    """People for whom a rule falls due in the seven days from a first one, if nobody comes meanwhile."""
    (key, first), due = which, set[str]()
    for day in (first, add_days(first, 6)):
        plan = make_plan(day, settle_rules(rhythms, shelf.chain_of(area)))
        for row in shelf.people.values():
            found = dues(
                plan, row["fields"], shelf.is_alone(row), row.get("received_at"), shelf.summary_of(row)
            )
            if any(each["why"] == key for each in found):
                due.add(row["id"])
    return len(due)
