"""The phone in a real Chromium under stress: killed, two tabs, updated in mid-sync, full, its clock shifted.

After each: everything that was said to be saved is on the server exactly once.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import playwright_driver
from tests.browser.stress import MOMENTS, StressedPhone, kill_in_mid_save, kill_in_mid_sync

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser
KILLS = 10
TWO_DAYS = 2 * 86_400_000
UNHARMED = {"lost": 0, "duplicated": 0, "leaked": 0, "stuck": 0}
LOOK_FOR_UPDATE = "async () => { await (await navigator.serviceWorker.ready).update(); }"
WHO_IS_WAITING = """async () => {
  const { active, waiting, installing } = await navigator.serviceWorker.getRegistration();
  return [active, waiting, installing].map((each) => each?.state ?? "");
}"""


@pytest.fixture(scope="module")
def stressed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StressedPhone]:
    home: Path = tmp_path_factory.mktemp("stress")
    with playwright_driver() as driver:
        phone = StressedPhone(driver, home)
        yield phone
        phone.close()


@pytest.fixture
def phone(stressed: StressedPhone) -> StressedPhone:
    """The phone at its outbox, with nothing set for it on the way."""
    stressed.proxy.portal = stressed.proxy.trap = None
    stressed.open()
    return stressed


def test_killed_in_mid_save_it_keeps_all_that_it_said_was_saved(phone: StressedPhone) -> None:
    rng = random.Random(1)
    for _ in range(KILLS):
        kill_in_mid_save(phone, rng)
        assert phone.harm() == UNHARMED
    assert len(phone.told) >= KILLS


def test_killed_in_mid_sync_nothing_is_lost_or_doubled(phone: StressedPhone) -> None:
    for number in range(KILLS):
        kill_in_mid_sync(phone, MOMENTS[number % len(MOMENTS)])
        assert phone.harm() == UNHARMED


def test_two_tabs_that_save_at_once_lose_nothing(phone: StressedPhone) -> None:
    before = len(phone.told)
    other = phone.new_tab()
    other.goto(phone.proxy.url + "/field/today")
    phone.save(15)
    phone.save(15, other)
    phone.wait_told(before + 30)
    other.close()
    assert phone.harm() == UNHARMED


def test_updated_in_mid_sync_the_running_build_finishes_and_the_next_goes_on(
    phone: StressedPhone,
) -> None:
    phone.proxy.rewrite = lambda script: script + b"\n// the next build"
    phone.page.evaluate(LOOK_FOR_UPDATE)
    phone.page.locator("#update").wait_for()
    trap = phone.proxy.set_trap("taken")
    before = len(phone.told)
    phone.save(3)
    phone.wait_told(before + 3)
    assert trap.sprung.wait(30)
    phone.page.locator("#update").click()
    phone.page.locator("#update[disabled]").wait_for()
    assert phone.page.evaluate(WHO_IS_WAITING) == ["activated", "installed", ""]
    with phone.page.expect_navigation():
        trap.released.set()
    assert phone.page.evaluate(WHO_IS_WAITING)[1] == ""
    phone.save(1)
    phone.wait_told(before + 4)
    assert phone.harm() == UNHARMED


def test_a_build_that_cannot_read_the_outbox_never_takes_over(phone: StressedPhone) -> None:
    good = phone.proxy.rewrite
    before = len(phone.told)
    phone.proxy.rewrite = lambda script: script.replace(b"AES-GCM", b"AES-CBC")
    phone.page.evaluate(f"({LOOK_FOR_UPDATE})().catch(() => undefined)")
    phone.page.locator("#update", has_text="新版本暂时不能用").wait_for()
    assert phone.page.evaluate(WHO_IS_WAITING) == ["activated", "", ""]
    phone.proxy.rewrite = good
    phone.save(1)
    phone.wait_told(before + 1)
    assert phone.harm() == UNHARMED


@pytest.mark.parametrize("shift", [TWO_DAYS, -TWO_DAYS])
def test_a_clock_two_days_wrong_loses_nothing(phone: StressedPhone, shift: int) -> None:
    before = len(phone.told)
    take_build(phone, f"{{ const now = Date.now; Date.now = () => now() + {shift}; }}")
    phone.save(3)
    phone.wait_told(before + 3)
    assert phone.harm() == UNHARMED
    take_build(phone, f"// right again after {shift}")
    phone.save(1)
    phone.wait_told(before + 4)
    assert phone.harm() == UNHARMED


@pytest.mark.parametrize(
    "portal",
    [
        (200, "text/html", "<html>请先登录 Wi-Fi</html>".encode()),
        (200, "application/json", b'{"ok": true, "statuses": "all fine"}'),
        (200, "application/json", b'{"protocol": 1, "statuses": ['),
        (200, "application/json", b'{"protocol": 9, "statuses": []}'),
        (204, "text/plain", b""),
        (302, "text/html", b""),
        (307, "text/html", b"<html>moved</html>"),
        (511, "text/html", b"<html>login</html>"),
        (502, "text/html", b"<html>bad gateway</html>"),
    ],
)
def test_a_portal_acknowledges_nothing(phone: StressedPhone, portal: tuple[int, str, bytes]) -> None:
    before = len(phone.told)
    phone.proxy.portal = portal
    phone.save(1)
    phone.wait_told(before + 1)
    assert phone.drain() == 1
    strip = phone.page.evaluate("() => fetch('/field/strip').then((each) => each.text())")
    said = "服务器没有回答" if portal[0] == 502 or portal[1] == "application/json" else "连上的网络要先登录"
    assert said in strip
    phone.proxy.portal = None
    assert phone.harm() == UNHARMED


def test_when_space_runs_out_the_visit_at_hand_is_saved_and_the_strip_says_so(phone: StressedPhone) -> None:
    assert phone.harm() == UNHARMED
    phone.server.kill()
    phone.restart()  # so that what the browser tidies up at its start is counted
    usage = phone.page.evaluate("async () => (await navigator.storage.estimate()).usage")
    phone.restart("about:blank")  # what is left is reckoned when a database is first opened
    session = phone.page.context.new_cdp_session(phone.page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": phone.proxy.url, "quotaSize": usage + 30_000})
    phone.open()
    warned = False
    for _ in range(60):
        before = len(phone.told)
        phone.save(1, note="满" * 900)
        phone.wait_told(before + 1)
        strip = phone.page.evaluate("() => fetch('/field/strip').then((each) => each.text())")
        warned = "手机空间快满了" in strip
        if warned:
            break
    assert warned
    session.send("Storage.overrideQuotaForOrigin", {"origin": phone.proxy.url})
    phone.server.start()
    assert phone.harm() == UNHARMED
    strip = phone.page.evaluate("() => fetch('/field/strip').then((each) => each.text())")
    assert "手机空间快满了" not in strip


def take_build(phone: StressedPhone, prefix: str) -> None:
    """Offer the phone a build that begins with ``prefix``, and take it as a person would."""
    phone.proxy.rewrite = lambda script: prefix.encode() + b"\n" + script
    phone.page.evaluate(LOOK_FOR_UPDATE)
    with phone.page.expect_navigation():
        phone.page.locator("#update").click()
    found = phone.page.evaluate("() => fetch('/sw.js').then((each) => each.text())")
    assert re.match(re.escape(prefix), found)
    assert phone.page.evaluate(WHO_IS_WAITING)[1] == ""
