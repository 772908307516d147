"""The kinds of facts, in the order in which pages offer and name them. Pure."""

from __future__ import annotations

FACTS = (
    "visit",
    "health_check",
    "counselling",
    "parent_feedback",
    "school_visit",
    "service",
    "diary",
    "talk",
    "guardian_talk",
    "attendance",
)
