"""What a day's work costs on the line: one visit, twenty visits, one idle exchange; beside the peer.

Bytes are those of HTTP both ways, headers included. A day's idle traffic is a model over the measured bytes
of one exchange that has nothing to say: see ``IDLE_EXCHANGES``.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from bench.first_sync import TUNED, enrolled, our_line, peer_line
from bench.notes import write_note
from bench.village import village_rows
from tests.browser.chromium import PHONE, open_browser, playwright_driver

if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright

    from bench.proxy import Line

VISITS = 20
HOURS, FRONTS = 8, 12  # the app open in front all day, and brought to the front again after every 40 minutes
QUIET = (2, 4, 8, 16)  # minutes that the worker waits while nothing happens; then 30 each time
IDLE_EXCHANGES = 1 + len(QUIET) + (HOURS * 60 - sum(QUIET)) // 30 + FRONTS
SAVE = """async ([person, note]) => {
  const body = new URLSearchParams({ how: "well", met: "self", living: "good", food: "fair", note });
  const answer = await fetch(`/field/people/${person}/visit/new`, { method: "POST", body });
  if (!answer.url.includes("saved=")) throw new Error(`not saved: ${answer.url}`);
}"""
ASK = """async (reason) => {
  const { active } = await navigator.serviceWorker.ready;
  const channel = new MessageChannel();
  const answered = new Promise((resolve) => { channel.port1.onmessage = ({ data }) => resolve(data); });
  active.postMessage({ type: "exchange", reason }, [channel.port2]);
  return answered;
}"""
STATE = ASK.replace('type: "exchange", reason', 'type: "state"')


def measure() -> list[dict[str, Any]]:
    """Requests and bytes of one visit, of twenty, of an idle day."""
    with tempfile.TemporaryDirectory(prefix="qiaomen-bench-") as folder, playwright_driver() as driver:
        home = Path(folder)
        with peer_line(home) as line:
            peer = _peer_uploads(driver, home, line)
        with our_line(home) as line, enrolled(driver, home / "phone", line, None) as (page, _marks):
            ours = _our_uploads(page, line)
    one, many = "one visit, saved to acknowledged", f"{VISITS} visits, uploaded together"
    bytes_one = {
        "ours": ours["one"]["bytes"],
        "limit": peer["one"]["bytes"] // 5,
        "peer": peer["one"]["bytes"],
    }
    asked = {"ours": ours["one"]["requests"], "limit": 1, "peer": peer["one"]["requests"]}
    together = {"ours": ours["many"]["up"], "limit": 40_000, "peer": peer["many"]["up"]}
    idle = f"an idle day: {HOURS} hours in front and {FRONTS} times brought back, {IDLE_EXCHANGES} exchanges"
    return [
        {"name": f"{one}, requests", **asked, "unit": "requests"},
        {"name": f"{one}, bytes both ways with headers", **bytes_one, "unit": "bytes"},
        {"name": f"{many}, bytes up", **together, "unit": "bytes"},
        {"name": f"{many}, bytes both ways", "ours": ours["many"]["bytes"], "unit": "bytes"}
        | {"peer": peer["many"]["bytes"]},
        {
            "name": "one idle exchange, bytes both ways with headers",
            "ours": ours["idle"]["bytes"],
            "unit": "bytes",
        },
        {"name": idle, "ours": ours["idle"]["bytes"] * IDLE_EXCHANGES, "limit": 50_000, "unit": "bytes"},
    ]


def _our_uploads(page: Page, line: Line) -> dict[str, Any]:
    page.goto(f"{line.url}/field/today")
    page.evaluate(ASK, "front")
    person = next(row["id"] for row in village_rows() if row["kind"] == "person")
    notes = _notes()
    started = time.time()
    page.evaluate(SAVE, [person, notes[0]])
    _until_none_waits(page)
    one = line.traffic.since(started, "/sync/")
    line.cut = True
    for note in notes[1 : VISITS + 1]:
        page.evaluate(SAVE, [person, note])
    page.evaluate(ASK, "manual")
    line.cut = False
    started = time.time()
    page.evaluate(ASK, "manual")
    _until_none_waits(page)
    many = line.traffic.since(started, "/sync/")
    started = time.time()
    page.evaluate(ASK, "online")
    return {"one": one, "many": many, "idle": line.traffic.since(started, "/sync/")}


def _until_none_waits(page: Page) -> None:
    deadline = time.monotonic() + 60
    while page.evaluate(STATE, "")["waiting"]:
        if time.monotonic() > deadline:
            raise RuntimeError("the outbox did not drain")
        page.wait_for_timeout(50)


def _peer_uploads(driver: Playwright, home: Path, line: Line) -> dict[str, Any]:
    """PouchDB after its first replication: one new document pushed, then twenty at once."""
    row = next(row for row in village_rows() if row["kind"] == "visit" and row["fields"].get("food"))
    docs = []
    for number, note in enumerate(_notes()):
        fields = {"how": "well", "met": ["self"], "living": "good", "food": "fair", "note": note}
        doc = {key: row[key] for key in ("kind", "area", "person", "household", "occurred_at", "form")}
        docs.append(doc | {"_id": f"{row['id'][:-2]}{number + 160:02x}", "fields": fields})
    with tempfile.TemporaryDirectory(dir=home) as profile:
        context = open_browser(driver, Path(profile), PHONE)
        page = context.pages[0]
        page.goto(line.url)
        page.evaluate("(how) => window.replicate(how)", TUNED[-1] | {"most": 3_000})
        page.evaluate(
            "(how) => window.upload(how)", {"docs": docs[:1]}
        )  # its first push makes its checkpoint
        told = [
            page.evaluate("(how) => window.upload(how)", {"docs": docs[1:2]}),
            page.evaluate("(how) => window.upload(how)", {"docs": docs[2:], "together": True}),
        ]
        one, both = (line.traffic.since(each["started"] / 1000) for each in told)
        context.close()
        many = both
        one = {key: one[key] - both[key] for key in one}
    return {"one": one, "many": many}


def _notes() -> list[str]:
    rng = Random(7)  # noqa: S311  # the same notes each time
    return [write_note(rng, ["王小明", "黄桂兰", "刘春梅"]) for _ in range(VISITS + 2)]
