"""Who is asking and what they may touch: derived by the server from account and grants, never believed.

Invariant: ``areas`` are grids and ``above`` what lies over them, found anew from the grants at each request.
What lies above is only read, but by a reviewer whose grant covers it. A grant that ended counts for seven
days more, and only for what was written before it ended: nothing of its areas is read for the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, or_, select

from sync import schema
from sync.tree import Place, read_above, read_below

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
    """One person at one device: the grids they may write, the areas above, the roles they hold in each.

    ``above`` are the areas over their grids, and those that a grant of theirs covers: their phone reads them.
    ``roles`` are by area, of every area at or below a grant: grids, and what lies above grids.
    ``lapsed`` are the grants that ended within the last seven days: by area, each role with its end.
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
    above: frozenset[str] = frozenset()

    @property
    def readable(self) -> frozenset[str]:
        """Every area whose log comes down to their phone."""
        return self.areas | self.above

    def as_of(self, area: str, at: int) -> Caller:
        """The caller as the grants were at ``at``, for this area: those that ended later hold again."""
        held = {role for role, until in self.lapsed.get(area, {}).items() if at < until}
        if not held:
            return self
        return replace(self, roles=self.roles | {area: self.roles.get(area, frozenset()) | held})

    def may_fold(self, area: str) -> bool:
        """Whether something they wrote for this area can be judged there: it is theirs, or was, or above."""
        return self.may_write(area) or area in self.lapsed or area in self.above

    def may_write(self, area: str) -> bool:
        """Whether this area is theirs: one of their grids, or one that a grant of theirs covers."""
        return self.system or area in self.areas or area in self.roles

    def may_read(self, area: str) -> bool:
        """Whether what is in this area may be told to them."""
        return self.may_write(area) or area in self.above

    def may_review(self, area: str) -> bool:
        """Whether they decide on logs of this area, and on what belongs to it."""
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
    return _spread(tx, Caller(account_id, row.name, "volunteer", device_id), grants, now)


def _spread(tx: Connection, caller: Caller, grants: Sequence[Any], now: int) -> Caller:
    """The caller with what these grants give: on their areas, all below, and the areas above."""
    places = read_below(tx, {grant.area_id for grant in grants})
    below: dict[str, list[Place]] = {}
    for place in places:
        below.setdefault(place.root, []).append(place)
    roles: dict[str, set[str]] = {}
    lapsed: dict[str, dict[str, int]] = {}
    in_force = [grant for grant in grants if grant.until is None or grant.until > now]
    for area_id, role, until in grants:
        for place in below.get(area_id, ()):
            if until is None or until > now:
                roles.setdefault(place.area, set()).add(role)
            else:
                ends = lapsed.setdefault(place.area, {})
                ends[role] = max(until, ends.get(role, 0))
    grids = frozenset(place.area for place in places if place.is_grid and place.area in roles)
    above = read_above(tx, {grant.area_id for grant in in_force}) | (roles.keys() - grids)
    held = {grant.role for grant in in_force}
    main = next((role for role in RANKED_ROLES if role in held), "volunteer")
    frozen = {area: frozenset(names) for area, names in roles.items()}
    return replace(caller, role=main, areas=grids, above=frozenset(above), roles=frozen, lapsed=lapsed)


def stopped_caller(account_id: str, device_id: str) -> Caller:
    """Whoever holds a revoked phone, or one of a closed account: no area, no role, no name."""
    return Caller(account_id, "", "volunteer", device_id, stopped="device_revoked")
