"""A lean answer says all that the whole one says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.lean import EMPTY, leave_out

PARTS = st.fixed_dictionaries(
    {
        name: st.sampled_from([empty, ["said"], {"rows": 3}, {"wipe": True}, None, False])
        for name, empty in EMPTY.items()
    }
)


@given(PARTS)
def test_what_was_left_out_is_what_an_empty_part_says(parts: dict[str, object]) -> None:
    answer = {"protocol": 1, "token": "t", "more": False, "usable": True, **parts}
    assert EMPTY | leave_out(answer, token_serves=False) == answer


def test_only_a_token_that_still_serves_is_left_out() -> None:
    assert leave_out({"token": "new"}, token_serves=True) == {}
    assert leave_out({"token": "new"}, token_serves=False) == {"token": "new"}


def test_an_epoch_is_left_out_only_where_it_is_the_one_asked_with() -> None:
    answer = {"token": "new", "epoch": "e1"}
    assert leave_out(answer, token_serves=False, epoch="e1") == {"token": "new"}
    for other in ("e0", "", None):
        assert leave_out(answer, token_serves=False, epoch=other) == answer
