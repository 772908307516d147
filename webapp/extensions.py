"""The extensions the application stands on, one ``init_app`` each.

Templates see ``page_layout``: the whole page, or the partial where htmx asked for one (and is not
restoring its history, for which it needs the whole page).
"""

from __future__ import annotations

from typing import Any

from flask import Flask, request
from flask_babel import Babel
from flask_compress import Compress
from htmx_flask import Htmx

from sync.database import Store, open_store
from webapp.forms.catalogue import build_catalogue

COMPRESSED = [
    "text/html",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/json",
    "application/manifest+json",
    "image/svg+xml",
]
LANGUAGES = {"zh_Hans": "中文", "en": "English"}
babel = Babel()
compress = Compress()
htmx = Htmx()


def init_app(app: Flask) -> None:
    """Set up the store (``app.extensions['qiaomen_store']``), htmx and the languages."""
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["qiaomen_store"] = open_store(app.config["DATABASE_URL"], build_catalogue())
    htmx.init_app(app)
    app.config.setdefault("COMPRESS_ALGORITHM", ["br", "gzip"])
    app.config.setdefault("COMPRESS_ALGORITHM_STREAMING", ["br"])
    app.config.setdefault("COMPRESS_BR_LEVEL", 7)
    app.config.setdefault("COMPRESS_MIMETYPES", COMPRESSED)
    compress.init_app(app)
    babel.init_app(app, locale_selector=choose_language)
    app.context_processor(lambda: {"html_lang": choose_language().replace("_", "-")})


def choose_language() -> str:
    """The language cookie's choice, else Chinese."""
    chosen = request.cookies.get("language", "") if request else ""
    return chosen if chosen in LANGUAGES else "zh_Hans"


def wants_partial() -> bool:
    """Whether htmx asked for a part of the page (design D1: ``request.htmx`` decides)."""
    headers: Any = request.htmx  # type: ignore[attr-defined]  # the extension's request class adds it
    return bool(headers) and "HX-History-Restore-Request" not in request.headers


def store_of(app: Flask) -> Store:
    """The application's store."""
    store: Store = app.extensions["qiaomen_store"]
    return store
