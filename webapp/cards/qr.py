"""QR codes as SVG: one path, no style, a quiet zone of four modules.

The address is written in upper case, so that its code stays in alphanumeric mode and coarse; at error
correction H (30 %: smoke, scratches, a torn corner) 50 characters are version 4, 33 modules. 37 of them are
not the host's, which leaves it 13; up to 27 are version 5, up to 47 version 6 (ISO/IEC 18004, table 7).
"""

from __future__ import annotations

from typing import Any

import qrcode
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_M, ERROR_CORRECT_Q

QUIET = 4
LEVELS = {"M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q, "H": ERROR_CORRECT_H}


def card_url(public_url: str, token: str) -> str:
    """What a card's code says."""
    return f"{public_url}/c/{token}".upper()


def draw_qr(text: str, label: str, level: str = "Q") -> Markup:
    """The SVG element of a text's code at error correction M, Q or H, called ``label`` aloud."""
    code = encode(text, level)
    rows = code.get_matrix()
    size = len(rows) + 2 * QUIET
    path = "".join(_strokes(row, place) for place, row in enumerate(rows))
    return Markup(
        '<svg class="qr" role="img" aria-label="{}" viewBox="0 0 {} {}" shape-rendering="crispEdges">'
        '<rect width="{}" height="{}" fill="#fff"/><path d="{}" fill="#000"/></svg>'
    ).format(label, size, size, size, size, path)


def encode(text: str, level: str) -> qrcode.QRCode[Any]:
    """The smallest code that holds ``text``."""
    code: qrcode.QRCode[Any] = qrcode.QRCode(error_correction=LEVELS[level], border=0)
    code.add_data(text)
    code.make(fit=True)
    return code


def _strokes(row: list[bool], place: int) -> str:
    """One row's runs of dark modules as rectangles."""
    drawn, start = [], None
    for column, dark in enumerate([*row, False]):
        if dark and start is None:
            start = column
        elif not dark and start is not None:
            drawn.append(f"M{start + QUIET} {place + QUIET}h{column - start}v1h-{column - start}z")
            start = None
    return "".join(drawn)
