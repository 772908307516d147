"""build/torture.json: one entry a layer; running a layer again replaces its entry and no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

OUTPUT = Path("build/torture.json")
HARM = ("lost", "duplicated", "leaked", "stuck")


def merge_report(path: Path, entry: dict[str, Any]) -> None:
    """Put ``entry`` in the place of its layer's earlier one."""
    before = json.loads(path.read_text("utf-8")) if path.exists() else []
    kept = [each for each in before if each["layer"] != entry["layer"]]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([*kept, entry], ensure_ascii=False, indent=1) + "\n", "utf-8")


def is_red(entry: dict[str, Any]) -> bool:
    """Whether a layer found harm, met no fault at all, or let a planted bug pass."""
    if "planted" in entry:
        return bool(entry["caught"] < entry["planted"])
    return any(entry[word] for word in HARM) or not entry["faults"]


def describe(entry: dict[str, Any]) -> str:
    """One line for a terminal."""
    words = " ".join(f"{key} {value}" for key, value in entry.items() if key != "layer")
    return f"{entry['layer']}: {words}"
