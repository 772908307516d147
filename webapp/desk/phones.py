"""Phones and the people who carry them: hand one over, stop one. Part of the desk."""

from __future__ import annotations

from itertools import chain
from typing import Any

from flask import abort, current_app, redirect, request, url_for
from sqlalchemy import Connection, or_, select

from sync.audit import note
from sync.holdings import areas_held
from sync.schema import access, account, device
from sync.schema import area as area_table
from sync.scope import Caller, load_caller
from webapp.auth.access import current_caller, desk_areas, desk_places, desk_required
from webapp.auth.devices import revoke_device, write_enrolment
from webapp.cards.qr import draw_qr
from webapp.care.dates import local_date
from webapp.desk.places import read_places
from webapp.desk.queue import in_areas
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.words import moment_words, phone_words, role_words
from webapp.ledger.commands import new_id, now_ms

Answer = Any
PAGE = 10
MOST_WORKERS = 5_000


@blueprint.get("/phones")
@desk_required
def show_phones() -> Answer:
    """Everybody who works in one's grids, with their phones."""
    query, start = request.args.get("q", "")[:40].strip(), request.args.get("after", "")
    first = int(start) if start.isdecimal() and len(start) < 6 else 0
    with store_of(current_app).read() as tx:
        people = list_workers(tx, query, first, PAGE + 1)
    more = str(first + PAGE) if len(people) > PAGE else ""
    return render_desk("desk/phones.html", "phones", people=people[:PAGE], query=query, more=more)


@blueprint.post("/phones/<account_id>/enrol")
@desk_required
def show_enrolment(account_id: str) -> Answer:
    """A one-time code that makes the phone which scans it this person's."""
    with store_of(current_app).read() as tx:
        found = _may_manage(tx, account_id)
    token = write_enrolment(found.account)
    link = current_app.config["PUBLIC_URL"] + url_for("auth.show_enrolment", token=token)
    qr = draw_qr(link, t("登记手机的码"))
    return render_desk("desk/enrol.html", "phones", name=found.name, qr=qr, link=link)


@blueprint.post("/phones/devices/<device_id>/revoke")
@desk_required
def revoke(device_id: str) -> Answer:
    """Stop a phone, after asking."""
    store = store_of(current_app)
    with store.write() as tx:
        row = tx.execute(select(device).where(device.c.device_id == device_id)).one_or_none()
        if row is None:
            abort(404)
        owner = _may_manage(tx, row.account_id)
        if request.form.get("sure"):
            revoke_device(tx, device_id)
            if row.revoked_at is None:
                _note_revoked(tx, owner, device_id)
    if not request.form.get("sure"):
        return render_desk("desk/revoke.html", "phones", name=owner.name, device=device_id, what=row.name)
    return redirect(url_for("desk.show_phones"), 303)


def _note_revoked(tx: Connection, owner: Caller, device_id: str) -> None:
    who, area = current_caller(), min(owner.areas)
    detail = {"account": owner.account}
    note(
        tx,
        area=area,
        actor=who.account,
        device=None,
        action="revoke",
        subject=device_id,
        detail=detail,
        now=now_ms(),
        id=new_id(),
    )


def list_workers(
    tx: Connection, query: str = "", first: int = 0, limit: int = MOST_WORKERS
) -> list[dict[str, Any]]:
    """Active people with a role at or above one's grids, by name, with their phones."""
    places, mine = read_places(tx), desk_areas(current_caller())
    around = {each for grid in mine if grid in places for each in places[grid].above}
    wanted = (
        select(account.c.account_id)
        .where(
            account.c.active == 1,
            account.c.account_id.in_(
                select(access.c.account_id).where(
                    in_areas(access.c.area_id, sorted(around)), access.c.until.is_(None)
                )
            ),
        )
        .order_by(account.c.name, account.c.account_id)
    )
    if query:
        told = (account.c.name, account.c.login, account.c.phone)
        wanted = wanted.where(or_(*(each.contains(query, autoescape=True) for each in told)))
    found = (
        load_caller(tx, each, None, now_ms()) for each in tx.scalars(wanted.offset(first).limit(limit)).all()
    )
    return [_worker(tx, caller) for caller in found if caller is not None]


def _may_manage(tx: Connection, account_id: str) -> Caller:
    """The person, where all they may see lies within one's own desk; otherwise 404.

    Handing over a phone is handing over an identity: never one that sees more than oneself.
    """
    found = load_caller(tx, account_id, None, now_ms())
    if found is None or not found.areas or not found.roles.keys() <= set(desk_places(current_caller())):
        abort(404)
    held = set(tx.scalars(select(access.c.role).where(access.c.account_id == account_id)))
    if "operator" in held and current_caller().role != "operator":
        abort(404)
    return found


def _worker(tx: Connection, caller: Caller) -> dict[str, Any]:
    now = now_ms()
    today = local_date(now)
    row = tx.execute(select(account).where(account.c.account_id == caller.account)).one()
    phones = tx.execute(select(device).where(device.c.account_id == caller.account)).all()
    mine = set(desk_areas(current_caller()))
    held = areas_held(tx, [each.device_id for each in phones])
    known = {each.area_id for each in chain.from_iterable(held.values())}
    named = select(area_table).where(area_table.c.area_id.in_(sorted(known)))
    names = {found.area_id: found.name for found in tx.execute(named)}
    within = caller.roles.keys() <= set(desk_places(current_caller()))
    manageable = within and (caller.role != "operator" or current_caller().role == "operator")
    return {
        "id": caller.account,
        "name": caller.name,
        "login": row.login,
        "phone": phone_words(row.phone or ""),
        "role": role_words(caller.role, t),
        "grids": str(len(caller.areas & mine)),
        "manageable": manageable,
        "devices": [
            {
                "id": each.device_id,
                "name": each.name,
                "seen": moment_words(each.last_seen_at, today, t) if each.last_seen_at else t("还没联过网"),
                "revoked": each.revoked_at is not None,
                "holds": _holds(each, held.get(each.device_id, []), caller, names),
            }
            for each in sorted(phones, key=lambda each: -each.created_at)
        ],
    }


def _holds(phone: Any, rows: list[Any], owner: Caller, names: dict[str, str]) -> list[str]:
    """What a phone still holds that it should not, and what of that it has forgotten, in words.

    Only of grids of one's own desk: the others' names are none of our business.
    """
    granted = owner.readable if phone.revoked_at is None else frozenset()
    mine = desk_places(current_caller())
    words = []
    for row in rows:
        if row.area_id in granted or row.area_id not in mine:
            continue
        name = names.get(row.area_id, "")
        pending = row.purged_at is None
        still, done = t("还存着%(grid)s的资料，等它联网清掉", grid=name), t("%(grid)s的资料已清空", grid=name)
        words.append(still if pending else done)
    return words
