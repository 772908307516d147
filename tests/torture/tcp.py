"""Layer ``tcp``: the connection is cut after byte k, of the request and of the answer, for every k.

A real server stands behind a loopback proxy that does the cutting. A phone says one new change through
the cut, then says it again over a whole connection: it is there once, and the phone is told so.
"""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.torture.checks import Harm, check_all
from tests.torture.installation import make_phones, new_installation
from tests.torture.phone import LinkError, Phone
from tests.torture.warm import WarmServer

STEP = {"small": 64, "full": 1}
DIRECTIONS = ("request", "response")


class CuttingProxy:
    """Passes each connection on to ``port``, and cuts the armed one after so many bytes of one direction."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._armed: tuple[str, int] | None = None
        self.cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, direction: str, after: int) -> None:
        """Cut the next connection after ``after`` bytes of its ``request`` or ``response``."""
        self._armed, self.cut = (direction, after), False

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            armed, self._armed = self._armed, None
            far = socket.create_connection(("127.0.0.1", self._target))
            for direction, source, sink in (("request", near, far), ("response", far, near)):
                limit = armed[1] if armed and armed[0] == direction else None
                threading.Thread(target=self._pass_on, args=(source, sink, limit), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        """Pass bytes on until ``limit`` or the end; then both directions are over."""
        left = limit
        try:
            while left is None or left > 0:
                data = source.recv(65536 if left is None else min(left, 65536))
                if not data:
                    break
                sink.sendall(data)
                left = None if left is None else left - len(data)
            self.cut = self.cut or left == 0
        except OSError:
            return
        finally:
            for end in (source, sink):
                _hang_up(end)


def _hang_up(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
    finally:
        end.close()


def run(size: str, seed: int) -> dict[str, Any]:
    """Cut at every ``STEP`` of both directions; the layer's entry."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="qiaomen-tcp-") as folder:
        harm, cuts = cut_everywhere(Path(folder), STEP[size], seed)
    counts = {f"cuts_{direction}": number for direction, number in cuts.items()}
    seconds = round(time.monotonic() - started, 1)
    faults = sum(cuts.values())
    return {"runs": faults, "faults": faults} | harm.counts() | counts | {"seconds": seconds}


def cut_everywhere(folder: Path, step: int, seed: int) -> tuple[Harm, dict[str, int]]:
    """What was harmed, and how many cuts were made in each direction."""
    url = f"sqlite:///{folder / 'qiaomen.db'}"
    with new_installation(folder, url) as (world, tokens):
        with closing(WarmServer(folder, url)) as server, closing(CuttingProxy(server.port)) as proxy:
            server.start()
            phone = make_phones(world, tokens, proxy.port, seed)[0]
            phone.drain()
            cuts = {direction: _cut_direction(proxy, phone, direction, step) for direction in DIRECTIONS}
            phone.drain()
        return check_all(world.store, [phone]), cuts


def _cut_direction(proxy: CuttingProxy, phone: Phone, direction: str, step: int) -> int:
    """Cut after 0, ``step``, 2 × ``step``, … bytes until a round trip is shorter than that."""
    cuts = 0
    while True:
        phone.write_something()
        proxy.arm(direction, cuts * step)
        try:
            phone.exchange()
        except LinkError:
            cuts += 1
        else:
            if not proxy.cut:
                return cuts
            cuts += 1  # cut after the last byte that mattered
        phone.drain()
