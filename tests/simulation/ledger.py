"""The server's database read by plain SQL, so that the oracle trusts none of the code it judges."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

GONE = ("left", "erased")


class Ledger:
    """What the tables hold now."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path)
        self._database.row_factory = sqlite3.Row

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """The rows of a query."""
        return self._database.execute(query, values).fetchall()

    def areas_of(self, account: str, now: int) -> set[str]:
        """The grids that the grants in force give an account, and the areas over them."""
        query = """WITH RECURSIVE below(area_id) AS (
            SELECT area_id FROM access
            WHERE account_id = ? AND since <= ? AND (until IS NULL OR until > ?)
            UNION SELECT area.area_id FROM area JOIN below ON area.parent_id = below.area_id),
            above(area_id) AS (SELECT area_id FROM below
            UNION SELECT area.parent_id FROM area JOIN above USING (area_id)
            WHERE area.parent_id IS NOT NULL)
            SELECT area_id FROM above"""
        return {row["area_id"] for row in self.rows(query, account, now, now)}

    def standing(self, area: str) -> dict[str, tuple[Any, ...]]:
        """The records of an area that are no tombstones: number, kind, state, author, fields by id."""
        found = {}
        for row in self.rows("SELECT * FROM record WHERE area_id = ?", area):
            if row["state"] in GONE:
                continue
            state = None if row["state"] == "conflict" else row["state"]
            fields = json.loads(row["body"])
            found[row["record_id"]] = (row["seq"], row["kind"], state, row["author_id"], fields)
        return found

    def texts(self) -> str:
        """Every text of every table, to look for what must not be there."""
        tables = [row["name"] for row in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        parts = []
        for table in tables:
            for row in self.rows(f'SELECT * FROM "{table}"'):  # noqa: S608  # the schema's own names
                parts += [str(value) for value in tuple(row) if isinstance(value, str)]
        return "\n".join(parts)

    def close(self) -> None:
        """Let the file go."""
        self._database.close()
