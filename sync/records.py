"""The fold: the only writer of records. Changes go in, statuses come out, rows are numbered.

Invariants: one bad change never blocks the others; what is acknowledged is in this transaction; the
author and the device are the caller's, whatever a change says; of an area whose grant has lapsed nothing is
told, only counted in. Every change is judged first
(``judge_change`` gives a verdict in the words of the protocol), then acted on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from sync.bulk import execute_many
from sync.catalogue import Catalogue, Kind
from sync.change import Change, named_ids, parse_change
from sync.clock import clamp, format_stamp, parse_stamp
from sync.errors import ProblemError
from sync.follow import Kept, follow_change, read_kept
from sync.ids import is_id
from sync.log import lock_logs, take_numbers
from sync.merge import Edits, add_edits, current_fields, find_conflicts
from sync.overlay import Row, touched_rows
from sync.rows import decode_row, encode_row
from sync.schema import log, quarantine, receipt, record
from sync.scope import Caller
from sync.tallies import count_again, counted_kinds
from sync.tombstones import Gone, read_gone
from sync.twins import note_twins
from sync.verdicts import FACT_OPS, Known, Verdict, judge_change

Status = dict[str, Any]


@dataclass
class Folding:
    """What one fold has seen so far: the state that later changes of the batch build upon."""

    caller: Caller
    catalogue: Catalogue
    now: int
    areas: dict[str, bool]
    rows: dict[tuple[str, str], Row]
    edits: dict[tuple[str, str], Edits]
    receipts: dict[str, dict[str, Any]]
    stored: frozenset[tuple[str, str]]
    gone: Gone
    kept: Kept
    entries: list[dict[str, Any]] = field(default_factory=list)
    new_receipts: list[dict[str, Any]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """What one caller says at one instant."""

    caller: Caller
    changes: list[Any]
    now: int


def fold_changes(
    tx: Connection, catalogue: Catalogue, caller: Caller, changes: list[Any], now: int
) -> list[Status]:
    """Fold raw changes into the records in order; return a status for each, in the same order.

    Statuses are ``{"id", "status", "code"?, "seq"?, "fields"?}`` as in docs/architecture.md. Nothing is
    raised for a bad change. The caller commits.
    """
    parsed = [_parse(raw) for raw in changes]
    folding = _prefetch(tx, catalogue, caller, [c for c in parsed if isinstance(c, Change)], now)
    statuses = [_fold_one(folding, change) if isinstance(change, Change) else change for change in parsed]
    numbers = _write_all(tx, folding)
    for status in statuses:
        if status["status"] in ("accepted", "conflict"):
            status["seq"] = numbers[status["id"]]
    return statuses


def fold_again(tx: Connection, catalogue: Catalogue, caller: Caller, change: Change, now: int) -> Status:
    """Fold a change that was held before, as of its arrival ``now``; its receipt is its caller's to write.

    A status other than ``accepted`` or ``conflict`` means that nothing was written.
    """
    folding = _prefetch(tx, catalogue, caller, [change], now)
    folding.receipts.pop(change.id, None)
    change = follow_change(change, folding.kept, folding.rows)
    kind, verdict = _judge(folding, change)
    if verdict.status != "accepted" or kind is None:
        return {"id": change.id, "status": verdict.status, "code": verdict.code}
    status = _accept(folding, change, kind, "")
    folding.new_receipts.clear()
    return status | {"seq": _write_all(tx, folding)[change.id]}


def fold_fresh(tx: Connection, catalogue: Catalogue, batches: Sequence[Batch]) -> list[Status]:
    """Fold batches of changes on ids that the database does not know, one after the other; their statuses.

    What comes out is what ``fold_changes`` would have written batch by batch (tested); nothing is read, since
    there is nothing to read. For making whole installations; a record's row is written once, as it ends.
    """
    areas = lock_logs(tx, {raw["area"] for batch in batches for raw in batch.changes})
    nobody = Gone(frozenset(), frozenset(), {})
    first = batches[0]
    folding = Folding(first.caller, catalogue, first.now, areas, {}, {}, {}, frozenset(), nobody, {})
    statuses: list[Status] = []
    for batch in batches:
        folding.caller, folding.now = batch.caller, batch.now
        for raw in batch.changes:
            change = _parse(raw)
            statuses.append(_fold_one(folding, change) if isinstance(change, Change) else change)
    numbers = _write_all(tx, folding)
    return [
        status | {"seq": numbers[status["id"]]} if status["id"] in numbers else status for status in statuses
    ]


def _parse(raw: Any) -> Change | Status:
    try:
        return parse_change(raw)
    except ProblemError as error:
        claimed = raw.get("id") if isinstance(raw, dict) else None
        return {"id": claimed if is_id(claimed) else None, "status": "rejected", "code": error.code}


def _prefetch(
    tx: Connection, catalogue: Catalogue, caller: Caller, changes: list[Change], now: int
) -> Folding:
    """Hold the logs and read, in three statements, all that these changes are judged against."""
    claimed = {change.area for change in changes}
    mine = {area for area in claimed if caller.may_fold(area)}
    areas = lock_logs(tx, mine)
    wanted = {each for change in changes for each in named_ids(change)}
    wanted |= {each for change in changes for each, _kind in _named_here(catalogue, change)}
    ids = {change.id for change in changes}
    ids |= {i for c in changes if c.op in FACT_OPS for i in (c.record, c.amends) if i}
    known = tx.execute(_RECEIPTS, {"areas": sorted(caller.readable | claimed), "ids": sorted(ids)})
    receipts = {
        r.change_id: {"hash": r.hash, "status": r.status, "seq": r.seq, "code": r.code} for r in known
    }
    rows, edits = {}, {}
    if areas:
        for found in tx.execute(_RECORDS, {"areas": sorted(areas), "ids": sorted(wanted)}):
            key = found.area_id, found.record_id
            rows[key] = decode_row(found)
            if found.edits:
                edits[key] = json.loads(found.edits)
    gone = read_gone(tx, claimed, wanted, frozenset(areas), **_unknown(caller, changes, rows))
    kept = read_kept(tx, rows, edits)
    return Folding(caller, catalogue, now, areas, rows, edits, receipts, frozenset(rows), gone, kept)


def _unknown(
    caller: Caller, changes: list[Change], rows: dict[tuple[str, str], Row]
) -> dict[str, set[tuple[str, str]]]:
    """What phones speak of that their area does not know: people, and profiles that would be made anew."""
    spoken = [] if caller.system else changes
    people = {(c.area, c.person) for c in spoken if c.person} - rows.keys()
    made = {(c.area, c.record) for c in spoken if c.op == "set"} - rows.keys()
    return {"unknown": people | made, "made": {key for key in made if caller.may_fold(key[0])}}


def _fold_one(folding: Folding, change: Change) -> Status:
    digest = change.digest
    earlier = folding.receipts.get(change.id)
    if earlier is not None:
        return _answer_again(change, earlier, digest)
    change = follow_change(change, folding.kept, folding.rows)
    kind, verdict = _judge(folding, change)
    if verdict.status == "rejected":
        return _refuse(folding, change, verdict, digest)
    if verdict.status == "quarantined" or kind is None:
        return _hold(folding, change, verdict, digest)
    return _accept(folding, change, kind, digest)


def _judge(folding: Folding, change: Change) -> tuple[Kind | None, Verdict]:
    known = Known(
        target=folding.rows.get((change.area, change.record)),
        amended=folding.rows.get((change.area, change.amends or "")),
        person=folding.rows.get((change.area, change.person or "")),
        subject=folding.rows.get((change.area, str(change.body.get("person", "")))),
        area_exists=change.area in folding.areas,
        above=folding.areas.get(change.area, False),
        gone=_how_gone(folding, change),
        missing=_missing(folding, change),
    )
    kind = folding.catalogue.get(change.kind)
    written_at = clamp(parse_stamp(change.stamp), folding.now)[0].millis
    return kind, judge_change(change, kind, folding.caller.as_of(change.area, written_at), known)


def _named_here(catalogue: Catalogue, change: Change) -> list[tuple[str, str]]:
    """The ids of what a change names that must be in its area, each with the kind it must be of."""
    kind = catalogue.get(change.kind)
    here = kind.here.items() if kind else ()
    return [(str(change.body[key]), of) for key, of in here if change.body.get(key) is not None]


def _missing(folding: Folding, change: Change) -> str:
    """The kind of what a change names in its fields and its area does not hold; "" where all is there."""
    for named, of in _named_here(folding.catalogue, change):
        row = folding.rows.get((change.area, named))
        if row is None or row["kind"] != of:
            return of
    return ""


def _how_gone(folding: Folding, change: Change) -> str:
    """Whether what a change speaks of was "erased" or has "left"; a fact that never got in is erased too."""
    told = [folding.receipts.get(each or "") for each in (change.record, change.amends)]
    if any(earlier is not None and earlier["code"] == "erased_person" for earlier in told):
        return "erased"
    return folding.gone.how(change)


def _answer_again(change: Change, earlier: dict[str, Any], digest: str) -> Status:
    """The status of a change that came before: duplicate, or the same id with another body."""
    if earlier["hash"] != digest:
        return {"id": change.id, "status": "rejected", "code": "id_reused"}
    if earlier["status"] == "rejected" or earlier["code"] == "erased_person":
        return {"id": change.id, "status": "rejected", "code": earlier["code"]}
    status: Status = {"id": change.id, "status": "duplicate"}
    if earlier["seq"] is not None:
        status["seq"] = earlier["seq"]
    if earlier["status"] == "quarantined":
        status |= {"status": "quarantined", "code": earlier["code"]}
    return status


def _refuse(folding: Folding, change: Change, verdict: Verdict, digest: str) -> Status:
    """Keep of a change that it came, by its hash, and nothing of what it says."""
    _note_receipt(folding, change, "rejected", verdict.code, digest)
    folding.new_receipts[-1]["change"] = "{}"
    return {"id": change.id, "status": "rejected", "code": verdict.code}


def _hold(folding: Folding, change: Change, verdict: Verdict, digest: str) -> Status:
    """Keep a change whole for a supervisor to decide: acknowledged, not yet visible."""
    detail = json.dumps(verdict.detail, ensure_ascii=False) if verdict.detail else None
    who = _who(folding)
    area = folding.gone.home_of(change) if verdict.code == "moved_away" else change.area
    folding.held.append(
        {"area_id": area, "change_id": change.id, "code": verdict.code, "change": change.text}
        | {"detail": detail, "state": "waiting", "received_at": folding.now}
        | who
    )
    _note_receipt(folding, change, "quarantined", verdict.code, digest)
    status: Status = {"id": change.id, "status": "quarantined", "code": verdict.code}
    if verdict.detail:
        status["fields"] = verdict.detail
    return status


def _accept(folding: Folding, change: Change, kind: Kind, digest: str) -> Status:
    clock, ahead = clamp(parse_stamp(change.stamp), folding.now)
    stamp = format_stamp(clock)
    conflicts: dict[str, Any] = {}
    if kind.family == "profile":
        touched, conflicts = _merge_profile(folding, change, stamp)
        if change.was_record:  # who still holds the one that was merged hears once more that it is gone
            touched.append(folding.rows[change.area, change.was_record])
    else:
        touched = _touch_facts(folding, change, kind, ahead)
    for row in touched:
        folding.rows[row["area"], row["id"]] = row
        folding.entries.append(
            {"area_id": row["area"], "record_id": row["id"], "change_id": change.id, "kind": row["kind"]}
            | {"op": change.op, "stamp": stamp, "received_at": folding.now}
            | _who(folding)
        )
    status: Status = {"id": change.id, "status": "conflict" if conflicts else "accepted"}
    if conflicts and folding.caller.may_write(change.area):
        status["fields"] = conflicts
    _note_receipt(folding, change, status["status"], "clock_ahead" if ahead else None, digest)
    return status


def _touch_facts(folding: Folding, change: Change, kind: Kind, ahead: bool) -> list[Row]:
    """The fact's row, new or altered, and the row of the fact it amends."""
    mine: dict[str, Row] = {}
    for wanted in (change.record, change.amends):
        row = folding.rows.get((change.area, wanted or ""))
        if row is not None:
            mine[row["id"]] = row
    touched = touched_rows(mine, change.raw | {"author": folding.caller.account})
    if change.op in ("record", "amend"):
        attention, reasons = kind.attend(change.body)
        touched[0] |= {"received_at": folding.now, "attention": attention}
        touched[0]["occurred_at"] = min(touched[0]["occurred_at"], folding.now)
        optional = {
            "reasons": reasons,
            "device": folding.caller.device,
            "flags": ["clock_ahead"] if ahead else None,
        }
        touched[0] |= {name: value for name, value in optional.items() if value}
        touched[0] |= _written_about(change, mine.get(change.amends or "", {}))
    elif change.op == "review":
        touched[0] = touched[0] | {"reviewed_at": folding.now}
    return touched


def _written_about(change: Change, amended: Row) -> Row:
    """Whom a fact was written about where they have been merged since: as of the fact that it amends."""
    said = {"was": change.was and [change.was], "was_home": change.was_home and [change.was_home]}
    told = {name: amended.get(name) or value for name, value in said.items()}
    return {name: value for name, value in told.items() if value}


def _merge_profile(folding: Folding, change: Change, stamp: str) -> tuple[list[Row], dict[str, Any]]:
    """The profile's row after a ``set``, and the fields of it that are now in conflict."""
    key = change.area, change.record
    kind = folding.catalogue[change.kind]
    whole = replace(change, body=kind.complete(change.body))
    edits = add_edits(folding.edits.get(key, {}), whole, folding.caller.account, stamp)
    folding.edits[key] = edits
    found = find_conflicts(edits, kind.sensitive)
    rivals = {name: heads for name, heads in found.items() if name not in kind.derived}
    row: Row = dict(folding.rows.get(key) or _new_profile(folding, change))
    row["fields"] = current_fields(edits)
    row.pop("conflicts", None)
    if rivals:
        row["conflicts"] = {
            name: [{k: head[k] for k in ("change", "author", "value", "stamp")} for head in heads]
            for name, heads in rivals.items()
        }
    told = {
        name: row["conflicts"][name] for name in rivals if name in change.body and name not in kind.private
    }
    return [row], told


def _new_profile(folding: Folding, change: Change) -> Row:
    return {
        "id": change.record,
        "kind": change.kind,
        "area": change.area,
        "received_at": folding.now,
    }


def _note_receipt(folding: Folding, change: Change, status: str, code: str | None, digest: str) -> None:
    folding.receipts[change.id] = {"hash": digest, "status": status, "seq": None, "code": code}
    folding.new_receipts.append(
        {"area_id": change.area, "change_id": change.id, "hash": digest, "status": status, "code": code}
        | {"change": change.text, "detail": None, "seq": None}
        | {"received_at": folding.now}
        | _who(folding)
    )


def _who(folding: Folding) -> dict[str, str | None]:
    return {"author_id": folding.caller.account, "device_id": folding.caller.device}


def _write_all(tx: Connection, folding: Folding) -> dict[str, int]:
    """Number the entries, write everything; return the number that each change ended with."""
    numbers: dict[str, int] = {}
    latest: dict[tuple[str, str], int] = {}
    for area in sorted({entry["area_id"] for entry in folding.entries}):
        mine = [entry for entry in folding.entries if entry["area_id"] == area]
        before = take_numbers(tx, area, len(mine))
        for number, entry in enumerate(mine, before + 1):
            entry["seq"] = number
            latest[area, entry["record_id"]] = number
            numbers.setdefault(entry["change_id"], number)
    _write_records(tx, folding, latest)
    for noted in folding.new_receipts:
        noted["seq"] = numbers.get(noted["change_id"])
    execute_many(tx, _LOG, folding.entries)
    execute_many(tx, _RECEIPT, folding.new_receipts)
    execute_many(tx, _QUARANTINE, folding.held)
    note_twins(
        tx, folding.catalogue, [folding.rows[key] for key in latest if key not in folding.stored], folding.now
    )
    counted = counted_kinds(folding.catalogue)
    count_again(tx, folding.catalogue, {e["area_id"] for e in folding.entries if e["kind"] in counted})
    return numbers


def _write_records(tx: Connection, folding: Folding, latest: dict[tuple[str, str], int]) -> None:
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for key, seq in latest.items():
        row = folding.rows[key] | {"seq": seq}
        folding.rows[key] = row
        values = encode_row(row, folding.edits.get(key), folding.catalogue[row["kind"]])
        if key in folding.stored:
            altered = {name: value for name, value in values.items() if name not in _NEVER_ALTERED}
            changed.append(altered | {"key_area": key[0], "key_id": key[1]})
        else:
            new.append(values)
    execute_many(tx, _RECORD, new)
    execute_many(tx, _UPDATE, changed)


_LOG, _RECEIPT, _QUARANTINE, _RECORD = insert(log), insert(receipt), insert(quarantine), insert(record)
_SOME_AREAS: Any = bindparam("areas", expanding=True)
_SOME_IDS: Any = bindparam("ids", expanding=True)
_RECEIPTS = select(receipt).where(receipt.c.area_id.in_(_SOME_AREAS), receipt.c.change_id.in_(_SOME_IDS))
_RECORDS = select(record).where(record.c.area_id.in_(_SOME_AREAS), record.c.record_id.in_(_SOME_IDS))
_NEVER_ALTERED = frozenset({"area_id", "record_id", "kind", "device_id"})
_UPDATE = update(record).where(
    record.c.area_id == bindparam("key_area"), record.c.record_id == bindparam("key_id")
)
