"""自检, open to anybody: the page where there is no worker yet, and what the server sees of this browser.

Invariant: nothing about anybody is asked or told here.
"""

from __future__ import annotations

from typing import Any

from flask import jsonify, request

from webapp.field.rendering import render_field, t
from webapp.field.routes import blueprint
from webapp.field.view_models.self_test import self_test_view
from webapp.ledger.commands import now_ms

Answer = Any


@blueprint.get("/self-test")
def show_self_test() -> Answer:
    """The page; the browser tests itself when it is opened."""
    return render_field("field/self_test.html", "me", self_test_view(t), 0)


@blueprint.get("/self-test/server")
def show_server() -> Answer:
    """``{"protocol", "time", "accept"}``: this moment, and the codings that arrived. Never the worker's."""
    return jsonify(protocol=1, time=now_ms(), accept=request.headers.get("Accept-Encoding", ""))
