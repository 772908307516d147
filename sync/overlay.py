"""Laying changes over rows: what a record looks like once a change is counted in. Pure.

The server's fold makes its rows with these functions; a phone lays what waits in its outbox over the
rows the server sent. Twin: static/sync/overlay.js; vectors: tests/vectors/overlay.json.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
Raw = dict[str, Any]


def lay_over(rows: list[Row], changes: list[Raw]) -> list[Row]:
    """The rows with ``changes`` (each with ``author``, in order) counted in; nothing is altered in place.

    A change on a record that is not among the rows, and makes none, leaves them as they are.
    """
    laid = {row["id"]: row for row in rows}
    for change in changes:
        for row in touched_rows(laid, change):
            laid[row["id"]] = row
    return list(laid.values())


def touched_rows(rows: dict[str, Row], change: Raw) -> list[Row]:
    """The rows, new or altered, that one change leaves behind, given rows by id."""
    op, current = change["op"], rows.get(change["record"])
    if op in ("record", "amend"):
        touched = [current or new_fact(change)]
        amended = rows.get(change["amends"]) if op == "amend" else None
        if amended is not None:
            touched.append(amended | {"state": "amended", "amended_by": change["record"]})
        return touched
    if op == "set":
        return [set_profile(current, change)]
    if current is None:
        return []
    if op == "void":
        return [current | {"state": "void"} | _reason(change)]
    if op == "review":
        return [review_fact(current, change)]
    return []


def new_fact(change: Raw) -> Row:
    """The row of a fact that the server has not numbered yet (``seq`` 0)."""
    row = {
        "id": change["record"],
        "kind": change["kind"],
        "area": change["area"],
        "seq": 0,
        "person": change["person"],
        "household": change["household"],
        "author": change["author"],
        "occurred_at": change["occurred_at"],
        "state": "pending",
        "fields": dict(change["body"]),
    }
    for key in ("form", "amends"):
        if change.get(key) is not None:
            row[key] = change[key]
    return row


def set_profile(current: Row | None, change: Raw) -> Row:
    """A profile's row with the fields of a ``set`` change; None takes a field away.

    Whether what was set still competes with others is the server's to say: until then it does not.
    """
    row = current or {
        "id": change["record"],
        "kind": change["kind"],
        "area": change["area"],
        "seq": 0,
        "fields": {},
    }
    fields = row["fields"] | change["body"]
    kept = {name: value for name, value in fields.items() if value is not None}
    rivals = {name: heads for name, heads in row.get("conflicts", {}).items() if name not in change["body"]}
    laid = {name: value for name, value in row.items() if name != "conflicts"} | {"fields": kept}
    return laid | ({"conflicts": rivals} if rivals else {})


def review_fact(current: Row, change: Raw) -> Row:
    """A fact's row with a supervisor's verdict on it."""
    row = {key: value for key, value in current.items() if key != "reason"}
    verdict = {"state": change["body"]["verdict"], "reviewer": change["author"]}
    return row | verdict | _reason(change)


def _reason(change: Raw) -> Row:
    reason = change["body"].get("reason")
    return {"reason": reason} if isinstance(reason, str) and reason else {}
