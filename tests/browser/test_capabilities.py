"""What a real Chromium can and cannot: the self-test, private mode, storage that is promised or not.

One browser with a capability taken away for each red; nothing is asked of a person before they are told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import ARGUMENTS, EXECUTABLE, PHONE, open_browser, playwright_driver
from tests.browser.pages import Phone
from tests.browser.proxy import Proxy
from webapp.demo.people import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page, Playwright

    from tests.browser.server import Server

pytestmark = pytest.mark.browser
NO_DATABASE = (
    "IDBFactory.prototype.open = () => { throw new DOMException('not here', 'InvalidStateError'); };"
)
NO_KEY = """const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (value, key) {
  if (value instanceof CryptoKey) throw new DOMException('no keys', 'DataCloneError');
  return put.call(this, value, key);
};"""
NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined });"
NO_GZIP = "delete window.CompressionStream;"
AN_HOUR_OFF = "{ const now = Date.now; Date.now = () => now() + 3600000; }"
STATES = """() => Object.fromEntries(
  [...document.querySelectorAll("[data-check]")].map((line) => [line.dataset.check, line.dataset.state]))"""


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    with playwright_driver() as started:
        yield started


@pytest.fixture(scope="module")
def server(
    demo_server: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    made = demo_server(tmp_path_factory.mktemp("capabilities") / "instance")
    made.start()
    yield made
    made.kill()


@pytest.fixture(scope="module")
def proxy(server: Server) -> Iterator[Proxy]:
    made = Proxy(server.port)
    yield made
    made.close()


@pytest.fixture
def browser(driver: Playwright, proxy: Proxy, tmp_path: Path) -> Iterator[BrowserContext]:
    proxy.portal = None
    context = open_browser(driver, tmp_path / "profile", PHONE)
    yield context
    context.close()


@contextmanager
def private_window(driver: Playwright) -> Iterator[Page]:
    """A page off the record, as private mode's are."""
    started = driver.chromium.launch(executable_path=EXECUTABLE, args=[*ARGUMENTS, "--incognito"])
    context = started.new_context(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]  # two integers by name
    context.set_default_timeout(20_000)
    yield context.new_page()
    started.close()


def get_ready(browser: BrowserContext, proxy: Proxy) -> Phone:
    """阿莎's phone, just enrolled."""
    phone = Phone(browser, proxy.url, "capabilities")
    phone.open("/")
    phone.sign_in("asha", PASSWORD)
    phone.get_ready()
    return phone


def outcome_of(page: Page) -> dict[str, str]:
    """What the self-test on the screen says, check by check."""
    page.locator("#self-test[data-done]").wait_for()
    states: dict[str, str] = page.evaluate(STATES)
    return states


def test_a_phone_that_is_ready_is_green_offline_too_and_its_report_names_nobody(
    browser: BrowserContext, proxy: Proxy, server: Server
) -> None:
    phone = get_ready(browser, proxy)
    phone.open("/field/me")
    phone.page.locator("a", has_text="自检").click()
    states = outcome_of(phone.page)
    assert {key for key, state in states.items() if state == "bad"} == set()
    for key in (
        "worker",
        "database",
        "key",
        "lasting",
        "space",
        "locks",
        "gzip",
        "network",
        "clock",
        "brotli",
    ):
        assert states[key] == "well", (key, states)
    phone.sees("✓ 都好", "#verdict")
    phone.shot("self-test", whole=True)
    browser.grant_permissions(["clipboard-read", "clipboard-write"])
    phone.page.click("#copy-report")
    phone.page.locator("#copy-report", has_text="已复制").wait_for()
    report = phone.page.evaluate("() => navigator.clipboard.readText()")
    assert "没有信号也能打开 · ✓ 好" in report
    assert "Chrome" in report
    for secret in ("阿莎", "asha", "王"):
        assert secret not in report
    server.kill()
    phone.open("/field/self-test")
    states = outcome_of(phone.page)
    assert (states["worker"], states["network"], states["clock"]) == ("well", "minor", "minor")
    phone.sees("没有信号，照样可以记")
    server.start()


@pytest.mark.parametrize(
    ("script", "red"),
    [(NO_DATABASE, "database"), (NO_KEY, "key"), (AN_HOUR_OFF, "clock"), ("", "worker")],
)
def test_what_is_missing_is_red_and_says_what_to_do(
    browser: BrowserContext, proxy: Proxy, script: str, red: str
) -> None:
    page = browser.pages[0]
    page.add_init_script(script or "0")
    page.goto(proxy.url + "/field/self-test")  # answered by the server: there is no worker yet
    states = outcome_of(page)
    assert states[red] == "bad"
    line = page.locator(f"[data-check={red}]")
    assert "✕ 不行" in line.inner_text()
    assert "请" in line.locator("[data-said]").inner_text()
    assert "✕" in page.locator("#verdict").inner_text()
    expected = {"worker", red} | ({"key", "locks", "lasting"} if red == "database" else set())
    assert {key for key, state in states.items() if state == "bad"} == expected


def test_what_may_be_missing_is_no_red_and_the_lease_stands_in_for_locks(
    browser: BrowserContext, proxy: Proxy
) -> None:
    page = browser.pages[0]
    page.add_init_script(NO_LOCKS + NO_GZIP)
    page.goto(proxy.url + "/field/self-test")
    states = outcome_of(page)
    assert (states["locks"], states["gzip"]) == ("well", "minor")
    assert "用备用的办法" in page.locator("[data-check=locks]").inner_text()


def test_a_portal_between_is_told_from_no_network(browser: BrowserContext, proxy: Proxy) -> None:
    phone = get_ready(browser, proxy)
    proxy.portal = (302, "text/html", b"")
    phone.open("/field/self-test")
    assert outcome_of(phone.page)["network"] == "bad"
    phone.sees("连上的网络要先登录")


@pytest.mark.parametrize("script", [NO_DATABASE, NO_KEY])
def test_where_nothing_is_kept_no_phone_is_made_and_it_says_so_before_anything_is_typed(
    browser: BrowserContext, proxy: Proxy, script: str
) -> None:
    page = browser.pages[0]
    page.add_init_script(script)
    phone = Phone(browser, proxy.url, "refused")
    phone.open("/")
    phone.sign_in("asha", PASSWORD)
    phone.sees("这个浏览器存不住东西", "#trouble")
    assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
    assert page.locator("#anyway").is_hidden()
    page.click("#self-test-link")
    assert outcome_of(page)["worker"] == "bad"
    phone.open("/field/today")
    page.locator(".item").first.click()
    page.locator("main button.main").click()  # online, straight to the server
    phone.sees("已上传", ".toast")


def test_private_mode_refuses_in_plain_words_and_who_knows_better_goes_on(
    driver: Playwright, proxy: Proxy
) -> None:
    proxy.portal = None
    with private_window(driver) as page:
        phone = Phone(page.context, proxy.url, "private")
        phone.open("/")
        phone.sign_in("asha", PASSWORD)
        phone.sees("这像是无痕模式", "#trouble")
        phone.sees("这里不能离线记", "#step")
        phone.shot("refused", whole=True)
        assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
        page.click("#anyway")
        phone.get_ready()
        assert page.locator("#trouble").is_hidden()
        phone.open("/field/self-test")
        assert outcome_of(page)["lasting"] == "bad"


@pytest.mark.parametrize("granted", [True, False])
def test_the_phone_is_asked_to_keep_all_on_a_tap_and_its_answer_is_shown(
    browser: BrowserContext, proxy: Proxy, granted: bool
) -> None:
    phone = get_ready(browser, proxy)
    phone.open("/field/me")
    phone.sees("空间很紧时可能被清")
    if granted:
        session = browser.new_cdp_session(phone.page)
        session.send("Browser.grantPermissions", {"permissions": ["durableStorage"], "origin": proxy.url})
    phone.page.click("#persist")
    phone.sees("手机答应一直留着" if granted else "手机没有答应")
    assert phone.page.locator("#persist").count() == (0 if granted else 1)
    phone.shot(f"persist-{granted}", whole=True)


def test_the_first_save_asks_once(browser: BrowserContext, proxy: Proxy) -> None:
    browser.pages[0].add_init_script(
        "StorageManager.prototype.persist = async () => { console.log('asked to keep'); return false; };"
    )
    asked: list[str] = []
    browser.pages[0].on("console", lambda message: asked.append(message.text))
    phone = get_ready(browser, proxy)
    phone.open("/field/today")
    for _ in range(2):
        phone.open("/field/today")
        phone.page.locator(".item").first.click()
        phone.page.locator("main button.main").click()
        phone.sees("已存本机", ".toast")
    assert asked.count("asked to keep") == 1
