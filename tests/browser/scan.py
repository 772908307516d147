"""Reading printed codes the way a phone would: Chromium's PDF, rasterised at 150 dpi, read by zbar."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

DPI = 150


def print_pdf(page: Page, target: Path) -> list[Path]:
    """Print a page to PDF and rasterise it; return a picture for each sheet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    page.pdf(path=str(target), prefer_css_page_size=True, print_background=True)
    stem = target.with_suffix("")
    subprocess.run(["pdftoppm", "-r", str(DPI), "-png", str(target), str(stem)], check=True, timeout=120)
    return sorted(target.parent.glob(f"{stem.name}-*.png"))


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
