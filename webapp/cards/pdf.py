"""Cards as a PDF, through the browser that is on the machine: the same page, printed the same way.

Invariant: nothing is fetched; the page carries its style sheet within.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from flask import Flask, render_template

from sync.scope import SYSTEM
from webapp.cards.batches import note_batch
from webapp.cards.sheets import sheets_of
from webapp.extensions import store_of

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
LONGEST = 300  # seconds for the browser to print


class NoBrowserError(Exception):
    """No browser that prints to PDF is on this machine."""


def print_cards(app: Flask, areas: list[str], form: str, target: Path) -> int:
    """Write the cards in use of these grids to ``target``, as one batch a grid; return how many.

    Raises NoBrowserError, subprocess.CalledProcessError where the browser fails, and OSError.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise NoBrowserError
    store, batches = store_of(app), []
    with app.test_request_context(), store.write() as tx:
        for area in areas:
            sheets = sheets_of(tx, store, area, app.config["PUBLIC_URL"], form=form)
            if sheets["cards"]:
                batches.append(sheets)
                note_batch(tx, area, form, sheets["cards"], SYSTEM)
        css = (Path(app.static_folder or "") / "css" / "sheet.css").read_text("utf-8")
        page = render_template("cards/printed.html", batches=batches, style=css)
    if batches:
        _print(browser, page, target)
    return sum(len(sheets["cards"]) for sheets in batches)


def _print(browser: str, page: str, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="qiaomen-cards-") as folder:
        source = Path(folder) / "cards.html"
        source.write_text(page, "utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        command += [f"--user-data-dir={folder}/profile", "--no-pdf-header-footer", f"--print-to-pdf={target}"]
        # The browser is one of BROWSERS on this machine's path, the page our own file.
        subprocess.run(  # noqa: S603  # see above
            [*command, source.as_uri()], check=True, timeout=LONGEST, capture_output=True
        )
