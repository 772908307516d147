"""Chromium as a process of our own, so that it can be ended by SIGKILL at any moment and started again.

It ends only the group of processes that it started itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.browser.chromium import ARGUMENTS, EXECUTABLE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

STARTS_WITHIN = 60.0
STARTS_AT_MOST = 5
CONNECTS_WITHIN = 10_000


class KillableBrowser:
    """One profile folder, and the Chromium that runs on it."""

    def __init__(self, driver: Playwright, profile: Path) -> None:
        self._driver, self._profile = driver, profile
        self._process: subprocess.Popen[bytes] | None = None
        self._browser: Browser | None = None

    def start(self) -> Page:
        """Start it; its first page. A Chromium that does not take the debugger is ended and started anew."""
        for _ in range(STARTS_AT_MOST):
            port = self._launch()
            try:
                address = f"http://127.0.0.1:{port}"
                self._browser = self._driver.chromium.connect_over_cdp(address, timeout=CONNECTS_WITHIN)
            except PlaywrightTimeoutError:
                self.kill()
                continue
            context = self._browser.contexts[0]
            context.set_default_timeout(30_000)
            return context.pages[0] if context.pages else context.new_page()
        raise RuntimeError("Chromium took no debugger")

    def kill(self) -> None:
        """End it at once, with all of its processes."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
            self._process = None
        if self._browser is not None:
            self._browser.close()
            self._browser = None

    def _launch(self) -> int:
        """A new process; the port it listens on for the debugger."""
        self._profile.mkdir(parents=True, exist_ok=True)
        port_file = self._profile / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [EXECUTABLE, *ARGUMENTS, "--remote-debugging-port=0", f"--user-data-dir={self._profile}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self._wait_for_port(port_file)

    def _wait_for_port(self, port_file: Path) -> int:
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            lines = port_file.read_text().splitlines() if port_file.exists() else []
            if len(lines) == 2:
                return int(lines[0])
            time.sleep(0.05)
        raise RuntimeError("Chromium did not start")
