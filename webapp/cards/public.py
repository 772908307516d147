"""The public page of a card: what a scan opens, without sign-in and without a script.

Invariant: it says nothing about the family, and looks the same for every code that is not in use, whether it
never was, was lost or withdrawn, or is nonsense.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask_babel import force_locale

from webapp.cards.contact import contact_of
from webapp.cards.issue import find_by_code, find_card
from webapp.extensions import store_of

blueprint = Blueprint("card", __name__)
Answer = Any


@blueprint.get("/C/<token>")
@blueprint.get("/c/<token>")
def show_card(token: str) -> Answer:
    """What a scan opens: whom to call."""
    with store_of(current_app).read() as tx:
        return _page(tx, find_card(tx, store_of(current_app), token[:64]))


@blueprint.get("/C")
@blueprint.get("/c")
def type_code() -> Answer:
    """Where the short code of a card is typed; what it opens is the same page that a scan opens."""
    typed = request.args.get("code", "")[:40]
    if typed:
        with store_of(current_app).read() as tx:
            return _page(tx, find_by_code(tx, store_of(current_app), typed))
    with force_locale(_language()):
        return render_template("cards/type_code.html", language=_language())


def _page(tx: Any, card: dict[str, Any] | None) -> Answer:
    """The page of a card in use, or the one page for everything else."""
    language = _language()
    headers = {"X-Robots-Tag": "noindex"}
    with force_locale(language):
        if card is None:
            return render_template("cards/unknown.html", language=language), 404, headers
        contact = contact_of(tx, store_of(current_app), card["area"])
        code = card["fields"]["code"]
        page = render_template("cards/public.html", contact=contact, code=code, language=language)
        return page, 200, headers


def _language() -> str:
    return "en" if request.args.get("language") == "en" else "zh_Hans"
