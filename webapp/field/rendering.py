"""Rendering a field page in Flask: the same template and the same frame as in the worker."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_babel import gettext

from webapp.extensions import wants_partial
from webapp.field.view_models.frame import frame, head
from webapp.ledger.commands import now_ms


def t(msgid: str, /, **values: str) -> str:
    """A message in the reader's language."""
    return str(gettext(msgid, **values))


def connection_of(needs: int) -> dict[str, Any]:
    """Without a worker everything is on the server at once: nothing waits."""
    quiet = {"online": True, "syncing": False, "waiting": 0, "oldest": None, "trouble": "", "worker": False}
    return quiet | {"left": 0, "needs": needs}


def render_field(template: str, active: str, view: dict[str, Any], needs: int) -> str:
    """A page of the phone; the partial where htmx asked for one."""
    layout = "shared/_partial.html" if wants_partial() else "shared/_page.html"
    size = "text-large" if request.cookies.get("text_size") == "large" else "text-normal"
    around = frame(active, connection_of(needs), now_ms(), t)
    return render_template(template, layout=layout, text_class=size, frame=around, **view)


def message_view(message: str, advice: str, href: str, text: str) -> dict[str, Any]:
    """A page that only says something and leads on."""
    return {"head": head(t("敲门")), "message": message, "advice": advice, "go_href": href, "go_text": text}
