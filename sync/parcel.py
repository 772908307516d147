"""A parcel: what waits on a phone, as one sealed file that only this installation opens.

The last resort of a phone that reaches no network. It is text, so that whatever passes it on leaves it whole:

    QIAOMEN PARCEL 1
    敲门：没上传的记录，已加密 …
    {"coding":"gzip","device":"0193…","key":"9f86d081884c7d65","made_at":1763980000000}
    <base64: encapsulated key and ciphertext>

Invariant: sealed to the installation's key by HPKE (RFC 9180, base mode: DHKEM(P-256, HKDF-SHA256),
HKDF-SHA256, AES-256-GCM), with the first line and the third as ``info``: an altered header opens nothing.
Anybody can seal one: whose it is, only the device token inside it says. Sealed by static/worker/parcel.js.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from sync.errors import ProblemError
from sync.ids import is_id
from sync.wire import decode_object, gunzip

MAGIC = "QIAOMEN PARCEL "
VERSION = "1"
LARGEST_FILE = 4 * 1024 * 1024
LARGEST_CONTENTS = 16 * 1024 * 1024
MOST_CHANGES = 5_000
SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class ParcelError(Exception):
    """A file that is no parcel of ours; ``code`` says why.

    ``not_a_parcel``, ``newer``, ``too_large``, ``wrong_installation``, ``damaged`` (or altered).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Parcel:
    """A sealed file: what its header claims, and what is sealed; ``digest`` (SHA-256, hex) names it."""

    device: str
    key: str
    made_at: int
    coding: str
    info: bytes
    sealed: bytes
    digest: str


@dataclass(frozen=True)
class Contents:
    """What a phone put in: its token, its changes as they wait, and drafts ``{"kind", "person", "body"}``."""

    token: str
    changes: list[Any]
    drafts: list[dict[str, Any]]


def make_file_key() -> str:
    """A new private key (PKCS #8, PEM), kept in the database: backups and every server process have it."""
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def public_part(pem: str) -> str:
    """The public key as phones get it: base64url of the uncompressed point (65 bytes)."""
    return base64.urlsafe_b64encode(_point(_load(pem))).decode("ascii").rstrip("=")


def read_parcel(data: bytes) -> Parcel:
    """Read a file's outside; nothing is opened. Raises ParcelError."""
    if len(data) > LARGEST_FILE:
        raise ParcelError("too_large")
    text = data.decode("utf-8-sig", errors="replace")
    magic, _, rest = text.lstrip().partition("\n")
    if not magic.startswith(MAGIC):
        raise ParcelError("not_a_parcel")
    if magic.strip() != MAGIC + VERSION:
        raise ParcelError("newer")
    head = next((line.strip() for line in rest.splitlines() if line.startswith("{")), "")
    told = _read_object(head)
    device, key, made_at = told.get("device"), told.get("key"), told.get("made_at")
    if not (is_id(device) and isinstance(key, str) and isinstance(made_at, int)):
        raise ParcelError("damaged")
    try:
        sealed = base64.b64decode("".join(rest.partition(head)[2].split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ParcelError("damaged") from error
    info = f"{MAGIC}{VERSION}\n{head}".encode()
    coding = str(told.get("coding", ""))
    return Parcel(str(device), key, made_at, coding, info, sealed, hashlib.sha256(data).hexdigest())


def open_parcel(pem: str, parcel: Parcel) -> Contents:
    """What a parcel holds. Raises ParcelError."""
    key = _load(pem)
    if parcel.key != hashlib.sha256(_point(key)).hexdigest()[:16]:
        raise ParcelError("wrong_installation")
    try:
        data = SUITE.decrypt(parcel.sealed, key, parcel.info)
    except (InvalidTag, ValueError) as error:
        raise ParcelError("damaged") from error
    try:
        plain = gunzip(data, LARGEST_CONTENTS) if parcel.coding == "gzip" else data
        told = decode_object(plain, LARGEST_CONTENTS)
    except ProblemError as error:
        raise ParcelError("too_large" if error.code == "body_too_large" else "damaged") from error
    token, changes, drafts = told.get("token"), told.get("changes"), told.get("drafts")
    if not (isinstance(token, str) and isinstance(changes, list) and isinstance(drafts, list)):
        raise ParcelError("damaged")
    if len(changes) > MOST_CHANGES:
        raise ParcelError("too_large")
    return Contents(token, changes, [each for each in drafts if _is_draft(each)])


def _is_draft(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return (
        isinstance(value.get("kind"), str)
        and is_id(value.get("person"))
        and isinstance(value.get("body"), dict)
    )


def _read_object(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParcelError("damaged") from error
    if not isinstance(told, dict):
        raise ParcelError("damaged")
    return told


def _load(pem: str) -> EllipticCurvePrivateKey:
    key = load_pem_private_key(pem.encode("ascii"), None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise TypeError("the installation's file key is no key of a curve")
    return key


def _point(key: EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
