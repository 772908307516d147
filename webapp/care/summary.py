"""What is known of a person from their facts, small enough to keep for everybody on a phone. Pure.

``{"last_at": ms, "latest": {"id", "kind", "at", "attention", "reasons"}, "last": {"visit": …},
"follow_ups": [{"date", "kind", "id", "at"}], "returned": [{"id", "kind", "at", "author"}]}``. Voided and
amended facts do not count. The result does not depend on the order of rows.
Twin: static/care/summary.js; vectors: tests/vectors/summary.json.
"""

from __future__ import annotations

from typing import Any

from webapp.care.dates import local_date

Summary = dict[str, Any]
COUNTED = frozenset({"pending", "approved", "returned"})


def empty_summary() -> Summary:
    """The summary of somebody nobody has visited yet."""
    return {"last_at": 0, "latest": None, "last": {}, "follow_ups": [], "returned": []}


def summarise(rows: list[dict[str, Any]]) -> Summary:
    """The summary of a person's facts."""
    summary = empty_summary()
    for row in rows:
        summary = merge_summary(summary, row)
    return summary


def merge_summary(summary: Summary, row: dict[str, Any]) -> Summary:
    """The summary with one more fact counted in. A fact that is taken back needs ``summarise`` anew."""
    if row.get("state") not in COUNTED:
        return summary
    fact = {"id": row["id"], "at": row["occurred_at"], "attention": row.get("attention", "well")}
    fact["reasons"] = row.get("reasons", [])
    last = dict(summary["last"])
    last[row["kind"]] = _later(last.get(row["kind"]), fact)
    latest = _later(summary["latest"], fact | {"kind": row["kind"]})
    follow_ups = [item for item in summary["follow_ups"] if item["id"] != row["id"]]
    date = row["fields"].get("next_date")
    if date:
        follow_ups.append({"date": date, "kind": row["kind"], "id": row["id"], "at": row["occurred_at"]})
    last_at = latest["at"]
    open_ones = [item for item in follow_ups if not _done(item, last_at)]
    open_ones.sort(key=lambda item: (item["date"], item["id"]))
    returned = [item for item in summary["returned"] if item["id"] != row["id"]]
    if row["state"] == "returned":
        returned.append(
            {"id": row["id"], "kind": row["kind"], "at": row["occurred_at"], "author": row["author"]}
        )
        returned.sort(key=lambda item: item["id"])
    return {"last_at": last_at, "latest": latest, "last": last, "follow_ups": open_ones, "returned": returned}


def _later(known: dict[str, Any] | None, fact: dict[str, Any]) -> dict[str, Any]:
    if known is None or (fact["at"], fact["id"]) >= (known["at"], known["id"]):
        return fact
    return known


def _done(follow_up: dict[str, Any], last_at: int) -> bool:
    """Somebody came on that day or later, after it was agreed."""
    return bool(last_at > follow_up["at"] and local_date(last_at) >= follow_up["date"])
