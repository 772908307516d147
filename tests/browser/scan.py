"""Reading printed codes the way a phone would: Chromium's PDF, rasterised at 150 dpi, read by zbar."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Page

DPI = 150
MILLIMETRE = DPI / 25.4


def print_pdf(page: Page, target: Path) -> list[Path]:
    """Print a page to PDF and rasterise it; return a picture for each sheet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    page.pdf(path=str(target), prefer_css_page_size=True, print_background=True)
    stem = target.with_suffix("")
    subprocess.run(["pdftoppm", "-r", str(DPI), "-png", str(target), str(stem)], check=True, timeout=120)
    return sorted(target.parent.glob(f"{stem.name}-*.png"))


def cut_cards(pictures: list[Path]) -> list[Path]:
    """Each card of A4 sheets of eight, cut out along its lines: a phone is held to one card at a time."""
    cut = []
    for picture in pictures:
        sheet = Image.open(picture)
        for place in range(8):
            left, top = (5 + place % 2 * 100) * MILLIMETRE, (8.5 + place // 2 * 70) * MILLIMETRE
            card = sheet.crop((int(left), int(top), int(left + 100 * MILLIMETRE), int(top + 70 * MILLIMETRE)))
            cut.append(picture.with_name(f"{picture.stem}-card{place}.png"))
            card.save(cut[-1])
    return cut


def read_codes(pictures: list[Path]) -> list[str]:
    """What every QR code in these pictures says, sorted."""
    found: list[str] = []
    for picture in pictures:
        command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(picture)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=_UTF8)
        found += _CODE.findall(done.stdout)
    return sorted(found)


_UTF8 = {**os.environ, "LC_ALL": "C.UTF-8"}  # else zbar guesses at what the bytes of a vCard mean
_CODE = re.compile(r"BEGIN:VCARD.*?END:VCARD|[A-Z]+://\S+", re.DOTALL)
