"""义诊、讲座、普查 where there is no worker (else worker/sessions.js answers): who came, one tap each."""

from __future__ import annotations

from typing import Any

from flask import redirect

from sync.overlay import Row
from webapp.auth.access import current_caller, sign_in_required
from webapp.field.rendering import t
from webapp.field.routes import answer_page, attendance_of, blueprint, not_found, read_book, refused
from webapp.field.view_models.sessions import came_at, session_view, sessions_view
from webapp.ledger.commands import apply_changes, now_ms, record_fact, void_fact

Answer = Any


@blueprint.get("/sessions")
@sign_in_required
def show_sessions() -> Answer:
    """The sessions around today."""
    book = read_book()
    return answer_page("field/sessions.html", "today", sessions_view(book, now_ms(), t), book)


@blueprint.get("/sessions/<session>")
@sign_in_required
def show_session(session: str) -> Answer:
    """The list to tick off."""
    book = read_book()
    came = {row["person"]: row["id"] for row in _came(book, session)}
    return answer_page("field/session.html", "today", session_view(book, session, came, now_ms(), t), book)


@blueprint.post("/sessions/<session>/people/<person>")
@sign_in_required
def tick(session: str, person: str) -> Answer:
    """Somebody came, or did not after all."""
    book = read_book()
    row = next((row for row in book["sessions"] if row["id"] == session), None)
    who = next((row for row in book["people"] if row["id"] == person), None)
    at = came_at(row, now_ms()) if row else None
    if row is None or who is None or at is None:
        return not_found()
    noted = next((fact for fact in _came(book, session) if fact["person"] == person), None)
    new = record_fact("attendance", who, {"session": session}, at)
    [status] = apply_changes([void_fact(noted, "点错了") if noted else new], current_caller())
    if status["status"] not in ("accepted", "duplicate"):
        return refused(t("没有存下"), t("请回到前一页再试一次。"))
    return redirect(f"/field/sessions/{session}#p-{person}", 303)


def _came(book: dict[str, Any], session: str) -> list[Row]:
    """The facts that stand of who came to a session."""
    area = next((row["area"] for row in book["sessions"] if row["id"] == session), None)
    facts = attendance_of(area) if area else []
    return [row for row in facts if row["fields"].get("session") == session]
