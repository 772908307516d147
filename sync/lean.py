"""An answer without the parts that say nothing, for a phone that asks for it (``"lean": 1``). Pure.

Invariant: a part left out means what its emptiness means, a token left out that the old one still serves, and
an epoch left out that it is the one asked with (``"lean": 2``), so that an idle exchange costs little; older
builds do not ask, and get every part.
"""

from __future__ import annotations

from typing import Any

EMPTY: dict[str, Any] = {
    "statuses": [],
    "verdicts": [],
    "areas": {"granted": [], "lost": []},
    "news": [],
    "repairs": [],
    "checks": {},
    "remaining": {"rows": 0, "bytes": 0},
    "flags": {"wipe": False, "min_build": None, "retry_after": None},
}


def leave_out(answer: dict[str, Any], *, token_serves: bool, epoch: str | None = None) -> dict[str, Any]:
    """``answer`` without its empty parts, without a token where the phone's own ``token_serves``, and without
    its epoch where it is ``epoch``."""
    kept = {name: part for name, part in answer.items() if name not in EMPTY or part != EMPTY[name]}
    if token_serves:
        del kept["token"]
    if epoch is not None and kept.get("epoch") == epoch:
        del kept["epoch"]
    return kept
