"""What a simulated phone does now and then to see that it holds what the server holds (docs/phone-store.md).

Invariant: only rows that the server sent are compared and replaced; what waits to be sent is never touched.
An area's digest first (the real phone sends one area's a time, this one all that are due), and where that
differs those of its parts. What was repaired is compared once more; an area that still differs starts afresh.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.digest import digest_rows
from sync.packing import unpack

if TYPE_CHECKING:
    from tests.simulation.phone import Phone

DUE, SAME, DIFFERS, REPAIRED = "due", "same", "differs", "repaired"


def ask_check(phone: Phone) -> None:
    """Have every area compared at the next chance."""
    with phone.disk.transaction() as tx:
        for area in phone.disk.stores["cursors"]:
            tx.put("checks", area, DUE)


def is_unchecked(phone: Phone) -> bool:
    """Whether something is still to be compared, or to be repaired."""
    return any(state != SAME for state in phone.disk.stores["checks"].values())


def questions_of(phone: Phone) -> dict[str, Any]:
    """``parts`` of an area that differs, else ``digests`` of those that are due, else nothing."""
    checks = phone.disk.stores["checks"]
    level = [area for area, known in phone.disk.stores["cursors"].items() if known["log"]]
    for area in sorted(level):
        if checks.get(area) == DIFFERS:
            parts = {part: digest_rows(rows)["digest"] for part, rows in _parts(phone, area).items()}
            return {"parts": {area: parts}}
    due = [area for area in sorted(level) if checks.get(area) in (DUE, REPAIRED)]
    return {"digests": {area: digest_rows(list(phone.rows(area).values())) for area in due}} if due else {}


def take_checks(phone: Phone, answer: dict[str, Any]) -> None:
    """What the server says of the digests, and its repairs in the place of what differs."""
    checks = phone.disk.stores["checks"]
    for area, verdict in answer["checks"].items():
        phone.witness.compared(phone, area, verdict)
        with phone.disk.transaction() as tx:
            if verdict == DIFFERS and checks.get(area) == REPAIRED:
                tx.delete("checks", area)
                tx.delete("cursors", area)
            elif verdict in (SAME, DIFFERS):
                tx.put("checks", area, verdict)
    for repair in answer["repairs"]:
        with phone.disk.transaction() as tx:
            phone.put_right(tx, repair["area"], repair["parts"], unpack(repair["tables"], repair["area"]))
            tx.put("checks", repair["area"], REPAIRED)


def _parts(phone: Phone, area: str) -> dict[str, list[dict[str, Any]]]:
    """An area's rows by part: a person's id for what is about them, "" for all else."""
    parts: dict[str, list[dict[str, Any]]] = {"": []}
    for row in phone.rows(area).values():
        parts.setdefault(row.get("person") or "", []).append(row)
    return parts
