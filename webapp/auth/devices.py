"""Phones: the token each carries, and the one-time link by which a supervisor hands one over.

Tokens are PyJWT with one fixed algorithm and required ``exp``, ``aud`` and ``jti`` (design D7). A device
token lasts 14 days (the offline lease) and is renewed at each exchange (a lean answer: in its second half);
revoking the device ends it at once.
"""

from __future__ import annotations

import base64
import secrets
from typing import Any
from uuid import UUID

import jwt
from flask import current_app
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sync.database import Store
from sync.errors import ProblemError
from sync.schema import device, used_token
from webapp.ledger.commands import new_id, now_ms

ALGORITHM = "HS256"
LEASE = 14 * 24 * 3600
ENROL_LASTS = 15 * 60
_REQUIRED = ["exp", "aud", "jti", "sub"]


def add_device(tx: Connection, account_id: str, name: str) -> str:
    """Enrol a phone for an account; return the device's id."""
    device_id = new_id()
    values = {"device_id": device_id, "account_id": account_id, "name": name[:200], "created_at": now_ms()}
    tx.execute(insert(device).values(values))
    return device_id


def revoke_device(tx: Connection, device_id: str) -> None:
    """Stop a phone: it gets nothing any more. What it sent stays."""
    stopped = update(device).where(device.c.device_id == device_id, device.c.revoked_at.is_(None))
    tx.execute(stopped.values(revoked_at=now_ms()))


def renew_token(account_id: str, device_id: str) -> str:
    """A device token for the next 14 days; ids in 22 characters, since every request carries it."""
    return _write({"aud": "device", "sub": _shorten(account_id), "device": _shorten(device_id)}, LEASE)


def read_token(token: str) -> tuple[str, str]:
    """The account and the device of a device token. Raises ProblemError ``sign_in_again``."""
    who = _who(_read(token, "device"))
    if who is None:
        raise ProblemError("sign_in_again")
    return who


def read_lapsed(token: str) -> tuple[str, str] | None:
    """The account and the device of a device token that is ours, be it over or not; None for any other.

    Who holds a token that is over may do nothing by it: it only says from whom something came.
    """
    return _who(_decode(token, "device"))


def is_token_fresh(token: str) -> bool:
    """Whether a device token has more than half of its life before it: not renewed where bytes count."""
    claims = _read(token, "device")
    return claims is not None and claims["exp"] * 1000 > now_ms() + LEASE * 1000 // 2


def write_enrolment(account_id: str) -> str:
    """A one-time token, good for 15 minutes, that makes the phone which opens it this account's."""
    return _write({"aud": "enrol", "sub": account_id}, ENROL_LASTS)


def read_enrolment(store: Store, token: str) -> str | None:
    """The account an enrolment is for; None where it is over, used or not ours."""
    claims = _read(token, "enrol")
    if claims is None:
        return None
    with store.read() as tx:
        used = tx.scalar(select(used_token.c.jti).where(used_token.c.jti == claims["jti"]))
    return None if used else claims["sub"]


def use_enrolment(store: Store, token: str) -> str | None:
    """Use an enrolment up; the account it was for, or None where somebody was faster or it is over."""
    claims = _read(token, "enrol")
    if claims is None:
        return None
    try:
        with store.write() as tx:
            tx.execute(delete(used_token).where(used_token.c.expires_at < now_ms()))
            tx.execute(insert(used_token).values(jti=claims["jti"], expires_at=claims["exp"] * 1000))
    except IntegrityError:
        return None
    return str(claims["sub"])


def _write(claims: dict[str, str], seconds: int) -> str:
    whole = claims | {"exp": now_ms() // 1000 + seconds, "jti": secrets.token_urlsafe(9)}
    key = current_app.config["SECRET_KEY"]
    return jwt.encode(whole, key, algorithm=ALGORITHM, headers={"typ": None})  # the header is only "alg"


def _who(claims: dict[str, Any] | None) -> tuple[str, str] | None:
    """The account and the device that claims name; None where they name none."""
    if claims is None or not isinstance(claims.get("device"), str):
        return None
    try:
        return _lengthen(claims["sub"]), _lengthen(claims["device"])
    except ValueError:
        return None


def _shorten(id_: str) -> str:
    return base64.urlsafe_b64encode(UUID(id_).bytes).decode().rstrip("=")


def _lengthen(id_: str) -> str:
    """An id as it was; tokens of earlier builds carry it in its 36 characters. Raises ValueError."""
    return id_ if len(id_) == 36 else str(UUID(bytes=base64.urlsafe_b64decode(f"{id_}==")))


def _read(token: str, audience: str) -> dict[str, Any] | None:
    """The claims of a token that is ours and not over, by the clock that wrote it."""
    claims = _decode(token, audience)
    return claims if claims and _is_in_force(claims) else None


def _decode(token: str, audience: str) -> dict[str, Any] | None:
    """The claims of a token that is ours, over or not."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            current_app.config["SECRET_KEY"],
            algorithms=[ALGORITHM],
            audience=audience,
            options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        return None
    return claims


def _is_in_force(claims: dict[str, Any]) -> bool:
    return type(claims["exp"]) is int and claims["exp"] * 1000 > now_ms()
