"""A loopback proxy between a phone and its server: holds an exchange, answers instead, serves another build.

The phone keeps one address (the proxy's) whatever happens behind it.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Moment = Literal["asked", "taken", "torn"]
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
HELD_AT_MOST = 60
MEANT_FOR_SERVER = ("/field/self-test/server",)
PIECES = 20  # a second
LOGIN = "http://login.invalid/wifi?next="  # where a portal that redirects sends everybody


class Trap:
    """One exchange held: before the server hears it, after it answered, or in the middle of its answer."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self.sprung, self.released = threading.Event(), threading.Event()

    def hold(self) -> None:
        """Say that it happens now, and wait until let go."""
        self.sprung.set()
        self.released.wait(HELD_AT_MOST)


class Link:
    """A slow link: ``rate`` bytes a second, ``delay`` seconds a round trip, cut every ``drops`` seconds."""

    def __init__(self, rate: int, delay: float, drops: float) -> None:
        self.rate, self.delay, self.drops = rate, delay, drops
        self.dropped = 0
        self._began = time.monotonic()

    def carry(self, data: bytes, write: Callable[[bytes], Any]) -> None:
        """Write at the link's rate; raises ConnectionAbortedError where it drops meanwhile."""
        mine = self._stretch()
        time.sleep(self.delay)
        piece = max(1, self.rate // PIECES)
        for place in range(0, len(data), piece):
            if self._stretch() != mine:
                self.dropped += 1
                raise ConnectionAbortedError
            write(data[place : place + piece])
            time.sleep(1 / PIECES)

    def _stretch(self) -> int:
        """Which stretch between two drops this is."""
        return int((time.monotonic() - self._began) / self.drops)


class Proxy:
    """Passes all on to ``port``; ``rewrite`` alters the worker's script; ``portal`` answers exchanges."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.trap: Trap | None = None
        self.rewrite: Callable[[bytes], bytes] = lambda script: script
        self.portal: tuple[int, str, bytes] | None = None
        self.away = False  # no exchange gets anywhere
        self.link: Link | None = None
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def set_trap(self, moment: Moment) -> Trap:
        """Hold the next exchange."""
        self.trap = Trap(moment)
        return self.trap

    def take_trap(self) -> Trap | None:
        """The trap, once."""
        trap, self.trap = self.trap, None
        return trap

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def handle(self) -> None:
        """One connection; a phone that was killed ends it in any way."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        exchange = self.path == "/sync/exchange"
        if self.proxy.portal and (exchange or self.path in MEANT_FOR_SERVER):
            status, kind, page = self.proxy.portal
            elsewhere = [("Location", LOGIN)] if 300 <= status < 400 else []
            self._answer(status, [("Content-Type", kind), *elsewhere], page)
            return
        if exchange and self.proxy.away:
            self.close_connection = True
            return
        trap = self.proxy.take_trap() if exchange else None
        if trap and trap.moment == "asked":
            trap.hold()
        try:
            status, headers, data = self._ask(body)
        except OSError:
            self.close_connection = True
            return
        if self.path == "/sw.js" and status == http.HTTPStatus.OK:
            data = self.proxy.rewrite(data)
        if trap and trap.moment == "taken":
            trap.hold()
        self._answer(status, headers, data, trap if trap and trap.moment == "torn" else None)

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """The server's own answer."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        if self.path == "/sw.js":
            headers = {name: value for name, value in headers.items() if not name.lower().startswith("if-")}
            headers["Accept-Encoding"] = "identity"
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.target, timeout=60)
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
            return answer.status, kept, answer.read()
        finally:
            connection.close()

    def _answer(
        self, status: int, headers: list[tuple[str, str]], data: bytes, torn: Trap | None = None
    ) -> None:
        try:
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if torn:
                self.wfile.write(data[: len(data) // 2])
                self.wfile.flush()
                torn.hold()
                data = data[len(data) // 2 :]
            if self.proxy.link and self.path == "/sync/exchange":
                self.proxy.link.carry(data, self.wfile.write)
            else:
                self.wfile.write(data)
        except OSError:
            self.close_connection = True  # the phone went away
