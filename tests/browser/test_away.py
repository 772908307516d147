"""A phone that was away for three weeks, whose volunteer was moved to another grid meanwhile, comes back.

On a link like EDGE, its times a tenth: 240 kbit/s, cut every two seconds (twenty). All that it logged
arrives or is held with a name on it, and whoever holds the phone can tell at every moment what is happening.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, update

from sync import schema
from sync.clock import Clock, format_stamp
from sync.ids import uuid7
from sync.records import fold_changes
from sync.rows import rows_of
from sync.scope import SYSTEM
from tests.browser.chromium import DESK, PHONE, open_browser, playwright_driver
from tests.browser.pages import Desk, Phone
from tests.browser.proxy import Link
from tests.browser.stress import EXCHANGE, StressedPhone, clock_behind
from tests.browser.test_stress import take_build
from webapp.demo.people import PASSWORD
from webapp.ledger.commands import now_ms

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page, Playwright

pytestmark = pytest.mark.browser
DAY = 86_400_000
NEW_GRID = "青禾村三组"
EARLIER = 1_500  # records of the new grid: some hundred kilobytes, many drops long
MOST_ROUNDS = 150
EDGE = {"rate": 30_000, "delay": 0.08, "drops": 2.0}
TELL = """() => {
  const said = new Set();
  const look = () => {
    for (const id of ["strip", "step", "trouble"]) {
      const element = document.getElementById(id);
      const words = element && !element.hidden ? element.textContent.trim() : "";
      if (words && !said.has(words)) console.log(`words ${words}`);
      said.add(words);
    }
  };
  const all = { childList: true, subtree: true, characterData: true, attributes: true };
  new MutationObserver(look).observe(document, all);
}"""


@pytest.fixture
def driver() -> Iterator[Playwright]:
    with playwright_driver() as started:
        yield started


@pytest.fixture
def phone(driver: Playwright, tmp_path: Path) -> Iterator[StressedPhone]:
    made = StressedPhone(driver, tmp_path, days_ago=21)
    yield made
    made.close()


def test_after_three_weeks_away_all_arrives_or_is_held_by_name_and_the_phone_tells(
    driver: Playwright, phone: StressedPhone, tmp_path: Path
) -> None:
    words: list[str] = []
    tell(phone.page, words)
    phone.proxy.away = True
    phone.save(2, note="在一组写的")
    phone.wait_told(2)
    take_build(phone, clock_behind(3))
    phone.save(2, note="调走以后写的")
    phone.wait_told(4)

    move_to_another_grid(phone)
    phone.server.kill()
    phone.server.days_ago = 0
    phone.server.start()
    take_build(phone, "// the clock is right again")
    phone.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # two integers by name, as it wants
    screen = Phone(phone.page.context, phone.proxy.url, "away")
    exchange(phone.page)
    screen.open("/field/outbox")
    screen.sees("没有信号 · 已存本机 4 条 · 最早 21 天前", "#strip")
    screen.shot("1-no-signal")

    phone.proxy.away = False
    phone.proxy.link = link = Link(**EDGE)
    exchange(phone.page)
    screen.open("/field/outbox")
    screen.sees("登录过期了 · 请重新登录，手机里的记录不会丢", "#strip")
    screen.sees("已存本机 4")
    screen.shot("2-sign-in-again")
    screen.page.locator("a", has_text="重新登录").click()
    screen.sign_in("asha", PASSWORD)
    come_back(phone, screen, link)
    assert link.dropped >= 3
    screen.shot("4-ready")
    screen.open("/field/outbox")
    screen.sees("全部已上传", "#strip")
    screen.sees("已上传 4")
    screen.sees("这条记录不在你负责的网格 · 督导员会处理，不用再写")
    screen.shot("5-outbox", whole=True)

    expected = [
        "没有信号",
        "登录过期了",
        "正在下载住户资料",
        "网络断了，已经收到的不会丢",
        "准备好了",
        "全部已上传",
    ]
    assert in_order(expected, words), words
    counted, held = what_became(phone)
    assert counted == sorted(note for note in phone.told if "在一组写的" in note)
    assert held == sorted(note for note in phone.told if "调走以后写的" in note)
    assert phone.harm()["duplicated"] == 0
    look_at_the_desk(driver, phone, tmp_path)


def tell(page: Page, words: list[str]) -> None:
    """Write down, in their order, all words that the phone's line and its welcome page ever show."""
    page.context.add_init_script(f"({TELL})()")
    page.on("console", lambda message: hear(message.text, words))


def hear(text: str, words: list[str]) -> None:
    if text.startswith("words "):
        words.append(text.removeprefix("words "))


def in_order(expected: list[str], words: list[str]) -> bool:
    """Whether each of the expected words was said, one after the other."""
    said = iter(words)
    return all(any(each in line for line in said) for each in expected)


def exchange(page: Page) -> None:
    """Somebody taps 马上上传."""
    page.evaluate(EXCHANGE)


def come_back(phone: StressedPhone, screen: Phone, link: Link) -> None:
    """Wait for the first sync of the new grid; whenever the link is back the phone is told, as phones are."""
    screen.page.locator("#step").wait_for()
    pictured = False
    for _ in range(MOST_ROUNDS):
        if screen.page.locator("#go[data-ready]").count():
            return
        if not pictured and screen.page.locator("#trouble:not([hidden])").count():
            screen.shot("3-dropped")
            pictured = True
        screen.page.evaluate("() => window.dispatchEvent(new Event('online'))")
        screen.page.wait_for_timeout(400)
    raise AssertionError(f"not ready after {link.dropped} drops: {screen.text('main')}")


def move_to_another_grid(phone: StressedPhone) -> None:
    """阿莎 was moved five days ago, to a grid with a history of its own."""
    moved = now_ms() - 5 * DAY
    with phone.store.write() as tx:
        names = {row.name: row.area_id for row in tx.execute(select(schema.area))}
        account = tx.scalar(select(schema.account.c.account_id).where(schema.account.c.login == "asha"))
        mine = schema.access.c.account_id == account
        tx.execute(update(schema.access).where(mine).values(until=moved))
        held = {"area_id": names[NEW_GRID], "account_id": account, "role": "volunteer", "since": moved}
        tx.execute(insert(schema.access).values(held))
        people = rows_of(tx, phone.store.catalogue, [names[NEW_GRID]], kinds=["person"])
        for first in range(0, EARLIER, 500):
            changes = [earlier(people, number) for number in range(first, first + 500)]
            statuses = fold_changes(tx, phone.store.catalogue, SYSTEM, changes, now_ms())
            assert {status["status"] for status in statuses} == {"accepted"}, statuses[:3]


def earlier(people: list[dict[str, Any]], number: int) -> dict[str, Any]:
    """A visit of long ago, with words that no compression makes much smaller."""
    rng, person = random.Random(number), people[number % len(people)]
    at = now_ms() - 30 * DAY - number * 60_000
    made = uuid7(at, rng.randbytes(10))
    note = "".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(60))
    return {
        "id": made,
        "area": person["area"],
        "kind": "visit",
        "op": "record",
        "record": made,
        "form": "visit/1",
        "stamp": format_stamp(Clock(at, 0, "a1b2c3d4")),
        "person": person["id"],
        "household": person["fields"]["household"],
        "occurred_at": at,
        "body": {"how": "well", "note": note},
    }


def what_became(phone: StressedPhone) -> tuple[list[str], list[str]]:
    """The notes of what was counted in and of what is held, each with 阿莎's name on it."""
    with phone.store.read() as tx:
        account = tx.scalar(select(schema.account.c.account_id).where(schema.account.c.login == "asha"))
        areas = list(tx.scalars(select(schema.area.c.area_id)))
        rows = rows_of(tx, phone.store.catalogue, areas, kinds=["visit"], author=account)
        held = tx.execute(select(schema.quarantine)).all()
    assert {(entry.code, entry.author_id) for entry in held} == {("foreign_area", account)}
    notes = [str(row["fields"].get("note", "")) for row in rows]
    return sorted(note for note in notes if note.startswith("第")), sorted(note_of(entry) for entry in held)


def note_of(entry: Any) -> str:
    """What a held change says."""
    return str(json.loads(entry.change)["body"]["note"])


def look_at_the_desk(driver: Playwright, phone: StressedPhone, home: Path) -> None:
    """The supervisor finds what is held, with its author's name."""
    desk = Desk(open_browser(driver, home / "desk", DESK), phone.server.url, "away-desk")
    desk.open("/desk/quarantine")
    desk.sign_in("chen", PASSWORD)
    desk.open("/desk/quarantine")
    desk.sees("阿莎")
    desk.shot("held")
    desk.page.context.close()
