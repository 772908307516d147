"""Five hundred printed cards after years on a wall: turned, blurred, small, 15 % of the code gone.

zbar reads at least 99 in 100.
"""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter

from tests.browser.scan import DPI, MILLIMETRE
from tests.browser.server import Server

CARDS = 500
TURNED, SMALLER, COVERED, BLURRED = 7, 0.7, 0.15, 0.8  # degrees, scale, share of the code, pixels
CODE = 36 * MILLIMETRE
FINDER = 0.22  # of the code's side: the three corners by which any reader finds a code are left alone
_CARD = re.compile(r"HTTP://127\.0\.0\.1:\d+/C/[0-9A-Z]{26}")
_READ = re.compile(r"<source href='([^']+)'>.*?</source>", re.DOTALL)
_SAID = re.compile(r"<data><!\[CDATA\[(.*?)\]\]>", re.DOTALL)


@pytest.mark.browser
def test_ninety_nine_of_a_hundred_worn_cards_are_read(tmp_path: Path) -> None:
    server = Server(tmp_path / "instance")
    server.run(
        "generate", "--villages", "1", "--grids", "1", "--households", str(CARDS), "--people", str(CARDS)
    )
    server.run("cards", "--pdf", str(tmp_path / "cards.pdf"))
    chance = random.Random(20261125)
    worn = []
    for sheet in _fronts(tmp_path):
        worn += [
            _wear(code, chance, sheet, place)
            for place, code in enumerate(_codes(Image.open(sheet).convert("L")))
        ]
    said = _read(worn)
    assert len(worn) >= CARDS
    tokens = {
        token for token in said.values() if re.fullmatch(r"HTTP://127\.0\.0\.1:\d+/C/[0-9A-Z]{26}", token)
    }
    assert len(tokens) >= 0.99 * CARDS, f"{len(tokens)} of {CARDS}"


def _fronts(folder: Path) -> list[Path]:
    """The sheets' fronts, at 150 dpi: every other page."""
    command = [
        "pdftoppm",
        "-r",
        str(DPI),
        "-o",
        "-gray",
        "-png",
        str(folder / "cards.pdf"),
        str(folder / "sheet"),
    ]
    subprocess.run(command, check=True, timeout=300)
    return sorted(folder.glob("sheet-*.png"))


def _codes(sheet: Image.Image) -> list[Image.Image]:
    """Each code of a sheet of eight with the white around it; blank places are left out."""
    found = []
    for place in range(8):
        left = (5 + place % 2 * 100 + 100 - 4 - 36) * MILLIMETRE
        top = (8.5 + place // 2 * 70 + 5) * MILLIMETRE
        code = sheet.crop((int(left), int(top), int(left + CODE + 2), int(top + 62 * MILLIMETRE)))
        if code.getextrema()[0] == 0:
            found.append(code)
    return found


def _wear(code: Image.Image, chance: random.Random, sheet: Path, place: int) -> Path:
    """A code as a phone sees it after years: a patch gone, turned, out of focus, from farther away."""
    box = code.point(lambda shade: 255 if shade < 128 else 0).getbbox()
    assert box is not None
    side = CODE
    left, top = box[0], box[1]
    patch = side * COVERED**0.5
    across, down = _place(side, patch, chance)
    gone = (left + across, top + down, left + across + patch, top + down + patch)
    ImageDraw.Draw(code).rectangle(gone, fill=chance.choice((60, 200)))
    seen = code.rotate(TURNED, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    seen = seen.filter(ImageFilter.GaussianBlur(BLURRED))
    seen = seen.resize((int(seen.width * SMALLER), int(seen.height * SMALLER)), Image.Resampling.BILINEAR)
    target = sheet.with_name(f"worn-{sheet.stem}-{place}.png")
    seen.save(target)
    return target


def _place(side: float, patch: float, chance: random.Random) -> tuple[float, float]:
    """Where the patch lies: anywhere but on one of the three corners."""
    near, far = side * FINDER, side * (1 - FINDER)
    while True:
        across, down = chance.uniform(0, side - patch), chance.uniform(0, side - patch)
        touches_left, touches_top = across < near, down < near
        touches_right, touches_bottom = across + patch > far, down + patch > far
        corners = touches_left and touches_top, touches_right and touches_top, touches_left and touches_bottom
        if not any(corners):
            return across, down


def _read(pictures: list[Path]) -> dict[str, str]:
    """What zbar reads of each picture."""
    command = ["zbarimg", "--quiet", "--xml", "-Sdisable", "-Sqrcode.enable", *map(str, pictures)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    read = {}
    for source in _READ.finditer(done.stdout):
        said = _SAID.search(source[0])
        if said:
            read[source[1]] = said[1]
    return read
