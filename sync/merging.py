"""Two records of one person, or of one household, become one: ``merge``; and each again: ``unmerge``.

Invariant: at every moment each fact and each profile about them stands under exactly one of the two. The
lost record keeps its fields and edits, out of sight (``state`` "merged", ``merged_into``): phones get it as
one that left. Facts change whom they are about under new numbers and remember it (``was``; ``from`` tells
phones in whose blocks they may lie); profiles change by ``set`` changes like any other edit, so that their
history shows it. One transaction, one audit row of ids.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from sync.catalogue import Catalogue
from sync.errors import ProblemError
from sync.log import lock_logs
from sync.merge import current_fields, find_heads
from sync.overlay import Row
from sync.prepared import forget_prepared
from sync.records import fold_changes
from sync.rows import MERGED, decode_row, encode_row, is_standing
from sync.schema import area_log, audit, record
from sync.scope import Caller
from sync.tallies import forget_tallies
from sync.tombstones import Act, log_entries, note_act
from sync.twins import hide_twins, pair_of, settle_pair, show_twins

KINDS = ("person", "household")
WAS = {"person": "was", "household": "was_home"}
MakeSet = Callable[[str, str, str, dict[str, Any], dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Merging:
    """What a merge or its undoing works with: where, as whom, and how a ``set`` change is made.

    ``make_set(kind, area, record, body, base)`` gives a raw change with an id and a stamp of its own.
    """

    tx: Connection
    catalogue: Catalogue
    caller: Caller
    act: Act
    make_set: MakeSet


def merge(work: Merging, area: str, kept: str, lost: str, values: dict[str, Any]) -> None:
    """Merge ``lost`` into ``kept``; ``values`` are the fields of the kept one that shall be another's.

    Raises ProblemError: ``same_record`` for one and the same, ``not_allowed`` where the caller does not
    review in the area, ``unknown_record`` where not both stand there, of one kind that is merged.
    """
    if kept == lost:
        raise ProblemError("same_record")
    _hold(work, area)
    rows = _rows(work.tx, area, [kept, lost])
    kinds = {row["kind"] for row in rows.values()}
    if len(rows) < 2 or len(kinds) > 1 or not kinds <= set(KINDS):
        raise ProblemError("unknown_record")
    kind = rows[kept]["kind"]
    changes = [*_choose(work, area, rows[kept], values), *_rename(work, area, kind, lost, kept)]
    _fold(work, changes)
    facts = _facts_about(work.tx, area, kind, lost)
    about = _about(kind, kept, current_home(work.tx, area, kept))
    _turn(work, area, facts, Turn("merge", about, lambda extra: _remember(extra, kind, lost)))
    marks = {"state": MERGED, "merged_into": kept, "merge": work.act.change}
    _write_lost(work, area, decode_row(_record(work.tx, area, lost)) | marks, "merge")
    detail = {"lost": lost, "sets": [change["id"] for change in changes], "facts": len(facts)}
    settle_pair(work.tx, area, pair_of(kept, lost), "merged", (work.caller.account, work.act.at))
    hide_twins(work.tx, area, lost, kept, work.act.at)
    note_act(work.tx, work.act, area, "merge", subject=kept, detail=detail)


def unmerge(work: Merging, area: str, merge_id: str) -> None:
    """Undo a merge: each fact goes back where it was, each value that nobody changed since is as before.

    Raises ProblemError: ``not_allowed``; ``unknown_record`` where no such merge is in force in the area:
    undone already, one of the two erased, or the kept one merged on (that is undone first).
    """
    _hold(work, area)
    kept, lost, made = _find_merge(work, area, merge_id)
    kind = lost["kind"]
    _write_lost(work, area, {k: v for k, v in lost.items() if k not in _MARKS}, "unmerge")
    _fold(work, _take_back(work, area, made))
    facts = _facts_about(work.tx, area, kind, kept)
    theirs = [each for each in facts if json.loads(each.extra).get(WAS[kind], [None])[-1] == lost["id"]]
    about = _about(kind, lost["id"], current_home(work.tx, area, lost["id"]))
    # All of them get new numbers: of a snapshot that is on its way none may become a recent one unseen.
    stay = [each for each in facts if each not in theirs]
    _turn(work, area, theirs, Turn("unmerge", about, lambda extra: _forget(extra, kind, kept)))
    _turn(work, area, stay, Turn("unmerge", {}, lambda extra: extra))
    show_twins(work.tx, area, lost["id"])
    settle_pair(work.tx, area, pair_of(kept, lost["id"]), "waiting", (work.caller.account, work.act.at))
    detail = {"lost": lost["id"], "merge": merge_id}
    note_act(work.tx, work.act, area, "unmerge", subject=kept, detail=detail)


def _find_merge(work: Merging, area: str, merge_id: str) -> tuple[str, Row, list[str]]:
    """The kept one's id, the lost one's row, and the ids of the ``set`` changes of a merge in force."""
    noted = audit.c.audit_id == merge_id, audit.c.action == "merge"
    done = work.tx.execute(select(audit.c.subject, audit.c.detail).where(*noted)).one_or_none()
    detail = json.loads(done.detail) if done else {}
    found = _record(work.tx, area, detail.get("lost", ""))
    lost = decode_row(found) if found is not None and found.state == MERGED else {}
    if done is None or lost.get("merge") != merge_id or not _rows(work.tx, area, [done.subject]):
        raise ProblemError("unknown_record")
    return done.subject, lost, detail["sets"]


def _about(kind: str, record_id: str, home: str | None) -> dict[str, Any]:
    """The columns of facts that are about this person, or were written in this household."""
    if kind == "household":
        return {"household_id": record_id}
    return {"person_id": record_id, "household_id": home}


def current_home(tx: Connection, area: str, person: str) -> str | None:
    """The household in which a person of an area lives now."""
    found = _record(tx, area, person)
    home = json.loads(found.body).get("household") if found is not None else None
    return home if isinstance(home, str) else None


_MARKS = frozenset({"state", "merged_into", "merge"})


def _hold(work: Merging, area: str) -> None:
    if not work.caller.may_review(area):
        raise ProblemError("not_allowed")
    lock_logs(work.tx, {area})


def _rows(tx: Connection, area: str, ids: list[str]) -> dict[str, Row]:
    """Those of these records that stand, with their edits."""
    query = select(record).where(record.c.area_id == area, record.c.record_id.in_(sorted(ids)), is_standing())
    return {
        found.record_id: decode_row(found) | {"edits": json.loads(found.edits or "{}")}
        for found in tx.execute(query)
    }


def _record(tx: Connection, area: str, record_id: str) -> Any | None:
    here = record.c.area_id == area, record.c.record_id == record_id
    return tx.execute(select(record).where(*here)).one_or_none()


def _choose(work: Merging, area: str, kept: Row, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The ``set`` of the values that were chosen, which ends what is in conflict about them."""
    fields, known = kept["fields"], work.catalogue[kept["kind"]].fields
    body = {name: value for name, value in values.items() if name in known and value != fields.get(name)}
    if not body:
        return []
    change = work.make_set(kept["kind"], area, kept["id"], body, {name: fields.get(name) for name in body})
    heads = [head["change"] for name in body for head in find_heads(kept["edits"].get(name, []))]
    return [change | {"resolves": sorted(set(heads))}]


def _rename(work: Merging, area: str, kind: str, lost: str, kept: str) -> list[dict[str, Any]]:
    """A ``set`` of each profile that names the lost one, so that it names the kept one."""
    standing = select(record).where(record.c.area_id == area, is_standing())
    named = list(work.tx.execute(standing.where(record.c.subject_id == lost)))
    if kind == "household":
        people = [each.record_id for each in named if each.kind == "person"]
        named += work.tx.execute(standing.where(record.c.subject_id.in_(people))).all()
    changes = []
    for each in named:
        fields = json.loads(each.body)
        names = [name for name, value in fields.items() if value == lost]
        if names:
            body, base = dict.fromkeys(names, kept), dict.fromkeys(names, lost)
            changes.append(work.make_set(each.kind, area, each.record_id, body, base))
    return changes


def _take_back(work: Merging, area: str, made: list[str]) -> list[dict[str, Any]]:
    """For each of these ``set`` changes, one that sets what it set, and still shows, as it was before."""
    changes = []
    query = select(record).where(record.c.area_id == area, is_standing(), record.c.edits.is_not(None))
    for change in made:
        for found in work.tx.execute(query.where(record.c.edits.contains(change))):
            edits = json.loads(found.edits)
            shown = current_fields(edits)
            body, base = {}, {}
            for name, history in edits.items():
                edit = next((each for each in history if each["change"] == change), None)
                derived = name in work.catalogue[found.kind].derived
                if edit is not None and not derived and find_heads(history)[-1]["change"] == change:
                    body[name], base[name] = edit.get("base"), shown.get(name)
            if body:
                changes.append(work.make_set(found.kind, area, found.record_id, body, base))
    return changes


def _fold(work: Merging, changes: list[dict[str, Any]]) -> None:
    statuses = fold_changes(work.tx, work.catalogue, work.caller, changes, work.act.at)
    refused = [status for status in statuses if status["status"] not in ("accepted", "conflict")]
    if refused:
        raise ProblemError(refused[0]["code"], "a part of the merge was not taken")


def _facts_about(tx: Connection, area: str, kind: str, about: str) -> list[Any]:
    """The facts about a person, or written in a household, in the order of their numbers."""
    column = record.c.person_id if kind == "person" else record.c.household_id
    theirs = record.c.area_id == area, column == about, record.c.person_id.is_not(None), is_standing()
    return list(tx.execute(select(record).where(*theirs).order_by(record.c.seq)))


@dataclass(frozen=True)
class Turn:
    """What becomes of facts: the word for it in the log, whom they are about, what they remember."""

    op: str
    about: dict[str, Any]
    alter: Callable[[dict[str, Any]], dict[str, Any]]


def _remember(extra: dict[str, Any], kind: str, lost: str) -> dict[str, Any]:
    where = _lay_under(extra, lost) if kind == "person" else {}
    return extra | {WAS[kind]: [*extra.get(WAS[kind], []), lost]} | where


def _forget(extra: dict[str, Any], kind: str, kept: str) -> dict[str, Any]:
    name, where = WAS[kind], _lay_under(extra, kept) if kind == "person" else {}
    rest = extra[name][:-1]
    return (
        {key: value for key, value in extra.items() if key != name} | ({name: rest} if rest else {}) | where
    )


def _lay_under(extra: dict[str, Any], person: str) -> dict[str, Any]:
    """Everybody under whom a phone that was away may still have a fact."""
    return {"from": list(dict.fromkeys([*extra.get("from", []), person]))}


def _turn(work: Merging, area: str, facts: list[Any], turn: Turn) -> None:
    """Give facts new numbers, and another person or household."""
    numbers = log_entries(work.tx, area, facts, turn.op, work.act)
    for each in facts:
        here = record.c.area_id == area, record.c.record_id == each.record_id
        extra = json.dumps(turn.alter(json.loads(each.extra)), ensure_ascii=False, separators=(",", ":"))
        values = turn.about | {"seq": numbers[each.record_id], "extra": extra}
        work.tx.execute(update(record).where(*here).values(values))


def _write_lost(work: Merging, area: str, row: Row, op: str) -> None:
    """Write the lost one's row, out of sight or standing again, under a new number.

    What was prepared before is stale.
    """
    here = record.c.area_id == area, record.c.record_id == row["id"]
    found = work.tx.execute(select(record).where(*here)).one()
    [number] = log_entries(work.tx, area, [found], op, work.act).values()
    values = encode_row(row | {"seq": number}, json.loads(found.edits or "{}"), work.catalogue[row["kind"]])
    work.tx.execute(update(record).where(*here).values(values | {"seq": number}))
    work.tx.execute(update(area_log).where(area_log.c.area_id == area).values(erased=number))
    forget_tallies(work.tx, [area])
    forget_prepared(work.tx, area)
