"""The book by its keys: who lives where, who is alone, who is due. Twin: static/field/view_models/shelf.js.

A book is ``{"grids", "households", "people", "members", "pairings", "cards"}`` (lists of rows) and
``"summaries"`` (by person's id).
"""

from __future__ import annotations

from typing import Any

from webapp.care.rhythm import Due, dues
from webapp.care.summary import empty_summary

Row = dict[str, Any]
Book = dict[str, Any]


class Shelf:
    """A book indexed for one page."""

    def __init__(self, book: Book, today: str) -> None:
        self.today = today
        self.summaries: dict[str, Any] = book["summaries"]
        self.grids = sorted(book["grids"], key=lambda row: (row["fields"].get("position", 0), row["id"]))
        self.places = {row["id"]: place for place, row in enumerate(self.grids)}
        self.grid_of = {row["id"]: row for row in self.grids}
        self.households = {row["id"]: row for row in book["households"]}
        self.people = {row["id"]: row for row in book["people"]}
        self.members = {row["id"]: row for row in book["members"]}
        self.living: dict[str, list[Row]] = {}
        for row in book["people"]:
            self.living.setdefault(row["fields"].get("household", ""), []).append(row)

    def grid_name(self, row: Row) -> str:
        """The name of the grid a row lies in."""
        grid = self.grid_of.get(row["area"])
        return str(grid["fields"].get("name", "")) if grid else ""

    def short_grid(self, row: Row) -> str:
        """A grid's name without its village: "一组"."""
        grid = self.grid_of.get(row["area"])
        village = str(grid["fields"].get("village", "")) if grid else ""
        name = self.grid_name(row)
        return name[len(village) :] if village and name.startswith(village) else name

    def household_of(self, person: Row) -> Row | None:
        """The household a person lives in."""
        return self.households.get(person["fields"].get("household", ""))

    def door_of(self, person: Row) -> str:
        """The door a person lives behind: "4号"."""
        household = self.household_of(person)
        return str(household["fields"].get("door", "")) if household else ""

    def member_name(self, account: str | None) -> str:
        """The name of who holds an account; "" where nobody here knows it."""
        row = self.members.get(account or "")
        return str(row["fields"].get("name", "")) if row else ""

    def responsible(self, area: str) -> Row | None:
        """Who is responsible for a grid."""
        grid = self.grid_of.get(area)
        return self.members.get(grid["fields"].get("responsible", "")) if grid else None

    def is_alone(self, person: Row) -> bool:
        """Whether nobody else of the ledger lives in their household."""
        return len(self.living.get(person["fields"].get("household", ""), [])) == 1

    def summary_of(self, person: Row) -> dict[str, Any]:
        """What is known of them."""
        summary: dict[str, Any] = self.summaries.get(person["id"]) or empty_summary()
        return summary

    def dues_of(self, person: Row) -> list[Due]:
        """What is due for them today."""
        category = person["fields"].get("category", "")
        return dues(category, self.is_alone(person), self.summary_of(person), self.today)

    def walk_key(self, person: Row) -> tuple[int, int, str, str]:
        """The order one walks in: grid, door number, door, name."""
        household = self.household_of(person)
        fields = household["fields"] if household else {}
        place = self.places.get(person["area"], 999)
        return place, fields.get("number", 0), fields.get("door", ""), person["fields"].get("name", "")
