"""Whose a parcel is, who may import it, and the import: folded as an exchange of that phone's would be.

Invariants: author and device come from the token inside, never from what a header or a change claims; the
same parcel again doubles nothing; import and audit are one transaction. A token that is over still says whose
a parcel is: whoever may import it may hand that identity over anyway (``may_import``).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, select

from sync.audit import note
from sync.database import Store
from sync.parcel import Contents, Parcel, ParcelError
from sync.records import Status, fold_changes
from sync.request import MAX_CHANGES
from sync.schema import access, account, device
from sync.scope import Caller, load_caller, stopped_caller
from sync.tree import grids_under
from webapp.auth.access import desk_areas
from webapp.auth.devices import read_lapsed
from webapp.ledger.commands import new_id, now_ms


@dataclass(frozen=True)
class Sender:
    """The phone a parcel comes from and its person, as an exchange would find them now.

    ``caller`` is stopped where the phone was revoked or the account closed; ``areas`` are the grids by which
    it is decided whose desk imports it.
    """

    caller: Caller
    name: str
    device_name: str
    areas: frozenset[str]
    is_operator: bool


def find_sender(tx: Connection, parcel: Parcel, contents: Contents, now: int) -> Sender:
    """Whose parcel it is. Raises ParcelError ``unknown_phone``: no token of ours, or one of another phone."""
    who = read_lapsed(contents.token)
    if who is None or who[1] != parcel.device:
        raise ParcelError("unknown_phone")
    phone = tx.execute(select(device).where(device.c.device_id == who[1])).one_or_none()
    if phone is None or phone.account_id != who[0]:
        raise ParcelError("unknown_phone")
    person = tx.execute(select(account).where(account.c.account_id == who[0])).one()
    active = load_caller(tx, who[0], who[1], now)
    held = tx.execute(select(access.c.area_id, access.c.role).where(access.c.account_id == who[0])).all()
    areas = active.areas if active and active.areas else grids_under(tx, [each.area_id for each in held])
    caller = active if active and phone.revoked_at is None else stopped_caller(*who)
    is_operator = any(each.role == "operator" for each in held)
    return Sender(caller, person.name, phone.name, frozenset(areas), is_operator)


def may_import(importer: Caller, sender: Sender) -> bool:
    """Whether all that the sender may see lies within the importer's desk; an operator's only by an operator.

    As with handing a phone over (desk/phones.py): it is the same trust.
    """
    if sender.is_operator and importer.role != "operator":
        return False
    return bool(sender.areas) and sender.areas <= set(desk_areas(importer))


def import_parcel(
    store: Store, importer: Caller, parcel: Parcel, contents: Contents, now: int
) -> Counter[tuple[str, str]]:
    """Fold a parcel's changes; how many came to each ``(status, code)``. Raises ParcelError."""

    def work(tx: Connection) -> Counter[tuple[str, str]]:
        sender = find_sender(tx, parcel, contents, now)
        if not may_import(importer, sender):
            raise ParcelError("not_yours")
        statuses: list[Status] = []
        for first in range(0, len(contents.changes), MAX_CHANGES):
            batch = contents.changes[first : first + MAX_CHANGES]
            statuses += fold_changes(tx, store.catalogue, sender.caller, batch, now)
        counts = Counter((each["status"], each.get("code") or "") for each in statuses)
        told = Counter(each["status"] for each in statuses)
        _note(tx, importer, sender, parcel.digest, told)
        return counts

    return store.transact(work)


def _note(tx: Connection, importer: Caller, sender: Sender, digest: str, told: Counter[str]) -> None:
    note(
        tx,
        area=min(sender.areas),
        actor=importer.account,
        device=importer.device,
        action="import_parcel",
        subject=str(sender.caller.device),
        detail={"author": sender.caller.account, "parcel": digest[:32], **told},
        now=now_ms(),
        id=new_id(),
    )
