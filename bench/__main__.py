"""``make bench``: run every measurement, print it, and write build/bench.json.

The file is a list of ``{"name", "ours", "limit"?, "peer"?, "unit"}``. ``make bench ONLY=upload`` runs one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from bench import accept, county, crowd, first_sync, phone, scale, upload

OUTPUT = Path("build/bench.json")
MEASURES = {
    "accept": accept,
    "county": county,
    "phone": phone,
    "scale": scale,
    "crowd": crowd,
    "upload": upload,
    "first_sync": first_sync,
}


def main() -> None:
    """Measure one thing after another, so that they do not disturb each other."""
    entries: list[dict[str, Any]] = []
    wanted = os.environ.get("ONLY")
    for name, measure in MEASURES.items():
        if wanted in (None, "", name):
            for entry in measure.measure():
                print(_line(entry), flush=True)
                entries.append(entry)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"written to {OUTPUT}")


def _line(entry: dict[str, Any]) -> str:
    bounds = "".join(f"   {word} {entry[word]}" for word in ("limit", "peer") if word in entry)
    return f"{entry['name']}: {entry['ours']} {entry['unit']}{bounds}"


main()
