"""Pages as people know them, for the journey: a phone and a desk, each doing what a person would do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

SHOTS = Path("build/screenshots")


class Screen:
    """A page in a browser that takes pictures of itself."""

    def __init__(self, context: BrowserContext, url: str, name: str) -> None:
        self.page: Page = context.pages[0] if context.pages else context.new_page()
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.url, self.name = url, name

    def open(self, path: str) -> None:
        """Go to an address."""
        self.page.goto(self.url + path)

    def shot(self, name: str, *, whole: bool = False) -> None:
        """Keep a picture as build/screenshots/<device>-<name>.png."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(150)
        self.page.screenshot(path=str(SHOTS / f"{self.name}-{name}.png"), full_page=whole)

    def text(self, selector: str = "main") -> str:
        """What a part of the page says."""
        return self.page.locator(selector).first.inner_text()

    def sees(self, words: str, selector: str = "body", timeout: int = 15_000) -> None:
        """Wait until a part of the page says these words."""
        self.page.locator(selector, has_text=words).first.wait_for(timeout=timeout)

    def sign_in(self, login: str, password: str) -> None:
        """Fill in the sign-in page."""
        self.page.fill("#login", login)
        self.page.fill("#password", password)
        self.page.click("button.main")


class Phone(Screen):
    """A volunteer's phone."""

    def tab(self, label: str) -> None:
        """Tap one of the four tabs."""
        self.page.locator(".nav a", has_text=label).click()
        self.page.locator(".nav a[aria-current]", has_text=label).wait_for()

    def get_ready(self) -> None:
        """Wait for the first sync to end and go on."""
        self.page.locator("#go[data-ready]").wait_for(timeout=60_000)

    def find(self, query: str) -> None:
        """Search among the households and open the one result."""
        self.tab("住户")
        self.page.fill("#q", query)
        self.page.wait_for_timeout(600)
        self.page.locator("#found .item").first.click()
        self.page.locator(".dues, .timeline, .empty").first.wait_for(state="attached")

    def choose(self, field: str, value: str) -> None:
        """Tap a choice of a form."""
        self.page.locator(f"label:has(#f-{field}-{value})").click()

    def fill(self, field: str, value: str) -> None:
        """Type into a field of a form."""
        self.page.fill(f"#f-{field}", value)

    def save(self) -> None:
        """Tap the form's button."""
        self.page.locator(".submit button").click()

    def upload(self) -> None:
        """Tap "upload now" in the outbox."""
        self.tab("待传")
        self.page.locator("main button", has_text="马上上传").click()
        self.page.wait_for_timeout(400)


class Desk(Screen):
    """A supervisor's browser."""

    def open_log(self, words: str) -> None:
        """Open a log of the queue."""
        self.page.locator("a.log", has_text=words).first.click()
        self.page.locator(".verdicts, .sheet").first.wait_for()
