"""One log with its receipt: saved here, uploaded, reviewed by whom. Twin: static/…/fact.js."""

from __future__ import annotations

from typing import Any

from webapp.care.dates import local_date
from webapp.care.thresholds import reason_text
from webapp.field.view_models.frame import head
from webapp.field.view_models.shelf import Book, Shelf
from webapp.field.view_models.words import (
    Row,
    fact_path,
    kind_words,
    moment_words,
    state_words,
    tag_of,
)
from webapp.forms.engine import Translate, describe, load_form
from webapp.forms.kinds import FACTS


def fact_view(book: Book, row: Row, me: str, now: int, t: Translate) -> dict[str, Any]:
    """The page of one fact; ``me`` is the account that looks at it."""
    shelf = Shelf(book, local_date(now))
    person = shelf.people.get(row.get("person", ""))
    name = person["fields"].get("name", "") if person else ""
    mine = row.get("author") == me
    state = row.get("state", "pending")
    path = fact_path(row.get("person", ""), row["id"])
    return {
        "head": head(
            f"{kind_words(row['kind'], t)} {name}".strip(),
            sub=moment_words(row["occurred_at"], shelf.today, t),
            side=state_words(row, t),
            back=f"/field/people/{row['person']}" if person else "/field/today",
            back_text=name or t("今天"),
        ),
        "tag": tag_of(row, t),
        "reasons": [reason_text(code, t) for code in row.get("reasons", [])],
        "has_reasons": bool(row.get("reasons")),
        "is_urgent": row.get("attention") == "urgent",
        "lines": describe(load_form(row["kind"]), row["fields"], t) if row["kind"] in FACTS else [],
        "steps": _steps(shelf, row, t),
        "returned": state == "returned",
        "reason": row.get("reason", ""),
        "reviewer": shelf.member_name(row.get("reviewer")) or t("督导员"),
        "can_amend": mine and state in ("pending", "returned") and row["kind"] in FACTS,
        "amend_href": f"{path}/amend",
        "can_void": mine and state == "pending",
        "void_action": f"{path}/void",
        "is_void": state == "void",
        "was_amended": state == "amended",
        "newer_href": fact_path(row.get("person", ""), row.get("amended_by", "")),
        "has_older": "amends" in row,
        "older_href": fact_path(row.get("person", ""), row.get("amends", "")),
    }


def _steps(shelf: Shelf, row: Row, t: Translate) -> list[dict[str, Any]]:
    """The receipt: what is done, in order, and what is still to come."""
    uploaded = row.get("place") != "saved"
    reviewed = row.get("state") in ("approved", "returned") and "reviewed_at" in row
    author = shelf.member_name(row.get("author"))
    verdict = t("退回，等着改") if row.get("state") == "returned" else t("已审核")
    return [
        {"text": t("已存本机"), "detail": author, "done": True},
        {
            "text": t("已上传"),
            "detail": moment_words(row["received_at"], shelf.today, t)
            if uploaded and "received_at" in row
            else "",
            "done": uploaded,
        },
        {
            "text": verdict if reviewed else t("督导员审核"),
            "detail": " ".join(
                part
                for part in (
                    shelf.member_name(row.get("reviewer")),
                    moment_words(row["reviewed_at"], shelf.today, t),
                )
                if part
            )
            if reviewed
            else "",
            "done": reviewed,
        },
    ]
