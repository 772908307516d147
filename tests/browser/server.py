"""A real server process on a loopback port that a test starts, kills and starts again.

It ends only the process it started itself.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

STARTS_WITHIN = 60.0


class Server:
    """One installation in ``instance``, served on the same port each time it is started."""

    def __init__(self, instance: Path, port: int | None = None) -> None:
        self.instance = instance
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.days_ago = 0  # how many days its clock is behind
        self._process: subprocess.Popen[bytes] | None = None
        self._log = instance / "server.log"

    def run(self, *arguments: str) -> str:
        """Run a ``qiaomen`` command on this installation and return what it printed."""
        done = subprocess.run(
            [*self._command(), *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"qiaomen {' '.join(arguments)} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Start serving and wait until it answers."""
        self.instance.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command(), "serve"],
                env=self._environment(),
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)
            self._process = None

    def _command(self) -> list[str]:
        past = ["tests.browser.past", str(self.days_ago)]
        return [sys.executable, "-m", *(past if self.days_ago else ["webapp.cli"])]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/manifest.webmanifest", timeout=5):  # noqa: S310  # loopback
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def _environment(self) -> dict[str, Any]:
        return os.environ | {
            "QIAOMEN_INSTANCE": str(self.instance),
            "PORT": str(self.port),
            "QIAOMEN_PUBLIC_URL": self.url,
        }


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
