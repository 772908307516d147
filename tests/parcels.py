"""Parcels for tests: sealed as a phone does, by the phone's own code or, to forge them, by hand."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from sync.parcel import MAGIC, SUITE

ROOT = Path(__file__).parent.parent
WORDS = "敲门：没上传的记录，已加密。"


def seal(key: str, device: str, contents: Any, *, data: bytes | None = None, **header: Any) -> bytes:
    """A parcel for the public ``key``; ``header`` and ``data`` replace what a phone would write."""
    point = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    told = {"coding": "gzip", "device": device, "key": hashlib.sha256(point).hexdigest()[:16], "made_at": 1}
    head = json.dumps(told | header, separators=(",", ":"))
    plain = gzip.compress(json.dumps(contents).encode()) if data is None else data
    owner = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    sealed = SUITE.encrypt(plain, owner, f"{MAGIC}1\n{head}".encode())
    return "\n".join([f"{MAGIC}1", WORDS, head, base64.b64encode(sealed).decode(), ""]).encode()


def seal_on_phone(key: str, device: str, contents: Any, *, zipped: bool = True) -> bytes:
    """A parcel made by the phone's own code."""
    asked = {"key": key, "device": device, "made_at": 1_763_980_000_000, "contents": contents, "gzip": zipped}
    done = subprocess.run(
        ["node", "tests/js/seal_parcel.mjs"],
        cwd=ROOT,
        input=json.dumps(asked).encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
