"""A line between browser and server on loopback that counts what goes over it and can be made slow.

The same line carries ours, the peer and the naive download, so that bytes (with headers) and requests are
counted alike. Made slow, each direction lets ``rate`` bytes a second through and delays them by half a round
trip, and a new connection costs one round trip more, as a handshake does. Below HTTP nothing is counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any

CHUNK = 1448  # what a packet carries
FAST_CHUNK = 256 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)


@dataclass(frozen=True)
class Speed:
    """``rate`` in bytes a second each way, ``round_trip`` in seconds."""

    rate: float
    round_trip: float


EDGE = Speed(rate=240_000 / 8, round_trip=0.840)


@dataclass
class Traffic:
    """What went over the line: instants (as ``time.time()``) with bytes, and with requests."""

    up: list[tuple[float, int]] = field(default_factory=list)
    down: list[tuple[float, int]] = field(default_factory=list)
    requests: list[tuple[float, str]] = field(default_factory=list)

    def since(self, start: float, path: str = "") -> dict[str, Any]:
        """Requests (to addresses that begin with ``path``) and bytes since an instant."""
        up = sum(size for at, size in self.up if at >= start)
        down = sum(size for at, size in self.down if at >= start)
        requests = [line for at, line in self.requests if at >= start and line.split()[1].startswith(path)]
        return {"requests": len(requests), "up": up, "down": down, "bytes": up + down}


class Line:
    """A proxy to ``port`` in a thread of its own; ``with Line(port) as line`` opens and closes it."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.speed: Speed | None = None
        self.cut = False  # whether nothing gets through
        self.traffic = Traffic()
        self.url = ""
        self._free = {"up": 0.0, "down": 0.0}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._opened = threading.Event()

    def __enter__(self) -> Line:
        self._thread.start()
        if not self._opened.wait(10):
            raise RuntimeError("the line did not open")
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._opened.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                self._loop.run_until_complete(task)
        self._loop.close()

    def _stop(self) -> None:
        self._loop.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.speed:
            await asyncio.sleep(self.speed.round_trip)
        try:
            there, here = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        with contextlib.suppress(asyncio.CancelledError):  # the line was closed: both ends see it end
            await asyncio.gather(self._carry(reader, here, "up"), self._carry(there, writer, "down"))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        """Carry one direction of one connection to its end."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivering = asyncio.create_task(self._deliver(waiting, writer))
        heads = Heads() if way == "up" else None
        moved = self.traffic.up if way == "up" else self.traffic.down
        try:
            while data := await reader.read(CHUNK if self.speed else FAST_CHUNK):
                if self.cut:
                    break
                moved.append((time.time(), len(data)))
                for line in heads.feed(data) if heads else ():
                    self.traffic.requests.append((time.time(), line))
                await self._pass(data, way, waiting)
        except OSError:
            pass  # the other side went away: the connection is at its end
        waiting.put_nowait((0.0, b""))
        await delivering

    async def _pass(self, data: bytes, way: str, waiting: asyncio.Queue[tuple[float, bytes]]) -> None:
        speed = self.speed
        if speed is None:
            waiting.put_nowait((0.0, data))
            return
        leaves = max(self._loop.time(), self._free[way]) + len(data) / speed.rate
        self._free[way] = leaves
        waiting.put_nowait((leaves + speed.round_trip / 2, data))
        await asyncio.sleep(leaves - self._loop.time())

    async def _deliver(
        self, waiting: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while True:
                at, data = await waiting.get()
                if not data:
                    break
                if (wait := at - self._loop.time()) > 0:
                    await asyncio.sleep(wait)
                writer.write(data)
                await writer.drain()
            writer.close()


class Heads:
    """Finds the request lines in one direction of an HTTP/1.1 connection."""

    def __init__(self) -> None:
        self._held = b""
        self._body = 0

    def feed(self, data: bytes) -> list[str]:
        """The request lines that ended in ``data``."""
        found = []
        while data:
            skipped = min(self._body, len(data))
            self._body -= skipped
            data = data[skipped:]
            if not data:
                break
            head, end, rest = (self._held + data).partition(b"\r\n\r\n")
            if not end:
                self._held = head
                break
            self._held, data = b"", rest
            length = _LENGTH.search(head)
            self._body = int(length[1]) if length else 0
            found.append(head.partition(b"\r\n")[0].decode("latin-1"))
        return found
