"""A card's token and short code. Pure.

The token is 128 random bits in 26 characters of Crockford's base32, all of which lie in the QR code's
alphanumeric set, so that the code stays coarse. The short code ``QH-7K3M-9`` is for reading aloud; its last
character checks the four before it: any one wrong character and any two swapped neighbours are noticed.
"""

from __future__ import annotations

import hashlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TOKEN_LENGTH = 26
BODY_LENGTH = 4
PREFIX = "QH"
PRIME = 37  # ISO 7064 uses pure systems modulo a prime for the same reason
_MORE = ALPHABET + "*~$=U"


def make_token(random: bytes) -> str:
    """The token of 16 random bytes. Raises ValueError for any other length."""
    if len(random) != 16:
        raise ValueError("a token needs 16 random bytes")
    value = int.from_bytes(random, "big")
    return "".join(ALPHABET[value >> 5 * place & 31] for place in reversed(range(TOKEN_LENGTH)))


def read_token(text: str) -> str | None:
    """A token as it was typed or scanned, in upper case; None where it cannot be one."""
    token = text.upper().replace("O", "0").replace("I", "1").replace("L", "1")
    if len(token) != TOKEN_LENGTH or any(character not in ALPHABET for character in token):
        return None
    return token


def digest(token: str) -> str:
    """What the card is looked up by: SHA-256 (hex) of its token."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def make_code(random: bytes) -> str | None:
    """A short code of 4 random bytes (5 bits of each); None where its check is not in the alphabet."""
    body = "".join(ALPHABET[byte & 31] for byte in random[:BODY_LENGTH])
    check = check_character(body)
    return f"{PREFIX}-{body}-{check}" if check in ALPHABET else None


def check_character(body: str) -> str:
    """The check character (ISO 7064 style, modulo 37 over weights 2, 3, 4, 5)."""
    total = sum(weight * ALPHABET.index(one) for weight, one in enumerate(reversed(body), 2))
    return _MORE[-total % PRIME]


def read_code(text: str) -> str | None:
    """A typed short code (any case, blanks or dashes, O for 0) as it is printed; None for anything else."""
    typed = "".join(character for character in text.upper() if character.isalnum())
    typed = typed.removeprefix(PREFIX).replace("O", "0").replace("I", "1").replace("L", "1")
    body, check = typed[:BODY_LENGTH], typed[BODY_LENGTH:]
    if len(body) != BODY_LENGTH or any(one not in ALPHABET for one in body):
        return None
    return f"{PREFIX}-{body}-{check}" if check_character(body) == check else None
