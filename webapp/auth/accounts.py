"""Accounts and grants: who there is, which role they hold where, and their name on every phone.

Invariant: whoever holds a role over a grid is a ``member`` of it, so that phones can show and call them.
"""

from __future__ import annotations

from collections.abc import Iterator

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from sync import schema
from sync.audit import note
from sync.database import Store
from sync.rows import rows_of
from sync.scope import RANKED_ROLES, SYSTEM
from sync.tree import read_below
from webapp.care.dates import local_date
from webapp.ledger.commands import fold_into, new_id, now_ms, set_fields

SHORTEST_PASSWORD = 8
_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody has this password")


def create_account(tx: Connection, login: str, name: str, phone: str, password: str) -> str:
    """Make an account and return its id. Raises ValueError for a login in use or a short password."""
    if tx.scalar(select(schema.account.c.account_id).where(schema.account.c.login == login)):
        raise ValueError("这个账号已经有了")
    values = {"account_id": new_id(), "login": login, "name": name, "phone": phone, "active": 1}
    values |= {"password_hash": hash_password(password), "created_at": now_ms()}
    tx.execute(insert(schema.account).values(values))
    return str(values["account_id"])


def set_password(tx: Connection, login: str, password: str) -> None:
    """Set a new password and end every session. Raises ValueError where there is no such account."""
    account_id = find_account(tx, login)
    changed = update(schema.account).where(schema.account.c.account_id == account_id)
    tx.execute(changed.values(password_hash=hash_password(password)))
    tx.execute(delete(schema.web_session).where(schema.web_session.c.account_id == account_id))


def hash_password(password: str) -> str:
    """The argon2id hash of a password. Raises ValueError where it is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError("密码至少要 8 个字符")
    return _hasher.hash(password)


def check_password(tx: Connection, login: str, password: str) -> str | None:
    """The id of the active account with this password, else None; as much work for nobody's login."""
    query = select(schema.account).where(schema.account.c.login == login)
    row = tx.execute(query).one_or_none()
    try:
        _hasher.verify(row.password_hash if row else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return str(row.account_id) if row and row.active else None


def find_account(tx: Connection, login: str) -> str:
    """The id of the account with this login. Raises ValueError where there is none."""
    account_id = tx.scalar(select(schema.account.c.account_id).where(schema.account.c.login == login))
    if account_id is None:
        raise ValueError("没有这个账号")
    return str(account_id)


def grant(
    tx: Connection, store: Store, account_id: str, role: str, area_id: str, *, by: str | None = None
) -> None:
    """Give an account a role over an area and all below it, from now on; also one that had ended.

    ``by`` is the account of who gives it; None at the command line.
    """
    if role not in RANKED_ROLES:
        raise ValueError(f"没有这个角色：{role}")
    held = {"area_id": area_id, "account_id": account_id, "role": role}
    known = tx.execute(select(schema.access).filter_by(**held)).one_or_none()
    if known is None:
        tx.execute(insert(schema.access).values(held | {"since": now_ms()}))
    elif known.until is not None:
        tx.execute(update(schema.access).where(*_is(held)).values(since=now_ms(), until=None))
    if known is None or known.until is not None:
        _note(tx, "grant", held, by)
    refresh_members(tx, store, account_id)


def end_grant(
    tx: Connection, store: Store, account_id: str, role: str, area_id: str, *, by: str | None = None
) -> None:
    """End a role over an area now. Raises ValueError where it is not held.

    For seven days what was written before still counts; phones forget the area at their next exchange, and
    those of the grids learn that this one is not theirs any more.
    """
    held = {"area_id": area_id, "account_id": account_id, "role": role}
    ended = update(schema.access).where(*_is(held), schema.access.c.until.is_(None)).values(until=now_ms())
    if tx.execute(ended).rowcount != 1:
        raise ValueError("没有这项权限，或早已结束")
    _note(tx, "end_grant", held, by)
    refresh_members(tx, store, account_id)


def refresh_members(tx: Connection, store: Store, account_id: str | None = None) -> None:
    """Bring the ``member`` profiles of every grid in line with the grants in force (of one account, or all).

    Whose last grant over a grid has ended stays a member with an ``until``, so that their logs keep a name.
    """
    wanted = dict(_members(tx, account_id))
    areas = tx.scalars(select(schema.area.c.area_id).where(schema.area.c.level == "grid"))
    rows = rows_of(
        tx, store.catalogue, areas, kinds=["member"], ids=None if account_id is None else [account_id]
    )
    known = {(row["area"], row["id"]): row["fields"] for row in rows}
    gone = {key: seen for key, seen in known.items() if key not in wanted and not seen.get("until")}
    wanted |= {key: {"until": local_date(now_ms())} for key in gone}
    changes = []
    for key, body in wanted.items():
        seen = known.get(key, {})
        altered = {name: value for name, value in body.items() if seen.get(name) != value}
        if altered:
            base = {name: seen[name] for name in altered if name in seen}
            changes.append(set_fields("member", key[0], key[1], altered, base))
    if changes:
        fold_into(tx, store, changes, SYSTEM)


def _is(held: dict[str, str]) -> list[ColumnElement[bool]]:
    return [schema.access.c[name] == value for name, value in held.items()]


def _note(tx: Connection, action: str, held: dict[str, str], by: str | None) -> None:
    """``by``: the account of who did it; the operator at the command line is none of ours."""
    area, subject, detail = held["area_id"], held["account_id"], {"role": held["role"]}
    note(
        tx,
        area=area,
        actor=by,
        device=None,
        action=action,
        subject=subject,
        detail=detail,
        now=now_ms(),
        id=new_id(),
    )


def _members(
    tx: Connection, account_id: str | None
) -> Iterator[tuple[tuple[str, str], dict[str, str | None]]]:
    """((grid, account), fields) for each grant in force, the highest role last."""
    query = (
        select(schema.access.c.area_id, schema.access.c.role, schema.account)
        .join(schema.account, schema.account.c.account_id == schema.access.c.account_id)
        .where(schema.access.c.until.is_(None), schema.account.c.active == 1)
    )
    if account_id is not None:
        query = query.where(schema.access.c.account_id == account_id)
    grants = sorted(tx.execute(query), key=lambda grant: -RANKED_ROLES.index(grant.role))
    grids: dict[str, list[str]] = {}
    for place in read_below(tx, {found.area_id for found in grants}):
        if place.is_grid:
            grids.setdefault(place.root, []).append(place.area)
    for found in grants:
        body: dict[str, str | None] = {"name": found.name, "role": found.role, "until": None}
        if found.phone:
            body["phone"] = found.phone
        for grid in grids.get(found.area_id, ()):
            yield (grid, found.account_id), body
