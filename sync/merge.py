"""How two edits of one profile meet: per field, never by order of arrival. Pure.

Per field a profile keeps its edits ``{"change", "author", "stamp", "value", "base"}``. The latest shows,
and an edit stands after those it resolves, whatever its clock says. An edit is a *head* while no later
one was made in sight of it or resolves it; heads with different values are a conflict. A later edit of
the same author counts as made in sight of the earlier one, save in a *sensitive* field (guardian, birth,
…): there only the value seen (``base``) or ``resolves`` tells, so that nothing of it merges silently. All
of it is a function of the set of edits, so that any order of arrival ends alike (tested).
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Any

from sync.change import Change

Edit = dict[str, Any]
Edits = dict[str, list[Edit]]
Place = tuple[str, int, str]


def add_edits(edits: Edits, change: Change, author: str, stamp: str) -> Edits:
    """The edits of a profile with those of a ``set`` change added, in order of stamp."""
    merged = {name: list(history) for name, history in edits.items()}
    for name, value in change.body.items():
        history = merged.setdefault(name, [])
        if any(edit["change"] == change.id for edit in history):
            continue
        edit: Edit = {"change": change.id, "author": author, "stamp": stamp, "value": value}
        if name in change.base:
            edit["base"] = change.base[name]
        if change.resolves:
            edit["resolves"] = list(change.resolves)
        history.append(edit)
        history.sort(key=lambda each: (each["stamp"], each["change"]))
    return merged


def current_fields(edits: Edits) -> dict[str, Any]:
    """The value that shows for each field; a field set to None is gone."""
    latest = {name: _in_order(history)[-1]["value"] for name, history in edits.items()}
    return {name: value for name, value in latest.items() if value is not None}


def find_conflicts(edits: Edits, sensitive: frozenset[str] = frozenset()) -> dict[str, list[Edit]]:
    """For each field in conflict its heads, the one that shows last."""
    found = {}
    for name, history in edits.items():
        heads = find_heads(history, name in sensitive)
        if any(head["value"] != heads[-1]["value"] for head in heads):
            found[name] = heads
    return found


def find_heads(history: list[Edit], sensitive: bool = False) -> list[Edit]:
    """The edits that nobody has built upon or resolved, in order; the last one shows."""
    ordered = _in_order(history)
    return [
        edit
        for place, edit in enumerate(ordered)
        if not any(_supersedes(later, edit, sensitive) for later in ordered[place + 1 :])
    ]


def _supersedes(later: Edit, edit: Edit, sensitive: bool) -> bool:
    if edit["change"] in later.get("resolves", ()) or later.get("base") == edit["value"]:
        return True
    return not sensitive and bool(later["author"] == edit["author"])


def _in_order(history: list[Edit]) -> list[Edit]:
    """By stamp, each after what it resolves: its author had seen that, even where their clock was slow."""
    places: dict[str, Place] = {edit["change"]: (edit["stamp"], 0, edit["change"]) for edit in history}
    if any("resolves" in edit for edit in history):
        seen = {edit["change"]: set(edit.get("resolves", ())) & places.keys() for edit in history}
        for change, others in seen.items():
            others.discard(change)
        for change in _from_first_to_last(seen):
            stamp, step = max((places[each][:2] for each in seen[change]), default=("", 0))
            places[change] = max(places[change], (stamp, step + 1, change))
    return sorted(history, key=lambda edit: places[edit["change"]])


def _from_first_to_last(seen: dict[str, set[str]]) -> list[str]:
    """The changes, each after those it has seen; none where they claim to have seen each other."""
    try:
        return list(TopologicalSorter(seen).static_order())
    except CycleError:
        return []
