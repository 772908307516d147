"""The production server: waitress, one process with threads.

Invariant: with the embedded database exactly one process writes, so the server never forks workers
(design D6). On SIGTERM it stops taking requests; what it acknowledged is already on disk.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType

import waitress
from flask import Flask

THREADS = 8


def serve_app(app: Flask, host: str, port: int) -> None:
    """Serve ``app`` on ``host:port`` until stopped."""
    signal.signal(signal.SIGTERM, _stop)
    waitress.serve(
        app,
        host=host,
        port=port,
        threads=THREADS,
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"],
        ident=None,
        _quiet=True,
    )


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
