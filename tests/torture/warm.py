"""Start and kill ``qiaomen serve`` many times a minute: a process that has imported everything forks it.

What runs is the real command in a process of its own; only the second or more that a cold start spends on
imports is spared. ``python -m tests.torture.warm`` is that process: it reads ``start <port> <database url>``
or ``kill`` from its standard input, and answers each with a line. It kills only what it started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.browser.server import free_port

STARTS_WITHIN = 60.0


class WarmServer:
    """One installation, served on the same port each time it is started."""

    def __init__(self, instance: Path, database_url: str, port: int | None = None) -> None:
        self.instance, self.database_url = instance, database_url
        self.port = port or free_port()
        instance.mkdir(parents=True, exist_ok=True)
        self._log = (instance / "server.log").open("ab")
        self._mother = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.warm"],
            env=os.environ | {"QIAOMEN_INSTANCE": str(instance)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def start(self) -> None:
        """Serve, and wait until it answers."""
        self._tell(f"start {self.port} {self.database_url}")
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._answers():
            if time.monotonic() > deadline:
                raise RuntimeError(f"no server: {(self.instance / 'server.log').read_text()[-2000:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End the serving process by SIGKILL, and wait until it is gone."""
        self._tell("kill")

    def close(self) -> None:
        """Kill what serves and end the process that starts it."""
        assert self._mother.stdin is not None
        self._mother.stdin.close()
        self._mother.wait(30)
        assert self._mother.stdout is not None
        self._mother.stdout.close()
        self._log.close()

    def _tell(self, command: str) -> None:
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.write(command + "\n")
        self._mother.stdin.flush()
        if self._mother.stdout.readline().strip() != "done":
            raise RuntimeError(f"{command} failed: {(self.instance / 'server.log').read_text()[-2000:]}")

    def _answers(self) -> bool:
        address = f"http://127.0.0.1:{self.port}/manifest.webmanifest"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False


def _mother() -> None:
    """Obey the lines on standard input; at their end kill what still serves."""
    from webapp import server
    from webapp.cli import main

    assert server
    child: int | None = None
    for line in sys.stdin:
        word, *rest = line.split()
        if child is not None:
            _end(child)
            child = None
        if word == "start":
            child = os.fork()
            if child == 0:
                os.environ["QIAOMEN_DATABASE_URL"] = rest[1]
                os.setsid()
                main(["serve", "--port", rest[0]])
        print("done", flush=True)
    if child is not None:
        _end(child)


def _end(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


if __name__ == "__main__":
    _mother()
