"""今天: who is due and why, nearest first. Twin: static/field/view_models/today.js."""

from __future__ import annotations

from typing import Any

from webapp.care.dates import local_date
from webapp.care.rhythm import Due
from webapp.field.view_models.frame import head
from webapp.field.view_models.shelf import Book, Shelf
from webapp.field.view_models.words import (
    Row,
    age_words,
    day_words,
    join_words,
    tag_of,
    weekday_words,
)
from webapp.forms.engine import Translate

SECTIONS = (
    ("先去这里", ("urgent", "follow_up"), ""),
    ("今天一敲门", ("daily_knock",), "敲一敲"),
    ("本周一登门", ("weekly_call",), "登门"),
)
MOST_SHOWN = 60


def today_view(book: Book, now: int, t: Translate) -> dict[str, Any]:
    """Head, sections of people, and what to say where nobody is due."""
    today = local_date(now)
    shelf = Shelf(book, today)
    due = [(person, shelf.dues_of(person)) for person in sorted(book["people"], key=shelf.walk_key)]
    due = [(person, found) for person, found in due if found]
    sections, households = [], [set[str](), set[str]()]
    for title, whys, badge in SECTIONS:
        people = [(person, found[0]) for person, found in due if found[0]["why"] in whys]
        households[0 if badge != "登门" else 1] |= {
            person["fields"].get("household", "") for person, _ in people
        }
        if people:
            items = [_item(shelf, person, first, badge, t) for person, first in people[:MOST_SHOWN]]
            rest = len(people) - len(items)
            more = t("还有 %(n)s 人，在“住户”里看", n=str(rest)) if rest else ""
            sections.append({"title": t(title), "entries": items, "more": more, "has_more": rest > 0})
    counts = t("今天该走 %(n)s 户", n=str(len(households[0])))
    week = t("本周还有 %(n)s 户", n=str(len(households[1] - households[0])))
    side = f"{_month_day(today, t)} {weekday_words(today, t)}"
    return {
        "head": head(t("今天"), sub=join_words([counts, week]), side=side),
        "sections": sections,
        "nobody_due": not sections,
        "nobody_here": not book["people"],
    }


def _item(shelf: Shelf, person: Row, due: Due, badge: str, t: Translate) -> dict[str, Any]:
    tag = _tag(shelf, person, due, t)
    return person_item(
        shelf, person, _detail(shelf, person, due, t), t, tag=tag, badge=t(badge) if badge else ""
    )


def person_item(
    shelf: Shelf,
    person: Row,
    detail: str,
    t: Translate,
    *,
    tag: dict[str, str] | None = None,
    badge: str = "",
) -> dict[str, Any]:
    """A person in a list: face, name, tag, one line, badge."""
    name = person["fields"].get("name", "")
    del shelf, t
    return {
        "href": f"/field/people/{person['id']}",
        "face": name[:1],
        "face_kind": person["fields"].get("category", "plain"),
        "name": name,
        "detail": detail,
        "tag": tag or {"kind": "", "shape": "", "text": ""},
        "has_tag": tag is not None,
        "badge": badge,
        "has_badge": bool(badge),
    }


def _tag(shelf: Shelf, person: Row, due: Due, t: Translate) -> dict[str, str] | None:
    latest = shelf.summary_of(person)["latest"]
    if due["why"] == "follow_up":
        day = day_words(due["date"], shelf.today, t)
        return {"kind": "watch", "shape": "◆", "text": t("约好%(day)s来", day=day)}
    if latest is not None and latest["attention"] != "well":
        return tag_of(latest, t)
    return None


def _detail(shelf: Shelf, person: Row, due: Due, t: Translate) -> str:
    """Where, who, and when somebody came last."""
    latest = shelf.summary_of(person)["latest"]
    grid = shelf.short_grid(person) if len(shelf.grids) > 1 else ""
    alone = t("一个人住") if shelf.is_alone(person) and person["fields"].get("category") == "elder" else ""
    parts = [f"{grid} {shelf.door_of(person)}".strip(), age_words(person, shelf.today, t), alone]
    if latest is None:
        parts.append(t("还没去过"))
    elif due["why"] == "weekly_call" and not due["late_days"]:
        parts.append(t("还有 %(n)s 天", n=str(due["left_days"])) if due["left_days"] else t("今天最后一天"))
    else:
        parts.append(t("上次 %(day)s", day=day_words(local_date(latest["at"]), shelf.today, t)))
    return join_words(parts)


def _month_day(today: str, t: Translate) -> str:
    return t("%(month)s月%(day)s日", month=str(int(today[5:7])), day=str(int(today[8:])))
