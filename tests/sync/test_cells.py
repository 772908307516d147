"""Cells and spliced streams come back as what they were made of, whatever is in them."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import brotli
from hypothesis import given
from hypothesis import strategies as st

from sync import cells
from sync.cells import read_cell, write_cell
from sync.columns import read_column, write_column
from sync.ids import uuid7
from sync.marks import MOST_MARKS
from sync.packing import pack
from sync.splice import begin_stream, end_stream, read_begun
from sync.turning import turn, turn_back

MOMENTS = st.integers(min_value=0, max_value=(1 << 47) - 1)
OURS = st.builds(
    uuid7, st.integers(min_value=0, max_value=(1 << 48) - 1), st.binary(min_size=10, max_size=10)
)
OTHERS = st.one_of(
    st.uuids(version=4).map(str), st.just("short"), OURS.map(lambda each: each[:19] + "c" + each[20:])
)
ODD = st.sampled_from(
    ["", "0", "well", "雪\n大", "\\", '"', "\u2028", 0, 1, 2, True, False, None, 1.5, -(1 << 60), 1 << 53]
)
VALUES = st.recursive(
    st.one_of(ODD, st.text(st.characters(exclude_categories=["Cs"]), max_size=3)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=3,
)
COLUMNS = st.one_of(
    st.lists(VALUES, max_size=30),
    st.lists(st.sampled_from(["good", "fair", None]), max_size=60),
    st.lists(st.integers(-(1 << 51), 1 << 51), max_size=30),
    st.lists(st.integers(0, 3).map(lambda each: [each]), max_size=30),
    st.lists(ODD, min_size=1, max_size=1).flatmap(
        lambda one: st.integers(0, 40).map(lambda times: one * times)
    ),
)


@given(COLUMNS)
def test_a_column_comes_back_as_it_was(values: list[Any]) -> None:
    assert as_text(read_column(sent(write_column(values)))) == as_text(values)


def test_each_of_as_many_values_as_are_listed_has_a_character_of_its_own() -> None:
    values = [f"{place * 7 % MOST_MARKS}" for place in range(MOST_MARKS)] * 2
    column = write_column(values)
    assert isinstance(column, dict)
    assert set(column) == {"of", "at"}
    assert read_column(sent(column)) == values
    assert json.dumps(column["at"], ensure_ascii=False)[1:-1] == column["at"]
    assert max(len(mark.encode()) for mark in column["at"]) == 2


TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(["想爸妈，", "雪扫过了。", "\n", "a", "𠮷"]), max_size=80).map("".join),
)


@given(TEXTS)
def test_a_text_that_was_turned_comes_back(text: str) -> None:
    turned = turn(text)
    if turned is None:
        assert "\0" in text or any(
            text[place : place + 200] in text[place + 1 :] for place in range(len(text))
        )
    else:
        assert turn_back(sent(turned)) == text


def test_what_was_written_in_words_is_turned_together_where_there_is_time_and_else_left() -> None:
    made = [
        {"id": f"{place}", "kind": ("visit", "health_check")[place % 2], "area": "g1", "seq": place}
        | {
            "fields": {"note": f"第{place * place}次，{place % 7}点到的，煤够用{place * 31 % 97}天"}
            if place % 5
            else {}
        }
        for place in range(900)
    ]
    kinds = [str(row["kind"]) for row in made]
    assert "texts" not in write_cell(pack(made), kinds)
    cell = write_cell(pack(made), kinds, thorough=True)
    assert cell["fields"]["visit"]["note"] == cell["fields"]["health_check"]["note"] == "turned"
    assert as_text(read_cell(sent(cell), "g1")) == as_text(made)
    again = [row | {"fields": {"note": "一切都好，没有什么要说的。" * 60}} for row in made[:40]]
    written = write_cell(pack(again), kinds[:40], thorough=True)
    assert as_text(read_cell(sent(written), "g1")) == as_text(again)


def rows(ids: st.SearchStrategy[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows with and without a moment, a person, a household, with values that are alike, or nearly."""
    row = st.fixed_dictionaries(
        {"id": ids, "kind": st.sampled_from(["visit", "person", "hologram"])},
        optional={
            "occurred_at": MOMENTS,
            "state": st.sampled_from(["approved", "pending"]),
            "person": st.sampled_from(["p1", "p2", "p3"]),
            "household": st.sampled_from(["h1", "h1", "h2"]),
        },
    )
    fields = st.dictionaries(st.sampled_from(["how", "note"]), VALUES.filter(lambda each: each is not None))
    return st.lists(st.tuples(row, fields), min_size=1, max_size=14).map(
        lambda made: [
            each | {"area": "g1", "seq": place * 3, "fields": given_fields}
            for place, (each, given_fields) in enumerate(made)
        ]
    )


@given(st.one_of(rows(OURS), rows(OTHERS), rows(st.one_of(OURS, OTHERS))))
def test_a_cell_comes_back_as_the_rows_it_was_made_of(made: list[dict[str, Any]]) -> None:
    with mock.patch.object(cells, "WORTH_TURNING", 1):
        for thorough in (False, True):
            cell = write_cell(pack(made), [row["kind"] for row in made], thorough=thorough)
            assert as_text(read_cell(sent(cell), "g1")) == as_text(made)


@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(1, 400), st.sampled_from([5, 11]))
def test_a_spliced_stream_is_what_it_began_with_and_its_tail(
    head: bytes, tail: bytes, times: int, quality: int
) -> None:
    begun = begin_stream(head * times, quality)
    assert read_begun(begun) == head * times
    assert brotli.decompress(end_stream(begun, tail * times)) == head * times + tail * times


def sent(value: Any) -> Any:
    """What arrives of a value."""
    return json.loads(json.dumps(value))


def as_text(value: object) -> str:
    """JSON, so that true and 1 differ."""
    return json.dumps(value, sort_keys=True)
