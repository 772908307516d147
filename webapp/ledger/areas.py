"""Areas by hand: adding, renaming, giving another parent; and what each area says about itself.

Invariants: the tree has no ring, a grid has nothing below it, an area's level never changes; the area's own
log says its name and parent (a ``grid`` or a ``place``, under the area's own id), so that a phone knows what
lies above its grids. What cannot be done is a ValueError in words that can be shown.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select, update

from sync.audit import note
from sync.database import Store
from sync.rows import rows_of
from sync.schema import area
from sync.scope import SYSTEM, Caller
from sync.tree import LEVELS, read_below
from webapp.auth.accounts import refresh_members
from webapp.forms.engine import load_profile
from webapp.forms.profile import text_fault
from webapp.ledger.commands import ensure_area, fold_into, new_id, now_ms, set_fields

KEEPERS = frozenset({"supervisor", "operator"})  # who may change the tree where their grant reaches
FAULTS = {
    "too_long": "名称最多写 40 个字。",
    "unseen": "名称里有看不见的字符，请删掉重新打一遍。",
    "not_a_name": "名称只写名字，不要表情和符号。",
}


def may_keep(caller: Caller, area_id: str) -> bool:
    """Whether they may add, rename and move areas at and below this one."""
    return caller.system or bool(caller.roles.get(area_id, frozenset()) & KEEPERS)


def add_area(tx: Connection, store: Store, caller: Caller, *, parent: str, level: str, name: str) -> str:
    """A new area under ``parent``, described and with its members; its id."""
    above = _area(tx, parent)
    name = _checked(name)
    if level not in LEVELS or LEVELS.index(level) <= LEVELS.index(above.level):
        raise ValueError("下一级只能比上一级小：县、乡镇、村、网格。")
    _refuse_twin(tx, parent, name)
    found = select(area.c.position).where(area.c.parent_id == parent).order_by(area.c.position.desc())
    made = ensure_area(tx, level, name, parent, (tx.scalar(found.limit(1)) or 0) + 1)
    describe_places(tx, store, {made})
    refresh_members(tx, store)
    _note(tx, caller, made, "add_area", {"parent": parent})
    return made


def rename_area(tx: Connection, store: Store, caller: Caller, area_id: str, name: str) -> None:
    """Give an area another name; what its grids say of it follows."""
    found, name = _area(tx, area_id), _checked(name)
    if name == found.name:
        return
    _refuse_twin(tx, found.parent_id, name)
    tx.execute(update(area).where(area.c.area_id == area_id).values(name=name))
    describe_places(tx, store, {place.area for place in read_below(tx, [area_id])})
    _note(tx, caller, area_id, "rename_area", {})


def move_area(tx: Connection, store: Store, caller: Caller, area_id: str, parent: str) -> None:
    """Give an area another parent, with all that is below it; never one of those, nor itself."""
    found, above = _area(tx, area_id), _area(tx, parent)
    if parent in {place.area for place in read_below(tx, [area_id])}:
        raise ValueError("不能把一个地方放到它自己或它的下级里面。")
    if LEVELS.index(found.level) <= LEVELS.index(above.level):
        raise ValueError("上一级要比它大：县、乡镇、村、网格。")
    if found.parent_id == parent:
        return
    _refuse_twin(tx, parent, found.name)
    tx.execute(update(area).where(area.c.area_id == area_id).values(parent_id=parent))
    describe_places(tx, store, {place.area for place in read_below(tx, [area_id])})
    refresh_members(tx, store)
    _note(tx, caller, area_id, "move_area", {"from": found.parent_id, "to": parent})


def describe_places(tx: Connection, store: Store, only: Collection[str] | None = None) -> int:
    """Bring what areas (all, or ``only`` these) say of themselves in line with the tree; how many changed."""
    query = select(area) if only is None else select(area).where(area.c.area_id.in_(sorted(only)))
    areas = {row.area_id: row for row in tx.execute(query)}
    known = {
        (row["kind"], row["area"]): row["fields"]
        for row in rows_of(tx, store.catalogue, areas, kinds=["place", "grid"])
    }
    names = _names(tx, {row.parent_id for row in areas.values() if row.parent_id})
    changes: list[dict[str, Any]] = []
    for row in areas.values():
        kind = "grid" if row.level == "grid" else "place"
        seen = known.get((kind, row.area_id), {})
        wanted = {"name": row.name, "parent": row.parent_id}
        if kind == "place":
            wanted["level"] = row.level
        elif not seen or only is not None:
            wanted |= {"village": names.get(row.parent_id, ""), "position": row.position}
        altered = {key: value for key, value in wanted.items() if seen.get(key) != value}
        if altered:
            base = {key: seen[key] for key in altered if key in seen}
            changes.append(set_fields(kind, row.area_id, row.area_id, altered, base))
    if changes:
        fold_into(tx, store, changes, SYSTEM)
    return len(changes)


def _area(tx: Connection, area_id: str) -> Any:
    found = tx.execute(select(area).where(area.c.area_id == area_id)).one_or_none()
    if found is None:
        raise ValueError("没有这个地方，可能已经改了。请回到网格页再看。")
    return found


def _checked(name: str) -> str:
    name = name.strip()
    if not name:
        raise ValueError("请写名称。")
    field = next(each for each in load_profile("place")["fields"] if each["key"] == "name")
    code = text_fault(field, name)
    if code:
        raise ValueError(FAULTS[code])
    return name


def _refuse_twin(tx: Connection, parent: str | None, name: str) -> None:
    same = select(area.c.area_id).where(area.c.parent_id == parent, area.c.name == name)
    if tx.scalar(same.limit(1)):
        raise ValueError("同一个上级下面已经有这个名称。")


def _names(tx: Connection, ids: Collection[str]) -> dict[str, str]:
    found = tx.execute(select(area.c.area_id, area.c.name).where(area.c.area_id.in_(sorted(ids))))
    return {row.area_id: row.name for row in found}


def _note(tx: Connection, caller: Caller, area_id: str, action: str, detail: dict[str, Any]) -> None:
    note(
        tx,
        area=area_id,
        actor=caller.account,
        device=None,
        action=action,
        subject=area_id,
        detail=detail,
        now=now_ms(),
        id=new_id(),
    )
