"""Running a language-neutral vector in Python. The same files are run by tests/js/vectors.test.js.

A vector is ``{"name", "call", "in", "out"}``. In ``in``, "$t" stands for the untranslated translator,
``{"$form": kind}`` and ``{"$profile": kind}`` for a definition, ``{"$options": {…}}`` for options by name.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
from pathlib import Path
from typing import Any

from sync.clock import Clock
from webapp.forms.catalogue import untranslated
from webapp.forms.engine import load_form, load_profile

VECTORS = Path(__file__).parent / "vectors"
MODULES = {
    "clock": "sync.clock",
    "overlay": "sync.overlay",
    "packing": "sync.packing",
    "columns": "sync.columns",
    "turning": "sync.turning",
    "cells": "sync.cells",
    "digest": "sync.digest",
    "edits": "sync.edits",
    "dates": "webapp.care.dates",
    "thresholds": "webapp.care.thresholds",
    "summary": "webapp.care.summary",
    "periods": "webapp.care.periods",
    "holidays": "webapp.care.holidays",
    "pairing": "webapp.care.pairing",
    "rhythm_settings": "webapp.care.rhythm_settings",
    "rhythm": "webapp.care.rhythm",
    "needs": "webapp.care.needs",
    "hours": "webapp.care.hours",
    "posts": "webapp.care.posts",
    "walk": "webapp.care.walk",
    "sounds": "webapp.care.sounds",
    "twins": "webapp.care.twins",
    "forms": "webapp.forms.engine",
    "profile": "webapp.forms.profile",
    **{
        f"view_models/{page}": f"webapp.field.view_models.{page}"
        for page in (
            "today",
            "households",
            "household",
            "responsible",
            "station",
            "need",
            "needs",
            "sessions",
            "plan",
            "person",
            "form",
            "edit",
            "register",
            "fact",
            "paired",
            "outbox",
            "me",
            "self_test",
            "frame",
        )
    },
}


def read_vectors(stem: str) -> list[dict[str, Any]]:
    """The vectors of one file."""
    vectors: list[dict[str, Any]] = json.loads((VECTORS / f"{stem}.json").read_text("utf-8"))
    return vectors


def call_vector(stem: str, vector: dict[str, Any]) -> Any:
    """What the Python side makes of a vector, as JSON would carry it."""
    function = getattr(importlib.import_module(MODULES[stem]), vector["call"])
    options = [arg["$options"] for arg in vector["in"] if isinstance(arg, dict) and "$options" in arg]
    arguments = [_argument(arg) for arg in vector["in"] if not (isinstance(arg, dict) and "$options" in arg)]
    result = function(*arguments, **(options[0] if options else {}))
    return json.loads(json.dumps(result, default=dataclasses.asdict))


def _argument(arg: Any) -> Any:
    if arg == "$t":
        return untranslated
    if isinstance(arg, dict) and "$form" in arg:
        return load_form(arg["$form"])
    if isinstance(arg, dict) and "$profile" in arg:
        return load_profile(arg["$profile"])
    if isinstance(arg, dict) and set(arg) == {"millis", "counter", "node"}:
        return Clock(**arg)
    return arg
