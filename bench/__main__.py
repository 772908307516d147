"""``make bench``: run every measurement, print it, and write build/bench.json.

The file is a list of ``{"name", "ours", "limit"?, "peer"?, "unit"}``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench import accept, phone

OUTPUT = Path("build/bench.json")


def main() -> None:
    """Measure one thing after another, so that they do not disturb each other."""
    entries: list[dict[str, Any]] = []
    for measure in (accept.measure, phone.measure):
        for entry in measure():
            print(_line(entry), flush=True)
            entries.append(entry)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"written to {OUTPUT}")


def _line(entry: dict[str, Any]) -> str:
    bounds = "".join(f"   {word} {entry[word]}" for word in ("limit", "peer") if word in entry)
    return f"{entry['name']}: {entry['ours']} {entry['unit']}{bounds}"


main()
