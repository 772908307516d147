"""Free clinics, lectures, screenings: which are on, and who came. Twin: static/…/sessions.js."""

from __future__ import annotations

from typing import Any

from webapp.care.dates import add_days, instant_at, is_date, local_date
from webapp.field.view_models.frame import head
from webapp.field.view_models.shelf import Book, Row, Shelf, is_active
from webapp.field.view_models.words import age_words, day_words, join_words
from webapp.forms.engine import Translate, load_profile, value_text

SHOWN_BEFORE, SHOWN_AFTER = 30, 60  # days around today
NOON = 12
SOON = 3  # days


def sessions_view(book: Book, now: int, t: Translate) -> dict[str, Any]:
    """The sessions of these grids around today, the next first, then those that were."""
    today = local_date(now)
    first, last = add_days(today, -SHOWN_BEFORE), add_days(today, SHOWN_AFTER)
    shown = [row for row in book.get("sessions", []) if first <= _day(row) <= last]
    shown.sort(key=lambda row: (_day(row), row["id"]))
    coming = [row for row in shown if _day(row) >= today]
    past = [row for row in reversed(shown) if _day(row) < today]
    titled = ((t("要办的"), coming), (t("办过的"), past))
    return {
        "head": head(t("义诊、讲座、普查"), back="/field/today", back_text=t("今天")),
        "sections": [_section(title, rows, today, t) for title, rows in titled if rows],
        "nothing": not shown,
    }


def sessions_soon(book: Book, today: str, t: Translate) -> list[dict[str, str]]:
    """The sessions of today and the next three days, for the page of today."""
    last = add_days(today, SOON)
    soon = [row for row in book.get("sessions", []) if today <= _day(row) <= last]
    return [_entry(row, today, t) for row in sorted(soon, key=lambda row: (_day(row), row["id"]))]


def session_view(
    book: Book, session_id: str, came: dict[str, str], now: int, t: Translate
) -> dict[str, Any] | None:
    """The list of a session's grid, None where not in the book; ``came``: the attendance fact by person."""
    session = next((row for row in book.get("sessions", []) if row["id"] == session_id), None)
    if session is None:
        return None
    shelf = Shelf(book, local_date(now))
    here = [row for row in book["people"] if row["area"] == session["area"]]
    people = [row for row in here if is_active(row) or row["id"] in came]
    people.sort(key=shelf.walk_key)
    fields = session["fields"]
    return {
        "head": head(
            fields.get("title", ""),
            sub=join_words([_words(session, shelf.today, t), fields.get("place", "")]),
            side=t("来了 %(n)s 人", n=str(len(came))),
            back="/field/sessions",
            back_text=t("义诊、讲座、普查"),
        ),
        "people": [_person(shelf, row, session_id, came, t) for row in people],
        "nobody_here": not people,
        "too_early": _day(session) > shelf.today,
    }


def came_at(session: Row, now: int) -> int | None:
    """When somebody came who is ticked off at ``now`` (ms): noon of a day gone by; None before the day."""
    day, today = _day(session), local_date(now)
    if day > today:
        return None
    return now if day == today or not is_date(day) else instant_at(day, NOON, 0)


def _section(title: str, rows: list[Row], today: str, t: Translate) -> dict[str, Any]:
    return {"title": title, "entries": [_entry(row, today, t) for row in rows]}


def _entry(session: Row, today: str, t: Translate) -> dict[str, str]:
    fields = session["fields"]
    place = join_words([_words(session, today, t), fields.get("place", ""), fields.get("organiser", "")])
    return {"href": f"/field/sessions/{session['id']}", "title": fields.get("title", ""), "detail": place}


def _words(session: Row, today: str, t: Translate) -> str:
    form = next(field for field in load_profile("session")["fields"] if field["key"] == "form")
    day = _day(session)
    kind = session["fields"].get("form", "")
    words = day_words(day, today, t) if is_date(day) else ""
    return join_words([value_text(form, kind, t) if kind else "", words])


def _person(shelf: Shelf, person: Row, session: str, came: dict[str, str], t: Translate) -> dict[str, Any]:
    name, path = person["fields"].get("name", ""), f"/field/sessions/{session}/people/{person['id']}"
    return {
        "id": f"p-{person['id']}",
        "name": name,
        "detail": join_words([shelf.door_of(person), age_words(person, shelf.today, t)]),
        "came": person["id"] in came,
        "action": path,
        "check_href": f"/field/people/{person['id']}/health_check/new",
    }


def _day(session: Row) -> str:
    return str(session["fields"].get("date", ""))
