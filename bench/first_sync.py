"""First sync of the village in a real Chromium: ours, the peer (PouchDB), the naive limit, over one line.

The peer is measured at its best of several settings and as it comes. At EDGE ours is measured; peer and naive
limit are reckoned (``_at_speed``: less than they really take) unless BENCH_FULL=1. Every browser is new.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.proxy import EDGE, Line, Speed
from bench.village import PASSWORD, install_village, village_rows
from tests.browser.chromium import PHONE, open_browser, playwright_driver
from tests.browser.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright

FULL = bool(os.environ.get("BENCH_FULL"))
DEFAULT: dict[str, Any] = {"adapter": "idb", "options": {}}
TUNED: list[dict[str, Any]] = [
    {"adapter": adapter, "options": {"batch_size": size, "batches_limit": 10, "checkpoint": "target"}}
    for adapter, size in (("idb", 1000), ("indexeddb", 3000))
]
WATCH = """(() => {
  const marks = (window.marks = []);
  const post = ServiceWorker.prototype.postMessage;
  ServiceWorker.prototype.postMessage = function (message, ...rest) {
    marks.push([message.type, Date.now()]);
    return post.call(this, message, ...rest);
  };
  navigator.serviceWorker?.addEventListener("message", ({ data }) => {
    if (data.progress?.usable) marks.push(["usable", Date.now()]);
    if (data.progress) marks.push(["page", Date.now()]);
    if (data.outcome) marks.push([data.outcome.ok ? "ready" : `failed ${data.outcome.code}`, Date.now()]);
  });
})()"""
Measured = dict[str, Any]


def measure() -> list[dict[str, Any]]:
    """Seconds, requests and bytes of a first sync, on a fast line and at EDGE."""
    with tempfile.TemporaryDirectory(prefix="qiaomen-bench-") as folder, playwright_driver() as driver:
        home = Path(folder)
        with peer_line(home) as line:
            naive = sync_naively(driver, home, line, None)
            slow_naive = sync_naively(driver, home, line, EDGE) if FULL else _at_speed(naive, EDGE)
            tries = {json.dumps(each): sync_peer(driver, home, line, each) for each in TUNED}
            best = min(tries, key=lambda each: float(tries[each]["seconds"]))
            peer = tries[best]
            slow_peer = (
                sync_peer(driver, home, line, json.loads(best), EDGE) if FULL else _at_speed(peer, EDGE)
            )
            plain = sync_peer(driver, home, line, DEFAULT)
        with our_line(home / "ours") as line:
            phones = [home / f"phone-{number}" for number in range(3)]
            speeds = (None, None, EDGE)
            cold, warm, slow = (sync_ours(driver, *each, line) for each in zip(phones, speeds, strict=True))
    entries = [*_compare("first sync", cold, peer, naive, 0.4)]
    entries += _compare("first sync EDGE", slow, slow_peer, slow_naive, 0.35)
    entries.append(
        {"name": "first sync EDGE, Today usable", "ours": slow["usable"], "limit": 15, "unit": "s"}
    )
    entries.append({"name": "first sync, server warm", "ours": warm["seconds"], "unit": "s"})
    entries.append({"name": "first sync, Today usable", "ours": cold["usable"], "unit": "s"})
    entries.append(
        {"name": f"first sync, the peer at its best: {best}", "ours": peer["seconds"], "unit": "s"}
    )
    entries.append({"name": "first sync, the peer as it comes", "ours": plain["seconds"], "unit": "s"})
    entries.append(
        {"name": "first sync, the peer as it comes, requests", "ours": plain["requests"], "unit": "requests"}
    )
    return entries


def _at_speed(fast: Measured, speed: Speed) -> Measured:
    """A lower bound on a slow line, out of a fast run: the busier direction's bytes, and two round trips."""
    more = max(fast["up"], fast["down"]) / speed.rate + 2 * speed.round_trip
    return fast | {"seconds": round(fast["seconds"] + more, 2)}


def _compare(
    name: str, ours: Measured, peer: Measured, naive: Measured, share: float
) -> Iterator[dict[str, Any]]:
    """Ours against a share of the naive limit and a tenth of the peer, with requests and bytes."""
    reckoned = "" if FULL or "EDGE" not in name else " (peer and limit reckoned from their bytes)"
    yield {"name": name, "ours": ours["seconds"], "limit": round(share * naive["seconds"], 2)} | {
        "peer": peer["seconds"],
        "unit": f"s{reckoned}",
    }
    yield {
        "name": f"{name}, share of the naive limit",
        "ours": round(ours["seconds"] / naive["seconds"], 3),
        "limit": share,
        "unit": f"of {naive['seconds']} s",
    }
    yield {
        "name": f"{name}, times faster than the peer at its best",
        "ours": round(peer["seconds"] / ours["seconds"], 1),
        "limit": 10,
        "unit": "times (at least)",
    }
    for what in ("requests", "bytes"):
        limit = {"limit": round(share * naive[what])} if what == "bytes" else {}
        yield {"name": f"{name} {what}", "ours": ours[what], **limit, "peer": peer[what], "unit": what}


@contextmanager
def peer_line(home: Path) -> Iterator[Line]:
    """The peer's server with the village in it, behind a line."""
    rows = home / "rows.json"
    rows.write_text(json.dumps(village_rows(), ensure_ascii=False, separators=(",", ":")), "utf-8")
    script = ["node", "bench/peer/server.mjs", str(rows)]
    server = subprocess.Popen(script, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        with Line(int(server.stdout.readline())) as line:
            yield line
    finally:
        server.kill()
        server.wait(10)


def sync_naively(driver: Playwright, home: Path, line: Line, speed: Speed | None) -> Measured:
    """One gzip download of the rows and one bulk write."""
    return _on_peer_page(driver, home, line, speed, ("naive()", None))


def sync_peer(
    driver: Playwright, home: Path, line: Line, how: dict[str, Any], speed: Speed | None = None
) -> Measured:
    """PouchDB's first replication."""
    return _on_peer_page(driver, home, line, speed, ("replicate(how)", how))


def _on_peer_page(
    driver: Playwright, home: Path, line: Line, speed: Speed | None, call: tuple[str, Any]
) -> Measured:
    with tempfile.TemporaryDirectory(dir=home) as profile:
        context = open_browser(driver, Path(profile), PHONE)
        page = context.pages[0]
        page.set_default_timeout(900_000)
        page.goto(line.url)
        line.speed = speed
        told = page.evaluate(f"(how) => window.{call[0]}", call[1])
        line.speed = None
        traffic = line.traffic.since(told["started"] / 1000)
        context.close()
    return {"seconds": round((told["ended"] - told["started"]) / 1000, 2), **traffic}


def sync_ours(driver: Playwright, profile: Path, speed: Speed | None, line: Line) -> Measured:
    """Our own first sync: the real server, the real worker, from enrolled to usable and to ready.

    The first phone of a server finds it cold; for the next ones their snapshots are prepared.
    """
    with enrolled(driver, profile, line, speed) as (_page, marks):
        traffic = line.traffic.since(marks["begin"] / 1000, "/sync/")
    return {
        "seconds": round((marks["ready"] - marks["begin"]) / 1000, 2),
        "usable": round((marks.get("usable", marks["ready"]) - marks["begin"]) / 1000, 2),
        **traffic,
    }


@contextmanager
def our_line(home: Path) -> Iterator[Line]:
    """Our server with the village in it, behind a line."""
    server = Server(home / "instance")
    install_village(home / "instance")
    server.run("prepare")
    with Line(server.port) as line:
        server.url = line.url
        server.start()
        try:
            yield line
        finally:
            server.kill()


@contextmanager
def enrolled(
    driver: Playwright, profile: Path, line: Line, speed: Speed | None
) -> Iterator[tuple[Page, dict[str, float]]]:
    """A browser that signed in and has everything; the page and the instants of its first sync."""
    context = open_browser(driver, profile, PHONE)
    context.add_init_script(WATCH)
    page = context.pages[0]
    page.goto(line.url)
    page.fill("#login", "asha")
    page.fill("#password", PASSWORD)
    line.speed = speed
    page.click("button.main", no_wait_after=True)
    marks = _marks_until_ready(page)
    line.speed = None
    yield page, marks
    context.close()


def _marks_until_ready(page: Page) -> dict[str, float]:
    """The first instant of each mark, once all is there; raises where the sync failed."""
    deadline = time.monotonic() + 600
    page.wait_for_url("**/field/welcome", timeout=60_000)
    while time.monotonic() < deadline:
        found = page.evaluate("window.marks ?? []")
        first: dict[str, float] = {}
        for name, at in found:
            first.setdefault(name, at)
        failed = [name for name in first if name.startswith("failed")]
        if failed:
            raise RuntimeError(f"the first sync {failed[0]}")
        if "ready" in first:
            return first
        page.wait_for_timeout(100)
    raise RuntimeError("the first sync did not end")
