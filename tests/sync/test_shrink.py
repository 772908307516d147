"""Columns made smaller come back as they were, whatever is in them; ids of another make are left whole."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from sync.ids import uuid7
from sync.packing import pack, unpack
from sync.shrink import shrink

MOMENTS = st.integers(min_value=0, max_value=(1 << 47) - 1)
OURS = st.builds(
    uuid7, st.integers(min_value=0, max_value=(1 << 48) - 1), st.binary(min_size=10, max_size=10)
)
OTHERS = st.uuids(version=4).map(str)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(["", "0", "well"]), st.just(["a"])
)


def rows(ids: st.SearchStrategy[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows with and without a moment and with values that are alike, or nearly."""
    row = st.fixed_dictionaries(
        {"id": ids, "kind": st.sampled_from(["visit", "person"])},
        optional={"occurred_at": MOMENTS, "state": st.sampled_from(["approved", "pending"]), "person": ids},
    )
    given_fields = st.dictionaries(st.sampled_from(["how", "note"]), VALUES)
    pairs = st.lists(st.tuples(row, given_fields), max_size=12)
    return pairs.map(
        lambda made: [each | {"seq": place, "fields": fields} for place, (each, fields) in enumerate(made)]
    )


@given(st.one_of(rows(OURS), rows(OTHERS), rows(st.one_of(OURS, OTHERS, st.just("short")))))
def test_what_is_shrunk_comes_back_as_it_was(made: list[dict[str, Any]]) -> None:
    plain = pack(made)
    sent = json.loads(json.dumps(shrink(plain)))
    assert as_text(unpack(sent, "g1")) == as_text(unpack(plain, "g1"))


def test_ids_of_this_product_travel_in_three_columns_and_others_whole() -> None:
    ours = [
        {"id": uuid7(place, bytes(10)), "kind": "visit", "seq": place, "fields": {}} for place in range(3)
    ]
    assert "id" not in shrink(pack(ours))["visit"]["columns"]
    other = visit(str(UUID(int=7, version=4)), 9)
    assert shrink(pack([*ours, other]))["visit"]["columns"]["id"][-1] == other["id"]


def test_a_column_of_one_value_is_one_run() -> None:
    alike = [
        {"id": str(place), "kind": "visit", "seq": place, "state": "approved", "fields": {}}
        for place in range(9)
    ]
    assert shrink(pack(alike))["visit"]["columns"]["state"] == {"runs": ["approved", 9]}


def visit(record: str, seq: int) -> dict[str, Any]:
    """A visit's row."""
    return {"id": record, "kind": "visit", "seq": seq, "state": "approved", "fields": {}}


def as_text(value: object) -> str:
    """JSON, so that true and 1 differ."""
    return json.dumps(value, sort_keys=True)
