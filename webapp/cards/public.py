"""The public page of a card: what a scan opens, without sign-in and without a script.

Invariant: it says nothing about the family, and looks the same for every code that is not in use, whether it
never was, was lost or withdrawn, or is nonsense.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Connection

from webapp.cards.contact import contact_of
from webapp.cards.issue import find_by_code, find_card
from webapp.cards.limits import ASK, GUESS, is_over, note_attempt
from webapp.cards.requests import CHOICES, ask, asked_by, stage_of
from webapp.care.dates import local_date
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.words import day_words
from webapp.ledger.commands import now_ms

blueprint = Blueprint("card", __name__)
Answer = Any
NOTE = 200
NUMBER = 20


@blueprint.get("/C/<token>")
@blueprint.get("/c/<token>")
def show_card(token: str) -> Answer:
    """What a scan opens: whom to call, what may be asked for, and how far it is."""
    with store_of(current_app).read() as tx:
        card = find_card(tx, store_of(current_app), token[:64])
        if card is not None:
            return _page(tx, card, token)
    return _unknown()


@blueprint.get("/C")
@blueprint.get("/c")
def type_code() -> Answer:
    """Where the short code of a card is typed; what it opens is the page of its card, to call by."""
    typed = request.args.get("code", "")[:40]
    if not typed:
        with force_locale(_language()):
            return render_template("cards/type_code.html", **_look())
    store = store_of(current_app)
    with store.read() as tx:
        if is_over(tx, GUESS, _address(), now_ms()):
            return _slow_down()
        card = find_by_code(tx, store, typed)
        if card is not None:
            return _page(tx, card, "")
    return _unknown()


@blueprint.get("/c/<token>/ask/<choice>")
@blueprint.get("/C/<token>/ask/<choice>")
def show_ask(token: str, choice: str) -> Answer:
    """One thing to ask for: a note and a number to call back, both optional, then one button."""
    with store_of(current_app).read() as tx:
        card = find_card(tx, store_of(current_app), token[:64])
        if card is None or choice not in CHOICES:
            return _unknown()
        with force_locale(_language()):
            words, contact = _choices()[choice], contact_of(tx, store_of(current_app), card["area"])
            page = {"token": token, "choice": choice, "words": words, "contact": contact}
            return render_template("cards/ask.html", **page, **_look()), 200, _HEADERS


@blueprint.post("/c/<token>/ask/<choice>")
@blueprint.post("/C/<token>/ask/<choice>")
def send_ask(token: str, choice: str) -> Answer:
    """Raise the need; then show the card's page, which says how far it is."""
    store, now = store_of(current_app), now_ms()
    note = " ".join(request.form.get("note", "").split())[:NOTE]
    phone = re.sub(r"[^0-9+-]", "", request.form.get("phone", "")[:40])[:NUMBER]

    def raise_need(tx: Connection) -> str:
        card = find_card(tx, store, token[:64])
        if card is None or choice not in CHOICES:
            return "unknown"
        if is_over(tx, ASK, _address(), now):
            return "too_many"
        note_attempt(tx, ASK, _address(), now)
        return ask(tx, store, card, choice, note=note, phone=phone)

    outcome = store.transact(raise_need)
    if outcome == "unknown":
        return _unknown()
    if outcome == "too_many":
        return _slow_down()
    return redirect(url_for("card.show_card", token=token) + _look()["query"], 303)


def _page(tx: Connection, card: dict[str, Any], token: str) -> Answer:
    """The page of a card in use; ``token`` is "" where only its short code is known: to call, not to ask."""
    store = store_of(current_app)
    with force_locale(_language()):
        page = {
            "contact": contact_of(tx, store, card["area"]),
            "code": card["fields"]["code"],
            "token": token,
            "choices": _choices() if token else {},
            "asked": [_asked_words(row) for row in asked_by(tx, store, card)[:3]] if token else [],
        }
        return render_template("cards/public.html", **page, **_look()), 200, _HEADERS


def _unknown() -> Answer:
    """The one page for everything that is not a card in use."""
    store, now = store_of(current_app), now_ms()

    def count(tx: Connection) -> bool:
        if is_over(tx, GUESS, _address(), now):
            return True
        note_attempt(tx, GUESS, _address(), now)
        return False

    if store.transact(count):
        return _slow_down()
    with force_locale(_language()):
        return render_template("cards/unknown.html", **_look()), 404, _HEADERS


def _slow_down() -> Answer:
    """The one page for whoever tries too often: the numbers to call, and when to try again."""
    with force_locale(_language()):
        return render_template("cards/slow_down.html", **_look()), 429, _HEADERS | {"Retry-After": "900"}


def _choices() -> dict[str, str]:
    return {
        "unwell": _("身体不舒服"),
        "hardship": _("家里有困难"),
        "talk": _("想找人说话"),
        "other": _("别的事"),
        "call": _("请给家里回个电话"),
    }


def _asked_words(row: dict[str, Any]) -> dict[str, str]:
    """What the page says of something that was asked for: how far it is, and nothing of what it was."""
    stage, day = stage_of(row)
    today = local_date(now_ms())
    if stage == "done":
        return {"shape": "●", "words": _("办好了")}
    if stage == "coming":
        by = _("有人会来，最晚%(day)s", day=day_words(day, today, t)) if day else _("有人在办了")
        return {"shape": "◆", "words": by}
    return {"shape": "◆", "words": _("%(day)s收到了，正在安排人", day=day_words(day, today, t))}


def _look() -> dict[str, Any]:
    """What every public page is drawn by: its language and the size of its type, both in its address."""
    language = _language()
    size = "large" if request.args.get("size") == "large" else ""
    named = {"language": "en" if language == "en" else "", "size": size}
    query = "&".join(f"{key}={value}" for key, value in named.items() if value)
    other = {"language": "" if language == "en" else "en", "size": size}
    sized = {"language": named["language"], "size": "" if size else "large"}
    return {
        "language": language,
        "size": size,
        "query": f"?{query}" if query else "",
        "other_language": "?" + "&".join(f"{key}={value}" for key, value in other.items() if value),
        "other_size": "?" + "&".join(f"{key}={value}" for key, value in sized.items() if value),
    }


def _language() -> str:
    return "en" if request.args.get("language") == "en" else "zh_Hans"


def _address() -> str:
    return (request.remote_addr or "")[:60]


_HEADERS = {"X-Robots-Tag": "noindex, nofollow"}
