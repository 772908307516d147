"""What a phone downloads to work offline, and how long Household with 90 facts takes in the worker.

The CPU is slowed six times by stopping the browser's renderer processes for five sixths of each 12 ms, all
threads of them, since the browser's own throttle reaches pages but not workers.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bench.first_sync import enrolled, our_line
from bench.village import village_rows
from sync.database import open_store
from sync.rows import rows_of
from sync.scope import load_caller
from tests.browser.chromium import PHONE, open_browser, playwright_driver
from tests.browser.server import Server
from webapp.demo.people import PASSWORD
from webapp.forms.catalogue import build_catalogue
from webapp.ledger.commands import fold_into, now_ms, record_fact

BUILD = Path("webapp/static/dist/build.json")
FACTS = 90
SLOWDOWN = 6
PERIOD = 0.012
RENDERS = 60
DAY = 86_400_000
THROTTLE = """
import os, signal, sys, time
period, slowdown = float(sys.argv[1]), float(sys.argv[2])
processes = [int(one) for one in sys.argv[3:]]
while True:
    for number, part in ((signal.SIGSTOP, (slowdown - 1) / slowdown), (signal.SIGCONT, 1 / slowdown)):
        for process in processes:
            try:
                os.kill(process, number)
            except ProcessLookupError:
                sys.exit()
        time.sleep(period * part)
"""
RENDER = """async ([path, times, least]) => {
  const taken = [];
  for (let round = 0; round < times; round += 1) {
    const started = performance.now();
    const answer = await fetch(path, { headers: { "HX-Request": "true" } });
    const text = await answer.text();
    taken.push(performance.now() - started);
    if (text.split("<li class").length < least) throw new Error("not the page that was meant");
  }
  return taken;
}"""


def measure() -> list[dict[str, Any]]:
    """Bytes, then milliseconds (p95) of Household with 90 facts, slowed six times and as it is."""
    built = json.loads(BUILD.read_text("utf-8"))
    entries: list[dict[str, Any]] = [
        {
            "name": "everything a phone downloads to work offline, compressed",
            "ours": built["total"],
            "limit": built["budget"],
            "unit": "bytes",
        }
    ]
    with tempfile.TemporaryDirectory(prefix="qiaomen-bench-") as folder:
        plain, slowed = _render_household(Path(folder))
    entries.append(
        {
            "name": f"Household with {FACTS} facts from the worker, CPU slowed {SLOWDOWN} times, p95",
            "ours": round(_p95(slowed), 1),
            "limit": 100,
            "unit": "ms",
        }
    )
    entries.append(
        {
            "name": f"the same, the slow-down as it took effect ({SLOWDOWN} was asked)",
            "ours": round(statistics.median(slowed) / statistics.median(plain), 2),
            "unit": "times",
        }
    )
    return [*entries, *_measure_village()]


def _measure_village() -> list[dict[str, Any]]:
    """The same of the household with most people, with the whole village on the phone."""
    with tempfile.TemporaryDirectory(prefix="qiaomen-bench-") as folder, playwright_driver() as driver:
        home = Path(folder)
        with our_line(home / "ours") as line, enrolled(driver, home / "phone", line, None) as (page, _marks):
            page.goto(f"{line.url}/field/today")
            people = Counter(row["fields"]["household"] for row in village_rows() if row["kind"] == "person")
            [(household, _count)] = people.most_common(1)
            path = f"/field/households/{household}"
            page.evaluate(RENDER, [path, 5, 20])
            plain = page.evaluate(RENDER, [path, RENDERS, 20])
            with _slowed(home / "phone"):
                slowed = page.evaluate(RENDER, [path, RENDERS, 20])
    name = "Household from the worker, 300 households and 27,000 facts on the phone"
    return [
        {"name": f"{name}, CPU slowed {SLOWDOWN} times, p95", "ours": round(_p95(slowed), 1), "limit": 100}
        | {"unit": "ms"},
        {"name": f"{name}, p95", "ours": round(_p95(plain), 1), "unit": "ms"},
    ]


def _render_household(home: Path) -> tuple[list[float], list[float]]:
    server = Server(home / "instance")
    server.run("demo")
    household = _write_facts(home / "instance/qiaomen.db")
    server.start()
    try:
        with playwright_driver() as driver:
            context = open_browser(driver, home / "profile", PHONE)
            page = context.pages[0]
            page.goto(server.url)
            page.fill("#login", "asha")
            page.fill("#password", PASSWORD)
            page.click("button.main")
            page.locator("#go[data-ready]").wait_for(timeout=60_000)
            page.goto(f"{server.url}/field/today")
            page.evaluate(RENDER, [f"/field/households/{household}", 5, 80])
            plain = page.evaluate(RENDER, [f"/field/households/{household}", RENDERS, 80])
            with _slowed(home / "profile"):
                slowed = page.evaluate(RENDER, [f"/field/households/{household}", RENDERS, 80])
            context.close()
    finally:
        server.kill()
    return plain, slowed


def _write_facts(path: Path) -> str:
    """Give one person of 阿莎's grids 90 facts, through the fold; return their household."""
    store = open_store(f"sqlite:///{path}", build_catalogue())
    with store.write() as tx:
        account = tx.exec_driver_sql("SELECT account_id FROM account WHERE login = 'asha'").scalar_one()
        caller = load_caller(tx, account, None, now_ms())
        assert caller is not None
        person = rows_of(tx, store.catalogue, caller.areas, kinds=["person"])[0]
        bodies: list[tuple[str, dict[str, Any]]] = [
            ("visit", {"how": "well", "met": ["self"], "note": "门口的雪扫过了，煤够用到月底"}),
            ("health_check", {"temperature": "36.6", "systolic": 138, "diastolic": 85, "pulse": 72}),
            ("counselling", {"topic": ["loneliness"], "mood": "3", "risk": "none", "note": "想儿子"}),
        ]
        changes = [
            record_fact(kind, person, body, now_ms() - number * DAY)
            for number in range(FACTS)
            for kind, body in [bodies[number % 3]]
        ]
        statuses = fold_into(tx, store, changes, caller)
    store.close()
    assert all(status["status"] == "accepted" for status in statuses)
    return str(person["fields"]["household"])


@contextmanager
def _slowed(profile: Path) -> Iterator[None]:
    """Let this browser's renderers run one sixth of the time."""
    processes = _renderers(profile)
    assert processes, "no renderer found"
    script = [sys.executable, "-c", THROTTLE, str(PERIOD), str(SLOWDOWN), *map(str, processes)]
    throttle = subprocess.Popen(script)
    time.sleep(0.2)
    try:
        yield
    finally:
        throttle.kill()
        throttle.wait(10)
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def _renderers(profile: Path) -> list[int]:
    """The renderer processes of the browser that we started with this profile."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
    ours = {row[0] for row in rows if str(profile) in row[2]}
    while True:
        more = {row[0] for row in rows if row[1] in ours} - ours
        if not more:
            break
        ours |= more
    return [int(row[0]) for row in rows if row[0] in ours and "--type=renderer" in row[2]]


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]
