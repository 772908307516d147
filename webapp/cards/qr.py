"""A QR code as SVG: one path, no style, a quiet zone of four modules.

The address is written in upper case, so that the code stays in alphanumeric mode and coarse. Error
correction Q (25 %) survives a scratched or faded card: with a host of up to 20 characters that is version 4,
33 modules.
"""

from __future__ import annotations

import qrcode
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_Q

QUIET = 4


def card_url(public_url: str, token: str) -> str:
    """What a card's code says."""
    return f"{public_url}/c/{token}".upper()


def draw_qr(text: str, label: str) -> Markup:
    """The SVG element of a text's code; ``label`` is what it is called aloud."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=0)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    size = len(rows) + 2 * QUIET
    path = "".join(_strokes(row, place) for place, row in enumerate(rows))
    return Markup(
        '<svg class="qr" role="img" aria-label="{}" viewBox="0 0 {} {}" shape-rendering="crispEdges">'
        '<rect width="{}" height="{}" fill="#fff"/><path d="{}" fill="#000"/></svg>'
    ).format(label, size, size, size, size, path)


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
