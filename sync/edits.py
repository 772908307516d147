"""Edits of a profile as a phone makes them, and what became of one's own. Pure.

Invariant: an edit carries the value that its author saw, so that one from a stale page competes and never
overwrites. Twin: static/sync/edits.js; vectors: tests/vectors/edits.json.
"""

from __future__ import annotations

from typing import Any

from sync.overlay import Row

Lost = dict[str, Any]


def changed_fields(seen: dict[str, Any], typed: dict[str, Any]) -> dict[str, Any]:
    """``{"body", "base"}`` of the fields that differ from what was seen; None stands for an empty one."""
    body = {name: value for name, value in typed.items() if value != seen.get(name)}
    return {"body": body, "base": {name: seen.get(name) for name in body}}


def lost_edits(rows: list[Row], account: str) -> list[Lost]:
    """Each field where an edit of ``account`` competes and somebody else's value shows.

    ``{"row", "name", "mine", "shown", "seen"}``; ``seen`` are the ids of all that compete, joined by commas:
    what a choice resolves.
    """
    found = []
    for row in rows:
        for name, heads in sorted(row.get("conflicts", {}).items()):
            mine = [head for head in heads if head["author"] == account]
            shown = heads[-1]
            if mine and shown["author"] != account and mine[-1]["value"] != shown["value"]:
                seen = ",".join(head["change"] for head in heads)
                found.append({"row": row, "name": name, "mine": mine[-1], "shown": shown, "seen": seen})
    return found


def settle_edit(lost: Lost, keep: str) -> dict[str, Any]:
    """``{"body", "base", "resolves"}`` that lets "mine" or what is "shown" stand, of all that was seen."""
    name, shown = lost["name"], lost["shown"]["value"]
    chosen = lost["mine"]["value"] if keep == "mine" else shown
    return {"body": {name: chosen}, "base": {name: shown}, "resolves": lost["seen"].split(",")}
