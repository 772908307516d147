"""Layer ``browser``: a real Chromium killed in mid-save and in mid-sync, again and again, on one phone.

An oracle writes down what the phone said was saved; after every kill the phone starts again, sends what
waits, and the server must hold each of those exactly once. `python -m tests.browser.stress --runs 200`
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from sync.database import open_store
from sync.rows import rows_of
from sync.schema import area
from tests.browser.chromium import playwright_driver
from tests.browser.killable import KillableBrowser
from tests.browser.proxy import Proxy
from tests.browser.server import Server
from webapp.demo.people import PASSWORD
from webapp.forms.catalogue import build_catalogue

if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright

    from tests.browser.proxy import Moment

RUNS = {"small": 20, "full": 200}
AT_ONCE = 20
MOST_ROUNDS = 20
MOMENTS: tuple[Moment, ...] = ("asked", "taken", "torn")
NEIGHBOURS = ("青禾村三组", "青禾村四组")
SAVE = """([person, tokens]) => {
  for (const note of tokens) {
    const body = new URLSearchParams({ how: "well", met: "self", note });
    fetch(`/field/people/${person}/visit/new`, { method: "POST", body }).then((answer) => {
      if (answer.url.includes("saved=")) console.log(`saved ${note}`);
      return answer.text(); // as a page would: a worker has not done with an answer that nobody reads
    });
  }
}"""
EXCHANGE = '() => fetch("/field/exchange", { method: "POST" }).then((each) => each.text())'
STATE = """async () => {
  const { active } = await navigator.serviceWorker.ready;
  const channel = new MessageChannel();
  const answer = new Promise((resolve) => { channel.port1.onmessage = ({ data }) => resolve(data); });
  active.postMessage({ type: "state" }, [channel.port2]);
  return answer;
}"""


class StressedPhone:
    """阿莎's phone, the server behind a proxy, and the oracle: ``told`` is what the phone said it saved."""

    def __init__(self, driver: Playwright, home: Path, *, days_ago: int = 0) -> None:
        self.server = Server(home / "instance")
        self.server.days_ago = days_ago
        self.server.run("demo")
        self.server.start()
        self.proxy = Proxy(self.server.port)
        if days_ago:
            self.proxy.rewrite = lambda script: clock_behind(days_ago).encode() + script
        self.browser = KillableBrowser(driver, home / "phone")
        self.store = open_store(f"sqlite:///{home / 'instance/qiaomen.db'}", build_catalogue())
        self.told: set[str] = set()
        self.tried = 0
        self.page = self._enrol()
        self.person = self.page.evaluate(
            """async () => /field\\/people\\/([\\w-]+)/.exec(await (await fetch("/field/today")).text())[1]"""
        )

    def open(self, path: str = "/field/outbox") -> None:
        """Go to an address of the phone."""
        self.page.goto(self.proxy.url + path)

    def new_tab(self) -> Page:
        """Another tab, listened to as well."""
        return self._listen(self.page.context.new_page())

    def save(self, count: int = 1, page: Page | None = None, note: str = "") -> list[str]:
        """Begin to save so many visits at once; what was told arrives later."""
        tokens = [f"第{self.tried + n}号{note}" for n in range(1, count + 1)]
        self.tried += count
        (page or self.page).evaluate(SAVE, [self.person, tokens])
        return tokens

    def wait_told(self, count: int) -> None:
        """Wait until the phone has said of so many that they are saved."""
        while len(self.told) < count:
            self.page.context.wait_for_event("console")

    def restart(self, address: str = "") -> None:
        """Kill the browser, and start it again on what is left."""
        self.browser.kill()
        self.page = self._listen(self.browser.start())
        self.page.goto(address or f"{self.proxy.url}/field/outbox")

    def drain(self) -> int:
        """Exchange until nothing waits; how many still do."""
        for _ in range(MOST_ROUNDS):
            self.page.evaluate(EXCHANGE)
            waiting = int(self.page.evaluate(STATE)["waiting"])
            if not waiting:
                break
        return waiting

    def harm(self) -> dict[str, int]:
        """What is lost, doubled, leaked or stuck now that it is quiet."""
        stuck = self.drain()
        with self.store.read() as tx:
            names = {row.name: row.area_id for row in tx.execute(select(area))}
            rows = rows_of(tx, self.store.catalogue, list(names.values()), kinds=["visit"])
            foreign = rows_of(
                tx, self.store.catalogue, [names[name] for name in NEIGHBOURS], kinds=["household"]
            )
        notes = Counter(str(row["fields"].get("note", "")) for row in rows)
        page = self.page.evaluate("""() => fetch("/field/households").then((each) => each.text())""")
        return {
            "lost": sum(notes[token] == 0 for token in self.told),
            "duplicated": sum(count > 1 for note, count in notes.items() if note.startswith("第")),
            "leaked": sum(row["id"] in page for row in foreign),
            "stuck": stuck,
        }

    def close(self) -> None:
        """End what was started."""
        self.browser.kill()
        self.proxy.close()
        self.server.kill()
        self.store.close()

    def _enrol(self) -> Page:
        page = self._listen(self.browser.start())
        page.goto(f"{self.proxy.url}/auth/sign-in")
        page.fill("#login", "asha")
        page.fill("#password", PASSWORD)
        page.click("button.main")
        page.locator("#go:not([hidden])").wait_for()
        page.goto(f"{self.proxy.url}/field/outbox")
        return page

    def _listen(self, page: Page) -> Page:
        page.on("console", lambda message: self._hear(message.text))
        return page

    def _hear(self, text: str) -> None:
        word, _, token = text.partition(" ")
        if word == "saved":
            self.told.add(token)


def clock_behind(days: int) -> str:
    """What a build begins with on a phone whose clock is so many days behind."""
    return f"{{ const now = Date.now; Date.now = () => now() - {days * 86_400_000}; }}"


def kill_in_mid_save(phone: StressedPhone, rng: random.Random) -> None:
    """Kill while many are being saved and some were already said to be."""
    before = len(phone.told)
    phone.save(AT_ONCE)
    phone.wait_told(before + rng.randrange(1, AT_ONCE // 2))
    phone.restart()


def kill_in_mid_sync(phone: StressedPhone, moment: Moment) -> None:
    """Kill while an exchange is under way: not heard yet, answered but not told, or half told."""
    trap = phone.proxy.set_trap(moment)
    before = len(phone.told)
    phone.save(3)
    phone.wait_told(before + 1)
    if not trap.sprung.wait(30):
        raise RuntimeError("no exchange came")
    phone.browser.kill()
    trap.released.set()
    phone.restart()


def run(size: str, seed: int, runs: int | None = None) -> dict[str, Any]:
    """So many kills, half in mid-save, half in mid-sync; the layer's entry."""
    started, rng, total = time.monotonic(), random.Random(seed), runs or RUNS[size]
    harm: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="qiaomen-browser-") as home, playwright_driver() as driver:
        phone = StressedPhone(driver, Path(home))
        try:
            for number in range(total):
                if number % 2:
                    kill_in_mid_sync(phone, MOMENTS[number // 2 % len(MOMENTS)])
                else:
                    kill_in_mid_save(phone, rng)
                harm.update(phone.harm())
            told = len(phone.told)
        finally:
            phone.close()
    counts = {word: harm[word] for word in ("lost", "duplicated", "leaked", "stuck")}
    seconds = round(time.monotonic() - started, 1)
    return {"layer": "browser", "runs": total, "faults": total} | counts | {"told": told, "seconds": seconds}


def main() -> int:
    """Run, print the entry; 1 where anything was harmed."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.stress")
    parser.add_argument("--runs", type=int, default=RUNS["full"])
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    entry = run("full", asked.seed, asked.runs)
    print(json.dumps(entry))
    return int(any(entry[word] for word in ("lost", "duplicated", "leaked", "stuck")))


if __name__ == "__main__":
    sys.exit(main())
