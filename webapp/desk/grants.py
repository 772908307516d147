"""账号权限 of one area: giving an account a role there, and ending it. Part of the desk; both are audited.

Invariant: nobody gives what they do not hold: a supervisor or operator of the area (or of one above it) gives
roles there, and only an operator makes or ends an operator; nobody ends their own.
"""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection, select

from sync.schema import access, account
from sync.scope import RANKED_ROLES
from webapp.auth.access import current_caller, desk_required
from webapp.auth.accounts import end_grant, find_account, grant
from webapp.care.dates import local_date
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.words import role_words
from webapp.ledger.areas import may_keep
from webapp.ledger.grid import path_names, read_tree

Answer = Any


@blueprint.get("/grid/<area_id>/grants")
@desk_required
def show_grants(area_id: str) -> Answer:
    """Which accounts hold which role over just this area."""
    return _page(area_id, "")


@blueprint.post("/grid/<area_id>/grants")
@desk_required
def give_grant(area_id: str) -> Answer:
    """Give an account, by its login, a role over this area and all below it."""
    login, role = request.form.get("login", "").strip()[:80], request.form.get("role", "")
    if role not in _may_give(area_id):
        return _page(area_id, _("请选一个你能给的角色。"))
    store = store_of(current_app)
    try:
        with store.write() as tx:
            grant(tx, store, find_account(tx, login), role, area_id, by=current_caller().account)
    except ValueError as error:
        return _page(area_id, t(str(error)))
    return redirect(url_for("desk.show_grants", area_id=area_id), 303)


@blueprint.post("/grid/<area_id>/grants/<account_id>/<role>/end")
@desk_required
def stop_grant(area_id: str, account_id: str, role: str) -> Answer:
    """End an account's role over this area, after asking."""
    caller, store = current_caller(), store_of(current_app)
    if role not in _may_give(area_id):
        abort(403)
    if account_id == caller.account:
        return _page(area_id, _("自己的权限要请别人来结束。"))
    if not request.form.get("sure"):
        return _page(area_id, "", asked=(account_id, role))
    try:
        with store.write() as tx:
            end_grant(tx, store, account_id, role, area_id, by=caller.account)
    except ValueError as error:
        return _page(area_id, t(str(error)))
    return redirect(url_for("desk.show_grants", area_id=area_id), 303)


def _may_give(area_id: str) -> list[str]:
    """The roles that whoever is signed in may give, and end, over an area; 404 where it is not theirs."""
    caller = current_caller()
    if not may_keep(caller, area_id):
        abort(404)
    holds_all = "operator" in caller.roles.get(area_id, frozenset())
    return [role for role in RANKED_ROLES if role != "operator" or holds_all]


def _page(area_id: str, error: str, asked: tuple[str, str] | None = None) -> Answer:
    roles = _may_give(area_id)
    with store_of(current_app).read() as tx:
        tree = read_tree(tx)
        if area_id not in tree:
            abort(404)
        held = _held(tx, area_id)
        name = " ".join(path_names(tree, area_id))
    page = render_desk(
        "desk/grants.html",
        "grid",
        area_id=area_id,
        name=name,
        held=[each | {"asked": (each["id"], each["role"]) == asked} for each in held],
        roles=[(role, role_words(role, t)) for role in roles],
        may_end=set(roles),
        error=error,
        login=request.form.get("login", "")[:80],
    )
    return page, 422 if error else 200


def _held(tx: Connection, area_id: str) -> list[dict[str, Any]]:
    """The grants in force over just this area, by role and name."""
    query = (
        select(access.c.role, access.c.since, account)
        .join(account, account.c.account_id == access.c.account_id)
        .where(access.c.area_id == area_id, access.c.until.is_(None), account.c.active == 1)
    )
    rows = sorted(tx.execute(query), key=lambda row: (RANKED_ROLES.index(row.role), row.name))
    return [
        {"id": row.account_id, "login": row.login, "name": row.name, "role": row.role}
        | {"words": role_words(row.role, t), "since": local_date(row.since) if row.since else ""}
        for row in rows
    ]
