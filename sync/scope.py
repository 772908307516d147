"""Who is asking and what they may touch: derived by the server from account and grants, never believed.

Invariant: ``areas`` are grids, found anew from the grants at each request. A grant that ended counts for
seven days more, and only for what was written before it ended: nothing of its grids is read for the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, or_, select

from sync import schema

REVIEWERS = frozenset({"supervisor", "grid_head", "station_head", "operator"})
GRACE = 7 * 24 * 3600 * 1000
RANKED_ROLES = (
    "operator",
    "supervisor",
    "station_head",
    "grid_head",
    "clinician",
    "counsellor",
    "teacher",
    "cadre",
    "volunteer",
)


@dataclass(frozen=True)
class Caller:
    """One person at one device: the grids they may write and the roles they hold in each.

    ``lapsed`` are the grants that ended within the last seven days: by grid, each role with its end.
    ``stopped`` says, as a code, why all they send is only held (a revoked phone, an account closed).
    """

    account: str
    name: str
    role: str
    device: str | None = None
    areas: frozenset[str] = frozenset()
    roles: dict[str, frozenset[str]] = field(default_factory=dict)
    system: bool = False
    lapsed: dict[str, dict[str, int]] = field(default_factory=dict)
    stopped: str = ""

    def as_of(self, area: str, at: int) -> Caller:
        """The caller as the grants were at ``at``, for this grid: those that ended later hold again."""
        held = {role for role, until in self.lapsed.get(area, {}).items() if at < until}
        if not held:
            return self
        roles = self.roles | {area: self.roles.get(area, frozenset()) | held}
        return replace(self, areas=self.areas | {area}, roles=roles)

    def may_fold(self, area: str) -> bool:
        """Whether something they wrote for this grid can still be counted in."""
        return self.may_write(area) or area in self.lapsed

    def may_write(self, area: str) -> bool:
        """Whether this grid is theirs."""
        return self.system or area in self.areas

    def may_review(self, area: str) -> bool:
        """Whether they decide on logs of this grid."""
        return self.system or bool(self.roles.get(area, frozenset()) & REVIEWERS)


SYSTEM = Caller(account="00000000-0000-7000-8000-000000000000", name="系统", role="operator", system=True)


def load_caller(tx: Connection, account_id: str, device_id: str | None, now: int) -> Caller | None:
    """The caller of an active account with the grants in force at ``now``, and those that ended lately.

    None where there is no such account or it is closed.
    """
    row = tx.execute(
        select(schema.account.c.name, schema.account.c.active).where(
            schema.account.c.account_id == account_id
        )
    ).one_or_none()
    if row is None or not row.active:
        return None
    grants = tx.execute(
        select(schema.access.c.area_id, schema.access.c.role, schema.access.c.until).where(
            schema.access.c.account_id == account_id,
            schema.access.c.since <= now,
            or_(schema.access.c.until.is_(None), schema.access.c.until > now - GRACE),
        )
    ).all()
    children = _children(tx)
    roles: dict[str, set[str]] = {}
    lapsed: dict[str, dict[str, int]] = {}
    held: set[str] = set()
    for area_id, role, until in grants:
        in_force = until is None or until > now
        if in_force:
            held.add(role)
        for grid in _grids_below(children, area_id):
            if in_force:
                roles.setdefault(grid, set()).add(role)
            else:
                ends = lapsed.setdefault(grid, {})
                ends[role] = max(until, ends.get(role, 0))
    main = next((role for role in RANKED_ROLES if role in held), "volunteer")
    frozen = {grid: frozenset(names) for grid, names in roles.items()}
    return Caller(account_id, row.name, main, device_id, frozenset(frozen), frozen, lapsed=lapsed)


def stopped_caller(account_id: str, device_id: str) -> Caller:
    """Whoever holds a revoked phone, or one of a closed account: no area, no role, no name."""
    return Caller(account_id, "", "volunteer", device_id, stopped="device_revoked")


def grids_under(tx: Connection, area_ids: list[str]) -> list[str]:
    """The grids at or below these areas, sorted."""
    children = _children(tx)
    return sorted({grid for area_id in area_ids for grid in _grids_below(children, area_id)})


def _children(tx: Connection) -> dict[str | None, list[tuple[str, str]]]:
    found: dict[str | None, list[tuple[str, str]]] = {}
    for row in tx.execute(select(schema.area.c.area_id, schema.area.c.parent_id, schema.area.c.level)):
        found.setdefault(row.parent_id, []).append((row.area_id, row.level))
        found.setdefault(row.area_id, [])
        if row.level == "grid":
            found[row.area_id].append((row.area_id, "self"))
    return found


def _grids_below(children: dict[str | None, list[tuple[str, str]]], area_id: str) -> set[str]:
    grids: set[str] = set()
    waiting = [area_id]
    while waiting:
        for child, level in children.get(waiting.pop(), ()):
            if level == "self":
                grids.add(child)
            else:
                waiting.append(child)
    return grids
