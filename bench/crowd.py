"""The server's memory while 200 phones first-sync at once: every one asks for the whole village, none waits.

The phones are plain HTTP clients that follow cursors as the worker does; what they get they throw away. The
bound is what the server had before, one shelf (64 MiB), and for each of its threads an answer while it is
made (a cell of at most 112 KiB compressed, and its text).
"""

from __future__ import annotations

import http.client
import json
import re
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import brotli
from sqlalchemy import select

from bench.first_sync import our_line
from sync.schema import account
from sync.shelf import LIMIT
from webapp import create_app
from webapp.auth.devices import add_device, renew_token
from webapp.extensions import store_of
from webapp.server import THREADS

PHONES = 200
ANSWER = 2 * 1024 * 1024  # of one thread: the text of a cell, its stream, its rows where it is cut
_PAGE = re.compile(rb'"area":"([0-9a-f-]{36})"[^{}]*?"cursor":"([^"]+)"')


def measure() -> list[dict[str, Any]]:
    """Megabytes of the server before and at most, and how long all of them took."""
    with tempfile.TemporaryDirectory(prefix="qiaomen-bench-") as folder:
        home = Path(folder)
        with our_line(home) as line:
            tokens = _enrol(home / "instance")
            server = _server_of(home / "instance")
            before = _resident(server, "VmRSS")
            started = time.perf_counter()
            phones = [threading.Thread(target=_first_sync, args=(line.target, token)) for token in tokens]
            for phone in phones:
                phone.start()
            for phone in phones:
                phone.join()
            seconds, most = time.perf_counter() - started, _resident(server, "VmHWM")
    bound = before + (LIMIT + THREADS * ANSWER) // 1024 // 1024
    name = f"memory of the server while {PHONES} phones first-sync at once"
    return [
        {"name": name, "ours": most, "limit": bound, "unit": f"MB (before: {before})"},
        {"name": f"{PHONES} first syncs at once, all of them", "ours": round(seconds, 1), "unit": "s"},
    ]


def _enrol(instance: Path) -> list[str]:
    """The tokens of as many phones of the volunteer's."""
    app = create_app(instance)
    with app.app_context(), store_of(app).write() as tx:
        asha = tx.scalar(select(account.c.account_id).where(account.c.login == "asha"))
        return [renew_token(asha, add_device(tx, asha, f"手机{number}")) for number in range(PHONES)]


def _first_sync(port: int, token: str) -> None:
    """Everything, one answer after another; raises where one is not as it should be."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "br"}
    cursors: dict[str, str] = {}
    more = True
    while more:
        request = {"protocol": 1, "snapshots": 3, "lean": 1, "bytes": 262144, "cursors": cursors}
        connection.request("POST", "/sync/exchange", json.dumps(request), headers)
        answer = connection.getresponse()
        data = answer.read()
        text = brotli.decompress(data) if answer.headers["Content-Encoding"] == "br" else data
        assert answer.status == 200, text
        tail = text[text.rindex(b'"protocol"') :]
        cursors |= {area.decode(): cursor.decode() for area, cursor in _PAGE.findall(tail)}
        more = b'"more":true' in tail
    connection.close()


def _server_of(instance: Path) -> int:
    """The process that serves an installation: the one that holds its lock."""
    lock = (instance / "serving.lock").stat()
    held = Path("/proc/locks").read_text().split("\n")
    return next(
        int(line.split()[4])
        for line in held
        if line.split()[5:6] and line.split()[5].endswith(f":{lock.st_ino}")
    )


def _resident(process: int, name: str) -> int:
    """Megabytes of a process's memory, now (VmRSS) or at most so far (VmHWM)."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) // 1024
