"""The printed sheets: every code, front and back, is read by zbar and opens its own household's card."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

import pytest

from sync.database import open_store
from tests.browser.chromium import DESK, open_browser, playwright_driver
from tests.browser.scan import cut_cards, print_pdf, read_codes
from tests.browser.server import Server
from webapp.cards.issue import cards_of
from webapp.cards.qr import card_url
from webapp.demo.people import PASSWORD
from webapp.forms.catalogue import build_catalogue


@pytest.mark.browser
def test_every_printed_code_opens_its_own_households_card(tmp_path: Path) -> None:
    server = Server(tmp_path / "instance")
    server.run("demo")
    server.start()
    store = open_store(f"sqlite:///{tmp_path / 'instance/qiaomen.db'}", build_catalogue())
    try:
        with playwright_driver() as driver:
            context = open_browser(driver, tmp_path / "profile", DESK)
            page = context.pages[0]
            page.goto(f"{server.url}/auth/sign-in")
            page.fill("#login", "chen")
            page.fill("#password", PASSWORD)
            page.click("button.main")
            page.goto(f"{server.url}/desk/cards")
            grids = re.findall(r"/desk/cards\?area=([\w-]+)", page.content())
            assert len(grids) == 4
            for grid in grids:
                page.goto(f"{server.url}/cards/sheets/{grid}")
                printed = read_codes(cut_cards(print_pdf(page, tmp_path / f"{grid}.pdf")))
                with store.read() as tx:
                    cards = [row["fields"] for row in cards_of(tx, store, grid)]
                pages = [code for code in printed if not code.startswith("BEGIN:VCARD")]
                assert pages == sorted(2 * [card_url(server.url, card["token"]) for card in cards])
                assert len(printed) - len(pages) == len(cards)
                for card in cards:
                    assert card["code"] in read(card_url(server.url, card["token"]))
            context.close()
    finally:
        store.close()
        server.kill()


def read(url: str) -> str:
    """A public page, fetched as a phone would after a scan."""
    address = url.replace("HTTP://", "http://")
    with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310  # our own server, on loopback
        return str(answer.read().decode())
