"""Collecting every message a person may read, and bringing the catalogues up to date (`make messages`).

A message is any Chinese text in a template's ``_('…')``, in the labels of JSON definitions, or in a string
constant of the code that makes pages. Docstrings, data and the command line are left out.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
PO = Path(__file__).parent / "en/LC_MESSAGES/messages.po"
CODE = ("auth", "cards", "desk", "field", "ledger", "forms", "care")
ALONE = ("exchange.py", "pwa.py", "problems.py")
LEFT_OUT = (
    "cli_commands.py",
    "cells.py",
    "header.py",
    "lines.py",
    "lookup.py",
    "commands.py",
    "document.py",
    "extract.py",
    "walk.py",
    "pairing.py",
)
DEFINITIONS = (
    "field/checks.json",
    "forms/*.json",
    "forms/profiles/*.json",
    "care/thresholds.json",
    "care/needs.json",
    "care/rhythm.json",
    "care/holidays.json",
    "../sync/errors.json",
)
SAID = frozenset({"label", "hint", "unit", "title", "group", "reason", "message", "what", "action", "act"})
_CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff]")
_PATTERN = re.compile(r"\(\?|\)\?|\\s|\[0-9\]")
_TEMPLATE = re.compile(r"_\('((?:[^'\\]|\\.)*)'")
_SCRIPT = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


def collect_messages() -> list[str]:
    """Every msgid, sorted."""
    found = set(_from_templates()) | set(_from_definitions()) | set(_from_python()) | set(_from_worker())
    return sorted(msgid for msgid in found if _CHINESE.search(msgid) and not _PATTERN.search(msgid))


def read_catalogue() -> Catalog:
    """The English catalogue as it is."""
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def update_catalogue() -> list[str]:
    """Write the catalogue with exactly today's messages; return those without a translation."""
    known = {message.id: message.string for message in read_catalogue()} if PO.exists() else {}
    catalogue = Catalog(locale="en", project="qiaomen", charset="utf-8")
    for msgid in collect_messages():
        flags = ["python-format"] if "%(" in msgid else []
        catalogue.add(msgid, known.get(msgid) or "", flags=flags)
    with PO.open("wb") as file:
        write_po(file, catalogue, width=0, omit_header=False, sort_output=True)
    return [str(message.id) for message in catalogue if message.id and not message.string]


def _from_templates() -> Iterator[str]:
    for path in (ROOT / "templates").rglob("*.html"):
        yield from _TEMPLATE.findall(path.read_text("utf-8"))


def _from_definitions() -> Iterator[str]:
    for pattern in DEFINITIONS:
        for path in ROOT.glob(pattern):
            yield from _said(json.loads(path.read_text("utf-8")))


def _said(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in SAID and isinstance(item, str):
                yield item
            else:
                yield from _said(item)
    elif isinstance(value, list):
        for item in value:
            yield from _said(item)


def _from_python() -> Iterator[str]:
    paths = [path for part in CODE for path in (ROOT / part).rglob("*.py")] + [ROOT / name for name in ALONE]
    for path in paths:
        if path.name not in LEFT_OUT:
            tree = ast.parse(path.read_text("utf-8"))
            quiet = {id(node) for each in ast.walk(tree) for node in _unsaid(each)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet:
                    yield node.value


def _unsaid(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, and the pieces of f-strings, which are data and not messages."""
    if isinstance(node, ast.Expr):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        yield from node.values


def _from_worker() -> Iterator[str]:
    for path in (ROOT / "static/worker").glob("*.js"):
        code = re.sub(r"(//|\*).*", "", path.read_text("utf-8"))
        yield from _SCRIPT.findall(code)


if __name__ == "__main__":
    missing = update_catalogue()
    print(f"{len(collect_messages())} messages, {len(missing)} without English")  # noqa: T201  # a command
