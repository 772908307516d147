"""``make torture``: run the layers, print each, and merge them into build/torture.json.

A run that loses, doubles, leaks or leaves anything stuck, or a planted bug that nobody catches, ends red.
"""

from __future__ import annotations

import argparse
import importlib
import secrets
import sys
from typing import Any

from tests.torture.report import OUTPUT, describe, is_red, merge_report

LAYERS = {
    "kill": ("tests.torture.kill", "run"),
    "tcp": ("tests.torture.tcp", "run"),
    "processes": ("tests.torture.processes", "run"),
    "disk": ("tests.torture.disk", "run"),
    "power": ("tests.torture.power", "run"),
    "failover": ("tests.torture.failover", "run"),
    "simulation": ("tests.simulation.layers", "run_simulation"),
    "machine": ("tests.simulation.layers", "run_machine"),
    "planted": ("tests.simulation.layers", "run_planted"),
    "browser": ("tests.browser.stress", "run"),
}


def main() -> int:
    """Run what was asked; 1 where anything is red."""
    asked = _read_arguments()
    seed = secrets.randbits(32) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    red = False
    for layer in [asked.layer] if asked.layer else LAYERS:
        entry = run_layer(layer, asked.size, seed)
        merge_report(OUTPUT, entry)
        red = red or is_red(entry)
        print(describe(entry), flush=True)
    print(f"written to {OUTPUT}")
    return int(red)


def run_layer(layer: str, size: str, seed: int) -> dict[str, Any]:
    """Run one layer at ``small`` or ``full`` size; its entry, with the size and the seed that repeat it."""
    module, function = LAYERS[layer]
    entry: dict[str, Any] = getattr(importlib.import_module(module), function)(size, seed)
    return {"layer": layer} | entry | {"size": size, "seed": seed}


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--layer", choices=["", *LAYERS], default="", help="only this one")
    parser.add_argument("--size", choices=["small", "full"], default="full")
    parser.add_argument("--seed", type=lambda text: int(text) if text else None, default=None)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
