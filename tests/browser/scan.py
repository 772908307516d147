"""Reading printed codes the way a phone would: Chromium's PDF, rasterised at 150 dpi, read by zbar."""

from __future__ import annotations

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
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        found += done.stdout.split()
    return sorted(found)
