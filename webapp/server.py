"""The production server: waitress, one process with threads.

Invariant: with the embedded database exactly one process writes, so the server never forks workers
and holds its installation's lock (design D6). On SIGTERM it stops taking requests; what it acknowledged
is already on disk.
"""

from __future__ import annotations

import fcntl
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import waitress
from flask import Flask

from webapp.extensions import store_of
from webapp.preparing import prepared_in_background

THREADS = 8
LARGEST_BODY = 100 * 1024 * 1024  # above the application's own limit, so that its page answers


class ServerRunningError(Exception):
    """Another server process holds this installation."""


def serve_app(app: Flask, host: str, port: int) -> None:
    """Serve ``app`` on ``host:port`` until stopped.

    Raises ServerRunningError where one serves already; over PostgreSQL several processes may.
    """
    signal.signal(signal.SIGTERM, _stop)
    store = store_of(app)
    with hold_instance(Path(app.instance_path), shared=not store.is_sqlite), prepared_in_background(store):
        _serve(app, host, port)


@contextmanager
def hold_instance(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Be the one process that serves this installation, or changes its files; ends with the process.

    ``shared``: be one of several that serve it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "serving.lock").open("w") as lock:
        try:
            fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ServerRunningError("这个目录的服务器正在运行，请先停下它。") from error
        yield


def _serve(app: Flask, host: str, port: int) -> None:
    waitress.serve(
        app,
        **proxy_settings(app.config["TRUSTED_PROXY"]),
        host=host,
        port=port,
        threads=THREADS,
        max_request_body_size=LARGEST_BODY,
        ident=None,
        _quiet=True,
    )


def proxy_settings(proxy: str | None) -> dict[str, Any]:
    """Believe this one proxy about who calls and by which scheme; nobody else, and without one nobody."""
    if not proxy:
        return {"clear_untrusted_proxy_headers": True}
    return {
        "clear_untrusted_proxy_headers": True,
        "trusted_proxy": proxy,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
