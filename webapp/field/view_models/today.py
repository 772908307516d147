"""今天: who is due and why; what cannot wait first, then in the order one walks. Twin: static/…/today.js.

What is theirs comes first (a volunteer's knocks, a cadre's calls, whom they are paired with); nobody who
needs somebody is left out of anyone's list.
"""

from __future__ import annotations

from typing import Any

from webapp.care.dates import local_date
from webapp.care.needs import is_open
from webapp.care.rhythm import Due, needs_today, roles_of
from webapp.field.view_models.due import BADGES, BECAUSE, due_when, lateness, seen_words
from webapp.field.view_models.frame import head
from webapp.field.view_models.need_items import need_items
from webapp.field.view_models.sessions import sessions_soon
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

FIRST = ("urgent", "follow_up")
MONTH = ("monthly_feedback", "guardian_talk", "school_visit", "quarterly_check")
TITLES = {
    "first": "先去这里",
    "late": "好些天没人去了",
    "mine": "与我结对的人",
    "daily_knock": "今天一敲门",
    "weekly_call": "本周一登门",
    "month": "这个月、这一季",
    "birthday": "快过生日",
}
OTHERS = {
    "daily_knock": "多由网格员和志愿者敲门，你顺路也可以去看看。",
    "weekly_call": "多由村干部登门，你顺路也可以去看看。",
}
MOST_SHOWN = 60
MOST_NEEDS = 3  # late and urgent ones come first


def today_view(
    book: Book, me: dict[str, str], now: int, t: Translate, *, most: int = MOST_SHOWN
) -> dict[str, Any]:
    """Head, sections of people, and what to say where nobody is due; ``me`` is ``{"id", "role"}``.

    A section shows ``most`` people, and says how many more there are.
    """
    today = local_date(now)
    shelf = Shelf(book, today)
    due = [(person, shelf.dues_of(person)) for person in book["people"]]
    due = [(person, found) for person, found in due if found]
    due.sort(key=lambda each: shelf.walk_key(each[0]))
    order = _order(me["role"])
    placed: dict[str, list[tuple[Row, Due]]] = {name: [] for name in order}
    for person, found in due:
        name, shown = _place(shelf, person, found, me["id"], order)
        placed[name].append((person, shown))
    filled = [name for name in order if placed[name]]
    waiting = [need for need in shelf.needs.values() if is_open(need["fields"])]
    notice = _notice(shelf, t)
    return {
        "head": head(
            t("今天"), sub=_counts(due, t), side=f"{_month_day(today, t)} {weekday_words(today, t)}"
        ),
        "sections": [_section(shelf, name, placed[name], t, role=me["role"], most=most) for name in filled],
        "needs": need_items(shelf, waiting, t)[:MOST_NEEDS],
        "sessions": sessions_soon(book, today, t),
        "has_needs": bool(waiting),
        "needs_more": t("看全部 %(n)s 件", n=str(len(waiting))),
        "nobody_due": not filled,
        "nobody_here": not book["people"],
        "notice": notice,
        "has_notice": bool(notice),
    }


def _order(role: str) -> list[str]:
    """The sections as a role sees them: its own of knocks, calls and months before the others."""
    sections = ["daily_knock", "weekly_call", "month"]
    own = next((name for name in sections if role in _roles(name)), sections[0])
    return ["first", "late", "mine", own, *(name for name in sections if name != own), "birthday"]


def _roles(section: str) -> list[str]:
    return [role for key in (MONTH if section == "month" else (section,)) for role in roles_of(key)]


def _place(shelf: Shelf, person: Row, found: list[Due], me: str, order: list[str]) -> tuple[str, Due]:
    """The section a person stands in, once, and the due that is shown there."""
    if found[0]["why"] in FIRST:
        return "first", found[0]
    late = next((due for due in found if due["why"] == "weekly_call" and due["late_days"]), None)
    if late is not None:
        return "late", late
    if found[0]["why"] != "birthday" and shelf.is_paired_with(person, me):
        return "mine", found[0]
    sections = [("month" if due["why"] in MONTH else due["why"], due) for due in found]
    return min(sections, key=lambda each: order.index(each[0]))


def _section(
    shelf: Shelf, name: str, people: list[tuple[Row, Due]], t: Translate, *, role: str, most: int
) -> dict[str, Any]:
    items = [_item(shelf, person, due, t) for person, due in people[:most]]
    rest = len(people) - len(items)
    others = name in OTHERS and role not in roles_of(name)
    return {
        "title": t(TITLES[name]),
        "note": t(OTHERS[name]) if others else "",
        "has_note": others,
        "entries": items,
        "more": t("还有 %(n)s 人，在“住户”里看", n=str(rest)) if rest else "",
        "has_more": rest > 0,
    }


def _counts(due: list[tuple[Row, list[Due]]], t: Translate) -> str:
    """今天该走 4 户 · 本周还有 9 户."""
    now = {person["fields"].get("household", "") for person, found in due if needs_today(found)}
    calls = [person for person, found in due if any(each["why"] == "weekly_call" for each in found)]
    week = {person["fields"].get("household", "") for person in calls} - now
    parts = [t("今天该走 %(n)s 户", n=str(len(now))), t("本周还有 %(n)s 户", n=str(len(week)))]
    return join_words(parts)


def _notice(shelf: Shelf, t: Translate) -> str:
    """While a holiday lasts: what waits for its end, and that the rest does not."""
    plan = shelf.plan_of(shelf.grids[0]["id"]) if shelf.grids else None
    if plan is None or not plan["holiday"]:
        return ""
    until = day_words(plan["holiday_until"], shelf.today, t)
    return t(
        "%(name)s放假到%(day)s，登门等放假后接着算；要紧的人照样去看。", name=t(plan["holiday"]), day=until
    )


def _item(shelf: Shelf, person: Row, due: Due, t: Translate) -> dict[str, Any]:
    badge = BADGES[due["why"]]
    return person_item(
        shelf,
        person,
        _detail(shelf, person, due, t),
        t,
        tag=_tag(shelf, person, due, t),
        badge=t(badge) if badge else "",
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
    late = lateness(due, t) if due["why"] in ("weekly_call", *MONTH) else ""
    return {"kind": "watch", "shape": "◆", "text": late} if late else None


def _detail(shelf: Shelf, person: Row, due: Due, t: Translate) -> str:
    """Where, who, why, and when somebody came last."""
    grid = shelf.short_grid(person) if len(shelf.grids) > 1 else ""
    parts = [f"{grid} {shelf.door_of(person)}".strip(), age_words(person, shelf.today, t)]
    if shelf.is_alone(person) and person["fields"].get("category") == "elder":
        parts.append(t(BECAUSE["alone"]))
    if due["why"] == "daily_knock" and due["because"] not in ("attention", "alone"):
        parts.append(t(BECAUSE[due["because"]]))
    if due["why"] in ("birthday", "weekly_call", *MONTH) and not due["late_days"]:
        parts.append(due_when(due, shelf, person, t))
    if due["why"] not in ("birthday", *MONTH):
        parts.append(seen_words(shelf, person, t))
    return join_words(parts)


def _month_day(today: str, t: Translate) -> str:
    return t("%(month)s月%(day)s日", month=str(int(today[5:7])), day=str(int(today[8:])))
