"""How two edits of one profile meet: per field, never by order of arrival. Pure.

Per field a profile keeps its edits ``{"change", "author", "stamp", "value", "base"}``. The latest stamp
shows. An edit is a *head* while no later edit was made from its value or resolves it; two heads by
different authors with different values are a conflict. All of it is a function of the set of edits,
so that any order of arrival ends alike (tested).
"""

from __future__ import annotations

from typing import Any

from sync.change import Change

Edit = dict[str, Any]
Edits = dict[str, list[Edit]]


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
        history.sort(key=_order)
    return merged


def current_fields(edits: Edits) -> dict[str, Any]:
    """The value that shows for each field; a field set to None is gone."""
    latest = {name: max(history, key=_order)["value"] for name, history in edits.items()}
    return {name: value for name, value in latest.items() if value is not None}


def find_conflicts(edits: Edits) -> dict[str, list[Edit]]:
    """For each field in conflict its heads, the one that shows last."""
    found = {}
    for name, history in edits.items():
        heads = find_heads(history)
        rivals = [h for h in heads if h["author"] != heads[-1]["author"]]
        if any(rival["value"] != heads[-1]["value"] for rival in rivals):
            found[name] = heads
    return found


def find_heads(history: list[Edit]) -> list[Edit]:
    """The edits that nobody has built upon or resolved, in order of stamp."""
    ordered = sorted(history, key=_order)
    return [
        edit
        for place, edit in enumerate(ordered)
        if not any(_supersedes(later, edit) for later in ordered[place + 1 :])
    ]


def _supersedes(later: Edit, edit: Edit) -> bool:
    if edit["change"] in later.get("resolves", ()):
        return True
    return later["author"] == edit["author"] or ("base" in later and later["base"] == edit["value"])


def _order(edit: Edit) -> tuple[str, str]:
    return edit["stamp"], edit["change"]
