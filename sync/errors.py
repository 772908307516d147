"""The one catalogue of what can go wrong in an exchange: sync/errors.json, read by both sides. Pure.

A code is stable: it travels on the wire, chooses the message on the phone, and is what logs and tests
say. ``what`` tells what happened and ``action`` what the person can do, in plain Chinese (msgids).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One entry: its stable code, the HTTP status where it refuses a whole request, and its words.

    ``retry_after``: seconds after which the same request may well be taken.
    """

    code: str
    http: int
    what: str
    action: str
    retry_after: int | None = None


_CATALOGUE = json.loads(Path(__file__).with_name("errors.json").read_text("utf-8"))
PROBLEMS = {code: Problem(code, **entry) for code, entry in _CATALOGUE.items()}


class ProblemError(Exception):
    """A problem raised: ``code`` is one of ``PROBLEMS``; ``detail`` helps whoever reads the log."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.problem = PROBLEMS[code]
        self.code = code
        self.detail = detail
