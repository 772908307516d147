"""Sheets of cards to print: what goes on which page, in each format.

Invariant: a back lies behind its front when the sheet is turned over its long edge, so a row of backs runs
from right to left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection

from sync.database import Store
from sync.rows import rows_of
from webapp.cards.contact import contact_of, spell
from webapp.cards.issue import cards_of
from webapp.cards.qr import card_url, draw_qr
from webapp.cards.vcard import make_vcard

Card = dict[str, Any]


@dataclass(frozen=True)
class Format:
    """How cards lie on a page: ``columns`` × ``rows``; ``backs`` says where their backs are."""

    columns: int
    rows: int
    backs: str  # "page": on a page of their own; "beside": folded over; "none": all is on the front

    @property
    def per_page(self) -> int:
        """Cards on one page."""
        return self.columns * self.rows


FORMATS = {
    "a4": Format(2, 4, "page"),
    "pocket": Format(1, 5, "beside"),
    "wall": Format(1, 1, "none"),
    "labels": Format(3, 8, "none"),
}


def sheets_of(
    tx: Connection,
    store: Store,
    area: str,
    host: str,
    *,
    form: str = "a4",
    only: frozenset[str] | None = None,
) -> Card:
    """What the template of a sheet needs: ``{"format", "pages", "contact", "host", "vcard", "cards"}``.

    ``pages`` is a list of ``{"side": "front"|"back", "cards": [card or None]}``; ``host`` is the public
    address; ``only`` names the cards wanted, None meaning every card in use. Raises KeyError for an unknown
    format.
    """
    style = FORMATS[form]
    contact = contact_of(tx, store, area)
    contact["pinyin"] = spell(contact["name"])
    homes = {row["id"]: row["fields"] for row in rows_of(tx, store.catalogue, [area], kinds=["household"])}
    cards = [row for row in cards_of(tx, store, area) if row["fields"]["household"] in homes]
    wanted = [row for row in cards if only is None or row["id"] in only]
    wanted.sort(key=lambda row: _walk(homes[row["fields"]["household"]]))
    drawn = [_drawn(row, homes[row["fields"]["household"]], host) for row in wanted]
    return {
        "format": form,
        "pages": _pages(drawn, style),
        "contact": contact,
        "host": host.partition("://")[2],
        "vcard": draw_qr(make_vcard(contact), _("存进通讯录的码"), "M"),
        "cards": [row["id"] for row in wanted],
    }


def _pages(drawn: list[Card], style: Format) -> list[Card]:
    pages: list[Card] = []
    for start in range(0, len(drawn), style.per_page):
        fronts = drawn[start : start + style.per_page]
        pages.append({"side": "front", "cards": fronts})
        if style.backs == "page":
            pages.append({"side": "back", "cards": _mirrored(fronts, style)})
    return pages


def _mirrored(fronts: list[Card], style: Format) -> list[Card | None]:
    padded: list[Card | None] = [*fronts, *[None] * (-len(fronts) % style.columns)]
    rows = [padded[start : start + style.columns] for start in range(0, len(padded), style.columns)]
    return [card for row in rows for card in reversed(row)]


def _walk(household: dict[str, Any]) -> tuple[int, str]:
    return household.get("number", 0), household.get("door", "")


def _drawn(card: dict[str, Any], household: dict[str, Any], host: str) -> Card:
    return {
        "door": household.get("door", ""),
        "code": card["fields"]["code"],
        "qr": draw_qr(card_url(host, card["fields"]["token"]), _("联系卡二维码"), "H"),
    }
