"""Following merges: a change about who was merged into somebody else counts for those they were merged into.

Invariant: what is stored of such a change is what came (its text, its hash); what it does, it does to the
kept record, and a fact remembers (``was``, ``was_home``) whom it was written about, so that a merge can be
undone.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from sync.change import Change, named_ids
from sync.overlay import Row
from sync.rows import MERGED, decode_row
from sync.schema import record

Rows = dict[tuple[str, str], Row]
Kept = dict[tuple[str, str], str]
LONGEST_CHAIN = 50


def read_kept(tx: Connection, rows: Rows, edits: dict[tuple[str, str], Any]) -> Kept:
    """For each of these rows that was merged, the id it is now; adds the rows of those that are kept."""
    kept: Kept = {key: row["merged_into"] for key, row in rows.items() if row.get("state") == MERGED}
    for _ in range(LONGEST_CHAIN):
        unread = sorted({(area, into) for (area, _), into in kept.items()} - rows.keys())
        if not unread:
            break
        query = select(record).where(
            record.c.area_id.in_(sorted({area for area, _ in unread})),
            record.c.record_id.in_(sorted({into for _, into in unread})),
        )
        for found in tx.execute(query):
            key = found.area_id, found.record_id
            rows[key] = decode_row(found)
            edits[key] = json.loads(found.edits) if found.edits else {}
        kept |= {key: row["merged_into"] for key, row in rows.items() if row.get("state") == MERGED}
    return {key: _last(kept, key) for key in kept}


def follow_change(change: Change, kept: Kept, rows: Rows) -> Change:
    """The change as it counts: about whoever its person, its household and its record were merged into."""
    moved = {each: kept[change.area, each] for each in named_ids(change) if (change.area, each) in kept}
    if not moved:
        return change
    person, household = change.person, change.household
    altered: dict[str, Any] = {
        "body": {name: _moved(value, moved) for name, value in change.body.items()},
        "base": {name: _moved(value, moved) for name, value in change.base.items()},
    }
    if change.op == "set" and change.record in moved:
        altered |= {"record": moved[change.record], "was_record": change.record}
    if household in moved:
        altered |= {"household": moved[household], "was_home": household}
    if person in moved:
        home = rows.get((change.area, moved[person]), {}).get("fields", {}).get("household")
        altered |= {"person": moved[person], "was": person}
        altered["household"] = home or altered.get("household", household)
    raw = change.raw | {name: altered[name] for name in _SAID if name in altered and name in change.raw}
    return replace(change, raw=raw, **altered)


_SAID = ("record", "body", "base", "person", "household")


def _moved(value: Any, moved: dict[str, str]) -> Any:
    return moved.get(value, value) if isinstance(value, str) else value


def _last(kept: Kept, key: tuple[str, str]) -> str:
    area, into = key[0], kept[key]
    for _ in range(LONGEST_CHAIN):
        if (area, into) not in kept:
            break
        into = kept[area, into]
    return into
