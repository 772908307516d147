"""A county is put in without reading, and is what the fold itself would have made of it, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from sync import schema
from sync.database import open_store
from sync.records import fold_changes, fold_fresh
from tests.world import NOW
from webapp.county.maker import Maker, Sizes
from webapp.forms.catalogue import build_catalogue

if TYPE_CHECKING:
    from pathlib import Path

TABLES = (schema.record, schema.log, schema.receipt, schema.area_log, schema.tally, schema.quarantine)


def everything(tx: Connection) -> dict[str, list[dict[str, object]]]:
    return {
        table.name: [
            dict(row._mapping) for row in tx.execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in TABLES
    }


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(0, 40))
def test_a_county_is_what_the_fold_would_have_made(
    tmp_path: Path, seed: int, villages: int, facts: int
) -> None:
    found = []
    for way in ("fold", "fresh"):
        (tmp_path / f"{way}.db").unlink(missing_ok=True)
        store = open_store(f"sqlite:///{tmp_path}/{way}.db", build_catalogue())
        store.upgrade()
        maker = Maker(seed, Sizes(villages, 2 * villages, 3 * villages, 7 * villages, facts), NOW)
        maker.lay_out()
        with store.write() as tx:
            maker.write_layout(tx, "!")
            for place in maker.places:
                batches = maker.batches(place)
                if way == "fresh":
                    assert all(
                        each["status"] == "accepted" for each in fold_fresh(tx, store.catalogue, batches)
                    )
                    continue
                for batch in batches:
                    fold_changes(tx, store.catalogue, batch.caller, batch.changes, batch.now)
        with store.read() as tx:
            found.append(everything(tx))
        store.close()
    assert found[0] == found[1]
    assert sum(row["kind"] == "person" for row in found[0]["record"]) == 7 * villages
