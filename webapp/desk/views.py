"""View-models of the desk: a log in the queue, and a log with its person's history beside it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from webapp.care.dates import local_date
from webapp.care.thresholds import fields_at_fault, reason_text
from webapp.field.rendering import t
from webapp.field.view_models.shelf import Shelf
from webapp.field.view_models.words import (
    category_words,
    fact_words,
    join_words,
    kind_words,
    moment_words,
    state_words,
    tag_of,
    who_words,
)
from webapp.forms.engine import describe, load_form
from webapp.forms.kinds import FACTS

Row = dict[str, Any]
HALF_YEAR = 184 * 86_400_000
QUICK_REASONS = ("数字像是写错了，请核对", "请补写见到了谁", "请写清楚怎么处理的", "是不是记错人了？")


def queue_entry(shelf: Shelf, row: Row) -> dict[str, Any]:
    """One log in the queue."""
    person = shelf.people.get(row.get("person", ""))
    tag = tag_of(row, t)
    place = join_words([shelf.grid_name(row), shelf.door_of(person) if person else ""]).replace(" · ", "")
    return {
        "id": row["id"],
        "attention": row.get("attention", "well"),
        "shape": tag["shape"],
        "reason": tag["text"] if row.get("reasons") else "",
        "person": person["fields"].get("name", "") if person else t("不认识的人"),
        "gist": join_words([kind_words(row["kind"], t), fact_words(row, t)]),
        "detail": join_words(
            [
                shelf.member_name(row.get("author")),
                moment_words(row["occurred_at"], shelf.today, t),
                place,
                state_words(row, t) if row.get("state") != "pending" else "",
                t("更正后再报") if "amends" in row else "",
            ]
        ),
    }


def log_view(shelf: Shelf, row: Row, facts: list[Row], now: int) -> dict[str, Any]:
    """One log: what it says, what is out of limits, what it replaced, and what was before."""
    person = shelf.people.get(row.get("person", ""))
    faults = fields_at_fault(row["kind"], row.get("reasons", []))
    older = next((fact for fact in facts if fact["id"] == row.get("amends")), None)
    lines = describe(load_form(row["kind"]), row["fields"], t) if row["kind"] in FACTS else []
    before = _texts(older)
    for line in lines:
        line["marked"] = "yes" if line["key"] in faults else ""
        line["before"] = before.get(line["key"], t("没有写")) if older and _differs(older, row, line) else ""
    return {
        "id": row["id"],
        "seq": row["seq"],
        "title": f"{person['fields'].get('name', '') if person else ''} · {kind_words(row['kind'], t)}",
        "person_id": row.get("person", ""),
        "who": _who(shelf, person) if person else "",
        "tag": tag_of(row, t),
        "attention": row.get("attention", "well"),
        "reasons": [reason_text(code, t) for code in row.get("reasons", [])],
        "lines": lines,
        "when": moment_words(row["occurred_at"], shelf.today, t),
        "received": moment_words(row["received_at"], shelf.today, t),
        "author": shelf.member_name(row.get("author")),
        "state": row["state"],
        "state_words": state_words(row, t),
        "reviewer": shelf.member_name(row.get("reviewer")),
        "reviewed": moment_words(row["reviewed_at"], shelf.today, t) if "reviewed_at" in row else "",
        "reason": row.get("reason", ""),
        "older_reason": older.get("reason", "") if older else "",
        "clock_ahead": "clock_ahead" in row.get("flags", []),
        "can_review": row["state"] in ("pending", "approved", "returned"),
        "newer": row.get("amended_by", ""),
        "older": row.get("amends", ""),
        "history": [queue_entry(shelf, fact) for fact in _history(facts, row)],
        "chart": pressure_chart([fact for fact in facts if fact["occurred_at"] > now - HALF_YEAR]),
        "quick_reasons": [t(reason) for reason in QUICK_REASONS],
    }


def pressure_chart(facts: list[Row]) -> Markup:
    """Six months of systolic pressure as a small SVG; empty with fewer than two readings."""
    points = sorted(
        (fact["occurred_at"], fact["fields"]["systolic"])
        for fact in facts
        if fact["kind"] == "health_check"
        and isinstance(fact["fields"].get("systolic"), int)
        and fact["state"] not in ("void", "amended")
    )
    if len(points) < 2:
        return Markup("")
    low, high = min(80, *(value for _, value in points)), max(190, *(value for _, value in points))
    start, span = points[0][0], max(points[-1][0] - points[0][0], 1)

    def place(at: int, value: int) -> tuple[int, int]:
        return 40 + (at - start) * 300 // span, 140 - (value - low) * 120 // (high - low)

    drawn = [place(*point) for point in points]
    line = " ".join(f"{x},{y}" for x, y in drawn)
    band_top, band_bottom = place(start, 139)[1], place(start, 90)[1]
    dots = Markup("").join(
        Markup('<circle cx="{}" cy="{}" r="5" class="{}"><title>{}</title></circle>').format(
            x, y, "high" if value >= 140 else "fine", f"{local_date(at)} {value}"
        )
        for (x, y), (at, value) in zip(drawn, points, strict=True)
    )
    return Markup(
        '<svg class="chart" viewBox="0 0 360 160" role="img" aria-label="{}">'
        '<rect x="40" y="{}" width="310" height="{}" class="band"/>'
        '<text x="4" y="{}">139</text><text x="4" y="{}">90</text>'
        '<polyline points="{}"/>{}</svg>'
    ).format(t("六个月的高压"), band_top, band_bottom - band_top, band_top + 4, band_bottom + 4, line, dots)


def _who(shelf: Shelf, person: Row) -> str:
    fields = person["fields"]
    alone = t("一个人住") if shelf.is_alone(person) and fields.get("category") == "elder" else ""
    responsible = shelf.responsible(person["area"])
    name = responsible["fields"].get("name", "") if responsible else ""
    place = f"{shelf.grid_name(person)} {shelf.door_of(person)}".strip()
    lead = t("负责人 %(name)s", name=name) if name else ""
    category = category_words(fields.get("category", ""), t)
    return join_words([who_words(person, shelf.today, t), category, alone, place, lead])


def _texts(row: Row | None) -> dict[str, str]:
    if row is None or row["kind"] not in FACTS:
        return {}
    return {line["key"]: line["text"] for line in describe(load_form(row["kind"]), row["fields"], t)}


def _differs(older: Row, row: Row, line: dict[str, str]) -> bool:
    return bool(older["fields"].get(line["key"]) != row["fields"].get(line["key"]))


def _history(facts: list[Row], row: Row) -> list[Row]:
    standing = [f for f in facts if f["id"] != row["id"] and f["state"] not in ("void", "amended")]
    return sorted(standing, key=lambda fact: -fact["occurred_at"])[:12]
