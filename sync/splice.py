"""A brotli stream (RFC 7932) whose beginning was compressed long ago and whose end is put on now. Pure.

``begin_stream`` compresses and leaves the stream open at a byte's edge; ``end_stream`` puts what follows
behind it as it is, in uncompressed meta-blocks, and closes it. So what was prepared once at the best quality
goes into any number of answers without being compressed again.
"""

from __future__ import annotations

import brotli

FAST, BEST = 5, 11  # qualities: 100 and 1 MB of text a second, about
_BLOCK = 1 << 16  # bytes of one uncompressed meta-block, at most, with a length of four nibbles
_UNCOMPRESSED = 1 << 19  # ISLAST 0, MNIBBLES 0 (four), MLEN - 1 in 16 bits from bit 3, ISUNCOMPRESSED 1
_LAST_EMPTY = b"\x03"  # ISLAST 1, ISLASTEMPTY 1


def begin_stream(data: bytes, quality: int) -> bytes:
    """A brotli stream of ``data`` that is still open."""
    coder = brotli.Compressor(quality=quality, lgwin=22)
    begun: bytes = coder.process(data) + coder.flush()
    return begun


def end_stream(begun: bytes, tail: bytes) -> bytes:
    """The whole stream: what it began with, and ``tail``."""
    parts = [begun]
    for start in range(0, len(tail), _BLOCK):
        block = tail[start : start + _BLOCK]
        parts += ((_UNCOMPRESSED | len(block) - 1 << 3).to_bytes(3, "little"), block)
    return b"".join([*parts, _LAST_EMPTY])


def read_begun(begun: bytes) -> bytes:
    """What an open stream holds."""
    data: bytes = brotli.decompress(begun + _LAST_EMPTY)
    return data
