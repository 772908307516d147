"""Lines of a ledger become households and people, by changes through the fold, in one transaction.

Invariants: importing twice adds nothing, and an old file makes nobody anew who moved or was erased; a value
that changed becomes a ``set`` of that field alone; a supervisor imports only into grids of their own; a
rehearsal runs the same code and is rolled back.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from sync.database import Store
from sync.rows import rows_of
from sync.schema import access, area
from sync.scope import REVIEWERS, SYSTEM, Caller, load_caller
from webapp.auth.accounts import refresh_members
from webapp.ledger.areas import describe_places
from webapp.ledger.commands import ensure_area, fold_into, new_id, now_ms, set_fields
from webapp.ledger.known_people import by_name, is_same_birth, read_gone_people
from webapp.ledger.lookup import household_lookup, person_lookup, squeeze
from webapp.ledger.roster.cells import read_number, spell, surname_of
from webapp.ledger.roster.judging import hold_line
from webapp.ledger.roster.lines import UNPLACED, Line, door_of, grid_name, village_of

Row = dict[str, Any]
BATCH = 500  # changes of one fold: what is read for them by one statement
CLASS_COUNTS = ("pupils", "both", "one", "single")


@dataclass
class Outcome:
    """What an import did, or would do: counts of what the file holds, and of what is new."""

    households: int = 0
    people: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    children_by_parents_away: Counter[str] = field(default_factory=Counter)
    by_grid: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    unchanged: int = 0
    new_grids: list[str] = field(default_factory=list)
    classes: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    records: dict[tuple[str, int], str] = field(default_factory=dict)


def import_lines(
    store: Store, lines: list[Line], caller: Caller, *, secret: str = "", rehearse: bool = False
) -> Outcome:
    """Import the accepted lines; lines in a grid that is not the caller's become held.

    ``secret`` is the installation's, by which who was erased is known again.
    """
    with store.rehearse() if rehearse else store.write() as tx:
        return _Import(tx, store, caller, secret).run(lines)


class _Import:
    """One import in one transaction."""

    def __init__(self, tx: Connection, store: Store, caller: Caller, secret: str) -> None:
        self.tx, self.store, self.caller, self.secret = tx, store, caller, secret
        self.outcome = Outcome()
        self.changes: list[dict[str, Any]] = []

    def run(self, lines: list[Line]) -> Outcome:
        pupils = self._find_pupils(lines)
        placed = [line for line in lines if id(line) not in pupils]
        grids = self._find_grids(placed)
        self._hold_gone([line for line in placed if line.fate == "accepted"], grids)
        going_in = [line for line in placed if line.fate == "accepted"]
        households = self._households(going_in, grids)
        self._people(going_in, grids, households)
        for line in lines:
            if id(line) in pupils:
                self._set_pupil(line, pupils[id(line)])
        self._count_classes(
            lines,
            {id(x): grids[grid_name(x)] for x in going_in} | {k: row["area"] for k, row in pupils.items()},
        )
        self._fold()
        return self.outcome

    def _fold(self) -> None:
        self.changes.sort(key=lambda change: str(change["area"]))  # a fold counts each grid it touches again
        for place in range(0, len(self.changes), BATCH):
            statuses = fold_into(self.tx, self.store, self.changes[place : place + BATCH], self.caller)
            refused = [status for status in statuses if status["status"] not in ("accepted", "conflict")]
            if refused:
                raise RuntimeError(f"the fold did not take {refused[0]}")

    def _find_pupils(self, lines: list[Line]) -> dict[int, Row]:
        """Lines of a class's list without addresses whose pupil is known: the row, by the line's identity."""
        unplaced = [x for x in lines if x.fate == "accepted" and x.cells["address"].startswith(UNPLACED)]
        if not unplaced:
            return {}
        mine = [each for each in self.tx.scalars(select(area.c.area_id)) if self.caller.may_review(each)]
        children = by_name(
            row
            for row in rows_of(self.tx, self.store.catalogue, mine, kinds=["person"])
            if row["fields"].get("category") == "child"
        )
        found = {}
        for line in unplaced:
            same = [
                row
                for row in children.get(squeeze(line.values["name"]), ())
                if is_same_birth(row, line.values.get("birth", ""))
            ]
            if len(same) == 1:
                found[id(line)] = same[0]
        return found

    def _hold_gone(self, lines: list[Line], grids: dict[str, str]) -> None:
        """Hold the lines about people who live elsewhere by now, or were erased."""
        gone = read_gone_people(self.tx, self.store, set(grids.values()), self.secret)
        here = by_name(rows_of(self.tx, self.store.catalogue, set(grids.values()), kinds=["person"]))
        names = {row.area_id: row.name for row in self.tx.execute(select(area))}
        for line in lines:
            grid, name, birth = grids[grid_name(line)], line.values["name"], line.values.get("birth", "")
            standing = [row for row in here.get(squeeze(name), ()) if row["area"] == grid]
            if any(is_same_birth(row, birth) for row in standing):
                continue
            now = gone.where(grid, name, birth)
            if now:
                hold_line(line, "moved_away", names[now] if self._may_import(now) else "别的网格")
            elif gone.is_erased(grid, name, birth):
                hold_line(line, "erased")

    def _find_grids(self, lines: list[Line]) -> dict[str, str]:
        """The area of each grid's name, made where the caller may; lines of other grids are held."""
        grids: dict[str, str] = {}
        named = {grid_name(line): village_of(line) for line in lines if line.fate == "accepted"}
        existing = self._existing_areas()
        for name, village in sorted(named.items(), key=lambda item: (read_number(item[0]), item[0])):
            known = self._find_grid(existing, name)
            if known is None and village and self._may_make(existing.get(("village", village))):
                parent = ensure_area(self.tx, "village", village, None)
                existing["village", village] = parent
                known = ensure_area(self.tx, "grid", name, parent, read_number(name))
                self.outcome.new_grids.append(name)
                self._describe_grid(known, name, village)
            if known is not None:
                grids[name] = known
        if self.outcome.new_grids:
            describe_places(self.tx, self.store)
            refresh_members(self.tx, self.store)
            if not self.caller.system:
                again = load_caller(self.tx, self.caller.account, self.caller.device, now_ms())
                self.caller = again or self.caller
        for line in lines:
            if line.fate == "accepted" and not self._may_import(grids.get(grid_name(line))):
                unknown = not village_of(line) and grid_name(line) not in grids
                hold_line(line, "no_village" if unknown else "foreign_grid", grid_name(line))
        return grids

    def _existing_areas(self) -> dict[tuple[str, str], str]:
        """Areas by level and full name; the caller's own where villages of the same name exist twice."""
        rows = sorted(self.tx.execute(select(area)).all(), key=lambda row: self._may_import(row.area_id))
        names = {row.area_id: row.name for row in rows}
        found = {}
        for row in rows:
            village = names.get(row.parent_id, "") if row.level == "grid" else ""
            name = row.name if row.name.startswith(village) else village + row.name
            found[row.level, name] = row.area_id
        return found

    def _find_grid(self, existing: dict[tuple[str, str], str], name: str) -> str | None:
        """The grid of this full name, or the only one that is called so: a village may be left out."""
        if ("grid", name) in existing:
            return existing["grid", name]
        called = self.tx.scalars(
            select(area.c.area_id).where(area.c.level == "grid", area.c.name == name)
        ).all()
        own = [area_id for area_id in called if self._may_import(area_id)]
        return (own or list(called))[0] if len(own or called) == 1 else None

    def _may_make(self, village: str | None) -> bool:
        """Making a grid takes the system, or a role over the village it lies in."""
        if self.caller.system:
            return True
        held = select(access.c.role).where(
            access.c.account_id == self.caller.account, access.c.area_id == village, access.c.until.is_(None)
        )
        return village is not None and bool(set(self.tx.scalars(held)) & REVIEWERS)

    def _may_import(self, grid: str | None) -> bool:
        return grid is not None and self.caller.may_review(grid)

    def _describe_grid(self, area_id: str, name: str, village: str) -> None:
        body = {"name": name, "village": village, "position": read_number(name)}
        body["station_name"] = f"{village}关爱服务站"
        fold_into(self.tx, self.store, [set_fields("grid", area_id, area_id, body)], SYSTEM)

    def _households(self, lines: list[Line], grids: dict[str, str]) -> dict[tuple[str, str], str]:
        """The id of each household by (area, lookup), made where it is new."""
        known = self._known("household", set(grids.values()))
        ids: dict[tuple[str, str], str] = {}
        for line in lines:
            name = grid_name(line)
            body = _household_fields(line)
            key = grids[name], household_lookup(body) or ""
            if key in ids:
                continue
            self.outcome.households += 1
            self.outcome.by_grid[name] += 1
            ids[key] = self._set("household", key, body, known.get(key), keep=("title", "address"))
        return ids

    def _people(
        self, lines: list[Line], grids: dict[str, str], households: dict[tuple[str, str], str]
    ) -> None:
        known = self._known("person", set(grids.values()))
        for line in lines:
            name = grid_name(line)
            household = households[grids[name], household_lookup(_household_fields(line)) or ""]
            pinyin, initials = spell(line.values["name"])
            body = line.values | {"category": line.category, "household": household}
            body |= {"pinyin": pinyin, "initials": initials}
            key = grids[name], person_lookup(body) or ""
            self.outcome.people += 1
            self.outcome.by_kind[line.category] += 1
            if line.category == "child":
                self.outcome.children_by_parents_away[body.get("absence", "unknown")] += 1
            self.outcome.records[line.sheet, line.row] = self._set("person", key, body, known.get(key))

    def _set_pupil(self, line: Line, row: Row) -> None:
        """What a class's list says of a child whose home is known."""
        told = ("absence", "class", "school")
        body: Row = {key: line.values[key] for key in told if key in line.values}
        self.outcome.people += 1
        self.outcome.by_kind["child"] += 1
        self.outcome.children_by_parents_away[line.values.get("absence", "unknown")] += 1
        key = row["area"], ""
        self.outcome.records[line.sheet, line.row] = self._set("person", key, body, row)

    def _count_classes(self, lines: list[Line], areas: dict[int, str]) -> None:
        """How many pupils each class of a list has, and how many of them are left behind: kept by class."""
        rolls = {line.sheet for line in lines if line.roll}
        homes: dict[tuple[str, str], list[str]] = {}
        for line in lines:
            if line.sheet in rolls and line.fate != "skipped":
                key = line.cells.get("school", ""), line.cells.get("class", "")
                counts = self.outcome.classes.setdefault(key, Counter())
                counts["pupils"] += 1
                if line.fate == "accepted":
                    counts[line.values.get("absence", "unknown")] += 1
                    homes.setdefault(key, []).append(areas[id(line)])
        mine = sorted(
            each for each in self.tx.scalars(select(area.c.area_id)) if self.caller.may_review(each)
        )
        rows = rows_of(self.tx, self.store.catalogue, mine, kinds=["class_list"]) if rolls else []
        known = {(row["fields"].get("school", ""), row["fields"].get("name", "")): row for row in rows}
        for key, counts in self.outcome.classes.items():
            row = known.get(key)
            if row is not None or key in homes:
                body = dict(zip(("school", "name"), key, strict=True)) | {n: counts[n] for n in CLASS_COUNTS}
                place = (
                    row["area"] if row else min(homes[key], key=lambda each: (-homes[key].count(each), each))
                )
                self._set("class_list", (place, ""), body, row)

    def _known(self, kind: str, areas: set[str]) -> dict[tuple[str, str], dict[str, Any]]:
        rows = rows_of(self.tx, self.store.catalogue, areas, kinds=[kind])
        lookup = household_lookup if kind == "household" else person_lookup
        return {(row["area"], lookup(row["fields"]) or row["id"]): row for row in rows}

    def _set(
        self,
        kind: str,
        key: tuple[str, str],
        body: dict[str, Any],
        row: dict[str, Any] | None,
        keep: tuple[str, ...] = (),
    ) -> str:
        """Add a profile, or set what is new in the one there is; return its id."""
        if row is None:
            made = new_id()
            if kind != "class_list":
                self.outcome.added[kind] += 1
            self.changes.append(set_fields(kind, key[0], made, body))
            return made
        seen = row["fields"]
        altered = {n: v for n, v in body.items() if seen.get(n) != v and not (n in keep and n in seen)}
        if altered:
            base = {name: seen[name] for name in altered if name in seen}
            self.outcome.changed += kind != "class_list"
            self.changes.append(set_fields(kind, key[0], row["id"], altered, base))
        else:
            self.outcome.unchanged += kind != "class_list"
        return str(row["id"])


def _household_fields(line: Line) -> dict[str, Any]:
    door = door_of(line)
    number = read_number(door)
    title = f"{surname_of(line.values['name'])}家"
    body: dict[str, Any] = {"address": line.cells["address"], "door": door, "title": title}
    return body | ({"number": number} if number else {})
