"""Where an uploaded ledger lies until it is imported: a small SQLite file with every line's fate.

``instance/imports/<id>.db`` opens in any SQLite tool. Invariant: only who uploaded a file sees it, since it
may name people outside everybody else's grids.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from sync.ids import is_id
from webapp.ledger.roster.lines import Line

MOST_LISTED = 20


KEPT = 30 * 86_400_000


def save_import(folder: Path, about: dict[str, Any], lines: list[Line]) -> None:
    """Stage the lines of one file; ``about`` is ``{"id", "name", "account", "created_at"}``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{about['id']}.db"
    unfinished = path.with_suffix(".part")
    database = Database(unfinished)
    try:
        database.table("import").insert(about | {"state": "preview"}, pk="id")
        rows = ({"place": place, **_flat(line)} for place, line in enumerate(lines))
        database.table("line").insert_all(rows, pk="place")
    finally:
        database.close()
    unfinished.replace(path)


class Staged:
    """One staged ledger, opened by who uploaded it."""

    def __init__(self, folder: Path, import_id: str, account: str) -> None:
        """Raises LookupError where there is none of theirs."""
        path = folder / f"{import_id}.db"
        if not is_id(import_id) or not path.exists():
            raise LookupError(import_id)
        self._database = Database(path)
        self.about: dict[str, Any] = self._database.table("import").get(import_id)
        if self.about["account"] != account:
            self.close()
            raise LookupError(import_id)

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def lines(self) -> list[Line]:
        """Every line, in the file's order."""
        return [_line(row) for row in self._database.table("line").rows_where(order_by="place")]

    def save_line(self, place: int, line: Line) -> None:
        """Keep a line's new cells and fate."""
        self._database.table("line").update(place, _flat(line))

    def save_lines(self, lines: list[Line]) -> None:
        """Keep the fate of all lines."""
        for place, line in enumerate(lines):
            self.save_line(place, line)

    def mark_imported(self) -> None:
        """The file's accepted lines are in the ledger now."""
        self._database.table("import").update(self.about["id"], {"state": "imported"})
        self.about["state"] = "imported"


def forget_old(folder: Path, now: int) -> None:
    """Delete what was uploaded more than 30 days ago: personal data that the ledger has by now."""
    for path in folder.glob("*.db"):
        if path.stat().st_mtime * 1000 < now - KEPT:
            path.unlink()


def list_imports(folder: Path, account: str) -> list[dict[str, Any]]:
    """What this person uploaded, newest first: ``{"id", "name", "created_at", "state", "held"}``."""
    found: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.db"), reverse=True):
        if len(found) == MOST_LISTED:
            break
        try:
            staged = Staged(folder, path.stem, account)
        except LookupError:
            continue
        held = sum(line.fate == "held" for line in staged.lines())
        found.append({**staged.about, "held": held})
        staged.close()
    return found


def _flat(line: Line) -> dict[str, Any]:
    values = asdict(line)
    return values | {"cells": json.dumps(line.cells, ensure_ascii=False), "values": json.dumps(line.values)}


def _line(row: dict[str, Any]) -> Line:
    kept = {key: value for key, value in row.items() if key != "place"}
    return Line(**kept | {"cells": json.loads(row["cells"]), "values": json.loads(row["values"])})
