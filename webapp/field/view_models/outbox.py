"""待传: 需处理, 已存本机, 已上传, with counts and the oldest age. Twin: static/…/outbox.js.

``entries`` are ``{"record", "kind", "op", "person", "state": "waiting"|"needs"|"acknowledged", "code",
"saved_at", "acknowledged_at", "row"}``, on a phone also ``"id"``, ``"status"`` (``declined``, …) and the
supervisor's ``"reason"``; ``row`` is the fact as it is now, or None. ``person`` is None where the phone keeps
nothing of an entry but its number (who was erased, an area that was lost). One whose ``op`` is "conflict" is
of ``sync.edits.lost_edits``, with its ``state``.
"""

from __future__ import annotations

from typing import Any

from sync.errors import PROBLEMS
from webapp.care.dates import local_date
from webapp.field.view_models.edit import profile_name, profile_path
from webapp.field.view_models.frame import head
from webapp.field.view_models.shelf import Book, Shelf
from webapp.field.view_models.words import (
    Row,
    ago_words,
    fact_path,
    fact_words,
    join_words,
    kind_words,
    moment_words,
    state_words,
)
from webapp.forms.engine import Translate, load_profile, value_text

ABOUT = {"need": "需求", "pairing": "结对"}
OPS = {"void": "收回", "amend": "更正", "set": "改资料"}


def outbox_view(
    book: Book, entries: list[dict[str, Any]], connection: dict[str, Any], now: int, t: Translate
) -> dict[str, Any]:
    """The page of what waits, what needs you and what arrived.

    ``connection`` also says ``unsent``: whether there is anything, drafts too, that nobody else has.
    """
    shelf = Shelf(book, local_date(now))
    by_state: dict[str, list[dict[str, Any]]] = {"needs": [], "waiting": [], "acknowledged": []}
    for entry in entries:
        item = _rival if entry["op"] == "conflict" else _item
        by_state[entry["state"]].append(item(shelf, entry, t))
    oldest = connection["oldest"]
    age = t("最早 %(ago)s", ago=ago_words(oldest, now, t)) if oldest is not None else ""
    return {
        "head": head(
            t("待传"),
            sub=t("东西都在这部手机里，不会丢") if connection["worker"] else t("直接存在服务器上"),
            side=t("有信号") if connection["online"] else t("没有信号"),
        ),
        "needs": by_state["needs"],
        "has_needs": bool(by_state["needs"]),
        "needs_title": t("需处理 %(n)s", n=str(len(by_state["needs"]))),
        "waiting": by_state["waiting"],
        "has_waiting": bool(by_state["waiting"]),
        "waiting_title": join_words([t("已存本机 %(n)s", n=str(len(by_state["waiting"]))), age]),
        "done": by_state["acknowledged"],
        "has_done": bool(by_state["acknowledged"]),
        "done_title": t("已上传 %(n)s", n=str(len(by_state["acknowledged"]))),
        "nothing": not entries,
        "can_sync": bool(connection["worker"]),
        "can_export": bool(connection.get("unsent")),
        "must_sign_in": connection["trouble"] == "sign_in_again",
    }


def _item(shelf: Shelf, entry: dict[str, Any], t: Translate) -> dict[str, Any]:
    profile = shelf.people.get(entry.get("person") or "")
    if entry["op"] == "set":
        edited = shelf.people.get(entry["record"]) or shelf.households.get(entry["record"])
        profile = edited or shelf.needs.get(entry["record"]) or profile
    fields = profile["fields"] if profile else {}
    row: Row | None = entry["row"]
    what = (
        kind_words(entry["kind"], t)
        if entry["op"] in ("record", "amend")
        else t(ABOUT.get(entry["kind"]) or OPS.get(entry["op"], "更正"))
    )
    if entry["state"] == "waiting":
        detail = join_words([moment_words(entry["saved_at"], shelf.today, t), t("等信号")])
        badge = {"kind": "plain", "shape": "◌", "text": ""}
    elif entry["state"] == "needs":
        text = t("看一下") if _is_over(entry) else t("改一下")
        detail, badge = _trouble(shelf, entry, t), {"kind": "urgent", "shape": "▲", "text": text}
    else:
        state = state_words(row, t) if row else t("已上传")
        who = shelf.member_name(row.get("reviewer")) if row else ""
        at = entry["acknowledged_at"] or entry["saved_at"]
        if entry.get("code"):
            state = _trouble(shelf, entry, t)
        detail = join_words(
            [moment_words(at, shelf.today, t), " ".join(part for part in (who, state) if part)]
        )
        badge = {"kind": "well", "shape": "✓✓" if who else "✓", "text": ""}
    name = profile_name(profile) if profile else ""
    href = fact_path(entry["person"], entry["record"]) if entry.get("person") else "/field/outbox"
    if entry["op"] == "set" and profile:
        href = profile_path(profile["kind"], profile["id"])
    return {
        "href": href,
        "face": name[:1] or "·",
        "face_kind": fields.get("category", "plain"),
        "title": join_words([f"{what} {name}".strip(), fact_words(row, t) if row else ""]),
        "detail": detail,
        "badge": badge,
        "can_dismiss": entry["state"] == "needs" and _is_over(entry),
        "dismiss_action": f"/field/outbox/{entry.get('id', '')}/dismiss",
        "can_settle": False,
        "settle_action": "",
        "seen": "",
    }


def _rival(shelf: Shelf, entry: dict[str, Any], t: Translate) -> dict[str, Any]:
    """A field where somebody else's value shows instead of one's own: told, with a tap to restore it."""
    row, name = entry["row"], entry["name"]
    form = load_profile(row["kind"])
    field = next((each for each in form["fields"] if each["key"] == name), {"type": "text", "label": name})
    path = profile_path(row["kind"], row["id"])
    said = {
        "mine": _value(shelf, field, entry["mine"]["value"], t),
        "shown": _value(shelf, field, entry["shown"]["value"], t),
        "who": shelf.member_name(entry["shown"]["author"]) or t("别人"),
    }
    called = profile_name(row)
    return {
        "href": path,
        "face": called[:1] or "·",
        "face_kind": row["fields"].get("category", "plain"),
        "title": join_words([called, t(field["label"])]),
        "detail": t("你写的 %(mine)s，现在显示 %(shown)s（%(who)s 改的）", **said),
        "badge": {"kind": "urgent", "shape": "▲", "text": t("选一下")},
        "can_dismiss": False,
        "dismiss_action": "",
        "can_settle": True,
        "settle_action": f"{path}/conflicts/{name}",
        "seen": entry["seen"],
    }


def _value(shelf: Shelf, field: dict[str, Any], value: Any, t: Translate) -> str:
    if value is None:
        return t("（空着）")
    if field["type"] == "member":
        return shelf.member_name(value) or t("别人")
    if isinstance(value, list):
        return t("、").join(str(each) for each in value)
    return value_text(field, value, t)


def _is_over(entry: dict[str, Any]) -> bool:
    """Whether nothing is left to do about an entry but to know of it."""
    return entry.get("status") == "declined" or entry.get("code") == "erased_person"


def _trouble(shelf: Shelf, entry: dict[str, Any], t: Translate) -> str:
    """What needs the person: the supervisor's reason, or what the server said and what to do."""
    row: Row | None = entry["row"]
    if row and row.get("state") == "returned":
        who = shelf.member_name(row.get("reviewer")) or t("督导员")
        return t("%(who)s：“%(reason)s”", who=who, reason=row.get("reason", ""))
    if entry.get("status") == "declined":
        reason = entry.get("reason") or ""
        return t("督导员没有采用：%(reason)s", reason=reason) if reason else t("督导员没有采用，请问一下")
    problem = PROBLEMS.get(entry.get("code") or "")
    return join_words([t(problem.what), t(problem.action)]) if problem else t("请让督导员看一下")
