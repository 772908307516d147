"""The server behind a proxy: its word is believed, nobody else's is."""

from __future__ import annotations

from pathlib import Path

import pytest
import waitress
from click.testing import CliRunner
from flask import Flask, request

from webapp.cli import main
from webapp.server import proxy_settings


def address_seen(proxy: str | None, caller: str) -> str:
    """What address the application sees for a caller that claims to be another."""
    app = Flask(__name__)
    seen: list[str] = []

    @app.get("/")
    def show() -> str:
        seen.append(request.remote_addr or "")
        return ""

    server = waitress.create_server(app, host="127.0.0.1", port=0, **proxy_settings(proxy))
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": caller,
        "REMOTE_HOST": caller,
        "wsgi.url_scheme": "http",
        "HTTP_X_FORWARDED_FOR": "203.0.113.7",
    }
    server.application(environ, lambda *_: None)
    server.close()
    return seen[0]


def test_only_the_trusted_proxy_says_who_calls() -> None:
    assert address_seen("127.0.0.1", "127.0.0.1") == "203.0.113.7"
    assert address_seen("127.0.0.1", "198.51.100.9") == "198.51.100.9"
    assert address_seen(None, "127.0.0.1") == "127.0.0.1"


def test_the_replay_runs_as_a_command_and_says_nothing_where_nothing_was_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIAOMEN_INSTANCE", str(tmp_path))
    done = CliRunner().invoke(main, ["replay"])
    assert (done.exit_code, done.output) == (0, "")
