"""Debian's Chromium as a phone or a desk, with a profile folder of its own that outlives a restart."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Playwright

EXECUTABLE = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}


@contextmanager
def playwright_driver() -> Iterator[Playwright]:
    """Playwright, stopped at the end."""
    with sync_playwright() as driver:
        yield driver


def open_browser(driver: Playwright, profile: Path, size: dict[str, int]) -> BrowserContext:
    """A browser with the profile in ``profile``; closing it and opening it again is a restart."""
    phone = size == PHONE
    context = driver.chromium.launch_persistent_context(
        str(profile),
        executable_path=EXECUTABLE,
        args=ARGUMENTS,
        viewport=size,  # type: ignore[arg-type]  # two integers by name, as it wants
        device_scale_factor=2 if phone else 1,
        has_touch=phone,
        is_mobile=phone,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    context.set_default_timeout(20_000)
    return context
