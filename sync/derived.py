"""Making again what records carry besides their fields: lookup, subject, words; and the areas' tallies.

Invariant: afterwards every standing profile is found and counted as if this build had written it. Numbers,
edits and bodies stay, so that no phone hears of it.
"""

from __future__ import annotations

import json

from sqlalchemy import Connection, bindparam, select, update

from sync.bulk import execute_many
from sync.catalogue import Catalogue
from sync.rows import is_standing
from sync.schema import area_log, record
from sync.tallies import count_again

_UPDATE = update(record).where(
    record.c.area_id == bindparam("key_area"), record.c.record_id == bindparam("key_id")
)


def derive_again(tx: Connection, catalogue: Catalogue) -> None:
    """Derive the columns of all standing profiles, and count every area, anew."""
    kinds = sorted(kind.name for kind in catalogue if kind.family == "profile")
    areas = list(tx.scalars(select(area_log.c.area_id).order_by(area_log.c.area_id)))
    for area in areas:
        query = select(record.c.record_id, record.c.kind, record.c.body).where(
            record.c.area_id == area, record.c.kind.in_(kinds), is_standing()
        )
        found = tx.execute(query).all()
        derived = [
            {
                "key_area": area,
                "key_id": each.record_id,
                "lookup": catalogue[each.kind].lookup(fields),
                "subject_id": catalogue[each.kind].subject(fields),
                "words": catalogue[each.kind].words(fields),
            }
            for each in found
            if (fields := json.loads(each.body)) is not None
        ]
        execute_many(tx, _UPDATE, derived)
    count_again(tx, catalogue, areas)
