"""The book by its keys: who lives where, who is alone, who is due. Twin: static/field/view_models/shelf.js.

A book is ``{"grids", "households", "people", "members", "pairings", "cards", "rhythms"}`` (lists of rows) and
``"summaries"`` (by person's id).
"""

from __future__ import annotations

from typing import Any

from webapp.care.pairing import is_in_force
from webapp.care.posts import is_serving
from webapp.care.rhythm import Due, dues, make_plan
from webapp.care.rhythm_settings import Plan, settle_rules
from webapp.care.summary import empty_summary
from webapp.care.walk import natural_text

Row = dict[str, Any]
Book = dict[str, Any]


def is_active(person: Row) -> bool:
    """Whether somebody is on the ledger still: no state, or "active"."""
    return bool(person["fields"].get("state", "active") == "active")


class Shelf:
    """A book indexed for one page."""

    def __init__(self, book: Book, today: str) -> None:
        self.today = today
        self.summaries: dict[str, Any] = book["summaries"]
        self.grids = sorted(book["grids"], key=_grid_order)
        self.places = {row["id"]: place for place, row in enumerate(self.grids)}
        self.grid_of = {row["id"]: row for row in self.grids}
        self.households = {row["id"]: row for row in book["households"]}
        self.people = {row["id"]: row for row in book["people"]}
        self.members = {row["id"]: row for row in book["members"]}
        self.needs = {row["id"]: row for row in book.get("needs", [])}
        self.living: dict[str, list[Row]] = {}
        for row in book["people"]:
            self.living.setdefault(row["fields"].get("household", ""), []).append(row)
        self.posts: list[Row] = book.get("posts", [])
        self.above = {row["id"]: row for row in book.get("above", [])}
        self.rhythms: list[Row] = book.get("rhythms", [])
        self.plans: dict[str, Plan] = {}
        self.doors: dict[str, tuple[str, int, str]] = {}
        self.pairings: dict[str, list[Row]] = {}
        for row in book["pairings"]:
            self.pairings.setdefault(row["fields"].get("person", ""), []).append(row)

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
        """Who is responsible for a grid: whom its data names, else its head by a post that is in force."""
        heads = [
            row for row in self.posts if row["area"] == area and row["fields"].get("role") == "grid_head"
        ]
        serving = (row for row in heads if is_serving(row["fields"], self.today))
        return self.named_responsible(area) or next(serving, None)

    def named_responsible(self, area: str) -> Row | None:
        """The member whom a grid's own data names as responsible."""
        grid = self.grid_of.get(area)
        return self.members.get(grid["fields"].get("responsible", "")) if grid else None

    def is_alone(self, person: Row) -> bool:
        """Whether nobody else of the ledger, who is on it still, lives in their household."""
        home = self.living.get(person["fields"].get("household", ""), [])
        return not any(row["id"] != person["id"] and is_active(row) for row in home)

    def summary_of(self, person: Row) -> dict[str, Any]:
        """What is known of them."""
        summary: dict[str, Any] = self.summaries.get(person["id"]) or empty_summary()
        return summary

    def plan_of(self, area: str) -> Plan:
        """Today's plan of a grid: its rules, the holidays, the birthdays ahead."""
        if area not in self.plans:
            self.plans[area] = make_plan(self.today, settle_rules(self.rhythms, self.chain_of(area)))
        return self.plans[area]

    def chain_of(self, area: str) -> list[str]:
        """The areas whose rules hold in a grid, from the top down to itself, as far as they are known."""
        chain, row = [area], self.grid_of.get(area)
        while row and row["fields"].get("parent") and row["fields"]["parent"] not in chain:
            chain.insert(0, row["fields"]["parent"])
            row = self.above.get(chain[0])
        return chain

    def dues_of(self, person: Row) -> list[Due]:
        """What is due for them today."""
        plan, alone = self.plan_of(person["area"]), self.is_alone(person)
        return dues(plan, person["fields"], alone, person.get("received_at"), self.summary_of(person))

    def paired_with(self, person: Row) -> list[Row]:
        """The pairings of a person that hold today, oldest first."""
        found = [row for row in self.pairings.get(person["id"], []) if is_in_force(row["fields"], self.today)]
        return sorted(found, key=lambda row: (row["fields"].get("from", ""), row["id"]))

    def is_paired_with(self, person: Row, account: str) -> bool:
        """Whether somebody is paired with them today."""
        return any(row["fields"].get("member") == account for row in self.paired_with(person))

    def walk_key(self, person: Row) -> tuple[int, str, int, str, str]:
        """The order one walks in: grid, group, door number, door as it is spoken, name."""
        home = person["fields"].get("household", "")
        if home not in self.doors:
            household = self.households.get(home)
            fields = household["fields"] if household else {}
            self.doors[home] = _door_order(fields)
        return self.places.get(person["area"], 999), *self.doors[home], person["fields"].get("name", "")


def _grid_order(row: Row) -> tuple[int, str, str]:
    return row["fields"].get("position", 0), natural_text(row["fields"].get("name", "")), row["id"]


def _door_order(fields: dict[str, Any]) -> tuple[str, int, str]:
    return (
        natural_text(fields.get("group", "")),
        fields.get("number", 0),
        natural_text(fields.get("door", "")),
    )
