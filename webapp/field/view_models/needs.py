"""帮忙的事: what I took, what nobody has, what others have, what was met. Twin: static/…/needs.js."""

from __future__ import annotations

from typing import Any

from webapp.care.dates import DAY, local_date
from webapp.care.needs import is_open
from webapp.field.view_models.frame import head
from webapp.field.view_models.need_items import need_items
from webapp.field.view_models.shelf import Book, Row, Shelf
from webapp.forms.engine import Translate

MOST_SHOWN = 60
SHOWN_FOR = 60 * DAY  # ms since it was raised; what was met before is on its person's page


def needs_view(book: Book, me: str, now: int, t: Translate) -> dict[str, Any]:
    """The page of all needs of these grids, for the account ``me``."""
    shelf = Shelf(book, local_date(now))
    by_title: dict[str, list[Row]] = {"我在办的": [], "等人来办的": [], "别人在办的": [], "办结的": []}
    for need in shelf.needs.values():
        fields = need["fields"]
        if not is_open(fields):
            if fields.get("opened_at", 0) > now - SHOWN_FOR:
                by_title["办结的"].append(need)
        elif fields.get("taker") == me:
            by_title["我在办的"].append(need)
        elif fields.get("state") in ("open", "reopened"):
            by_title["等人来办的"].append(need)
        else:
            by_title["别人在办的"].append(need)
    sections = [
        {"title": t(title), "entries": need_items(shelf, needs, t)[:MOST_SHOWN]}
        for title, needs in by_title.items()
        if needs
    ]
    waiting = sum(is_open(need["fields"]) for need in shelf.needs.values())
    sub = t("还有 %(n)s 件没有办好", n=str(waiting))
    return {
        "head": head(t("帮忙的事"), sub=sub, back="/field/today", back_text=t("今天")),
        "sections": sections,
        "nothing": not sections,
    }
