"""Posts: who holds which role at an area, on a day; and what a grid head is called at each level. Pure.

三级格长 are the heads of a grid, a village and a township (the fourth plan: "三级格长抓落实"). Twin:
static/care/posts.js; vectors: tests/vectors/posts.json.
"""

from __future__ import annotations

from typing import Any

ORDER = (
    "grid_head",
    "station_head",
    "cadre",
    "volunteer",
    "clinician",
    "counsellor",
    "teacher",
    "police",
    "supervisor",
)
HEADS = {"grid": "网格格长", "village": "村级格长", "township": "乡镇格长", "county": "县级格长"}


def is_serving(fields: dict[str, Any], today: str) -> bool:
    """Whether a post, or somebody's membership, is held today: its last day counts, too."""
    begins, ends = fields.get("from"), fields.get("until")
    return not (begins and begins > today) and not (ends and ends < today)


def role_order(role: str) -> int:
    """Where a role stands in a list of people: heads first; one that is unknown comes last."""
    return ORDER.index(role) if role in ORDER else len(ORDER)
