"""The demo village for browser tests: made once, copied for each test that wants one of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.server import Server

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Server]:
    """``demo_server(folder)`` is a server, not started, with the demo village in ``folder``."""
    model = Server(tmp_path_factory.mktemp("demo") / "instance")
    model.run("demo")

    def copy(folder: Path) -> Server:
        shutil.copytree(model.instance, folder)
        return Server(folder)

    return copy
