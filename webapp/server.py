"""The production server: waitress, one process with threads.

Invariant: with the embedded database exactly one process writes, so the server never forks workers
(design D6). On SIGTERM it stops taking requests; what it acknowledged is already on disk.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any

import waitress
from flask import Flask

THREADS = 8
LARGEST_BODY = 100 * 1024 * 1024  # above the application's own limit, so that its page answers


def serve_app(app: Flask, host: str, port: int) -> None:
    """Serve ``app`` on ``host:port`` until stopped."""
    signal.signal(signal.SIGTERM, _stop)
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
