"""Who is signed in, and what they may open: flask-login over sessions kept on the server.

Invariant: the cookie holds a random session id whose digest is in the database; ending a session there
ends it everywhere. What somebody may see is read anew from the grants at each request.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, Response, abort, current_app, redirect, request, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy import delete, insert, select, update

from sync.schema import web_session
from sync.scope import REVIEWERS, Caller, load_caller
from webapp.extensions import store_of
from webapp.ledger.commands import now_ms

P = ParamSpec("P")
R = TypeVar("R")
LASTS = 7 * 24 * 3_600_000
SEEN_EVERY = 10 * 60 * 1000
manager = LoginManager()


class SignedIn(UserMixin):  # type: ignore[misc]  # the library has no types
    """One session of one account."""

    def __init__(self, token: str, caller: Caller) -> None:
        self.token = token
        self.caller = caller

    def get_id(self) -> str:
        """What the cookie holds: the session's token."""
        return self.token


def init_app(app: Flask) -> None:
    """Set up flask-login; whoever is not signed in is sent to sign in."""
    manager.init_app(app)
    manager.user_loader(_load_session)
    manager.unauthorized_handler(_send_to_sign_in)


def start_session(account_id: str) -> SignedIn:
    """Sign an account in. The session lasts seven days from the last time it was used."""
    token, now = secrets.token_urlsafe(32), now_ms()
    with store_of(current_app).write() as tx:
        tx.execute(delete(web_session).where(web_session.c.expires_at < now))
        values = {"session_id": _digest(token), "account_id": account_id, "created_at": now}
        tx.execute(insert(web_session).values(values | {"last_seen_at": now, "expires_at": now + LASTS}))
        caller = load_caller(tx, account_id, None, now)
    if caller is None:
        abort(403)
    signed_in = SignedIn(token, caller)
    login_user(signed_in)
    return signed_in


def end_session() -> None:
    """Sign out: the session is gone on the server too."""
    if current_user.is_authenticated:
        with store_of(current_app).write() as tx:
            tx.execute(delete(web_session).where(web_session.c.session_id == _digest(current_user.token)))
    logout_user()


def current_caller() -> Caller:
    """Who is asking. Only inside views that require a sign-in."""
    caller: Caller = current_user.caller
    return caller


def is_signed_in() -> bool:
    """Whether anybody is."""
    return bool(current_user.is_authenticated)


def is_reviewer(caller: Caller) -> bool:
    """Whether they may open the desk."""
    return any(roles & REVIEWERS for roles in caller.roles.values())


def desk_areas(caller: Caller) -> list[str]:
    """The grids whose records they decide on, sorted."""
    return sorted(area for area in caller.areas if caller.may_review(area))


def desk_places(caller: Caller) -> list[str]:
    """Their grids and the areas above that they decide on, sorted."""
    return sorted(area for area in caller.roles if caller.may_review(area))


def sign_in_required(view: Callable[P, R]) -> Callable[P, R | Response]:
    """A view that needs somebody signed in."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if not is_signed_in():
            return _send_to_sign_in()
        return view(*args, **kwargs)

    return guarded


def desk_required(view: Callable[P, R]) -> Callable[P, R | Response]:
    """A view for those who review: others get a page that says so."""

    @wraps(view)
    @sign_in_required
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if not is_reviewer(current_caller()):
            abort(403)
        return view(*args, **kwargs)

    return guarded


def home_of(caller: Caller) -> str:
    """Where somebody lands after signing in."""
    return url_for("desk.show_queue") if is_reviewer(caller) else url_for("field.show_welcome")


def safe_next(target: str | None) -> str | None:
    """A path of our own to go on to; None for anything else."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\n" in target:
        return None
    return target


def _load_session(token: str) -> SignedIn | None:
    now = now_ms()
    store = store_of(current_app)
    with store.read() as tx:
        row = tx.execute(select(web_session).filter_by(session_id=_digest(token))).one_or_none()
        caller = load_caller(tx, row.account_id, None, now) if row and row.expires_at > now else None
    if row is None or caller is None:
        return None
    if row.last_seen_at + SEEN_EVERY < now:
        with store.write() as tx:
            seen = update(web_session).where(web_session.c.session_id == row.session_id)
            tx.execute(seen.values(last_seen_at=now, expires_at=now + LASTS))
    return SignedIn(token, caller)


def _send_to_sign_in() -> Response:
    target = url_for(
        "auth.show_sign_in", next=request.full_path.rstrip("?") if request.method == "GET" else None
    )
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": target})
    answer: Any = redirect(target)
    return Response(answer.get_data(), status=302, headers={"Location": target})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
