"""What this installation is: where its data lies, its secret, its database and its public address.

Invariant: nothing here is read from the repository; all of it lies in the instance folder or the
environment, so that two installations never share a secret.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from pathlib import Path
from typing import Any

DEFAULT_PORT = "8000"


def load_config(instance: Path) -> dict[str, Any]:
    """Return Flask configuration for the installation in ``instance`` (made where missing).

    ``instance/config.toml`` may hold ``public_url`` (the address phones and cards open), ``database_url`` and
    ``trusted_proxy`` (the address of a proxy whose word on callers is believed); the environment's
    QIAOMEN_PUBLIC_URL, QIAOMEN_DATABASE_URL and QIAOMEN_TRUSTED_PROXY win over it.
    """
    instance.mkdir(parents=True, exist_ok=True)
    own = _read_own(instance / "config.toml")
    public_url = os.environ.get("QIAOMEN_PUBLIC_URL") or own.get("public_url") or _local_url()
    database_url = (
        os.environ.get("QIAOMEN_DATABASE_URL")
        or own.get("database_url")
        or f"sqlite:///{instance / 'qiaomen.db'}"
    )
    return {
        "SECRET_KEY": _secret_key(instance / "secret_key"),
        "DATABASE_URL": database_url,
        "TRUSTED_PROXY": os.environ.get("QIAOMEN_TRUSTED_PROXY") or own.get("trusted_proxy"),
        "PUBLIC_URL": public_url.rstrip("/"),
        "MAX_CONTENT_LENGTH": 24 * 1024 * 1024,
        "SESSION_COOKIE_NAME": "qiaomen",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": public_url.startswith("https:"),
        "BABEL_DEFAULT_LOCALE": "zh_Hans",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
    }


def instance_path() -> Path:
    """The folder of this installation: QIAOMEN_INSTANCE, else ``instance`` where we are."""
    return Path(os.environ.get("QIAOMEN_INSTANCE") or "instance").resolve()


def _local_url() -> str:
    """Where the server is found on this computer when nothing else is said."""
    return f"http://127.0.0.1:{os.environ.get('PORT') or DEFAULT_PORT}"


def _read_own(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    return tomllib.loads(path.read_text("utf-8"))


def _secret_key(path: Path) -> str:
    """Read this installation's secret, making it (owner-readable only) the first time."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        secret = secrets.token_hex(32)
        file.write(secret)
    return secret
