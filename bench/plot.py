"""A small line plot as SVG, with the machine and the day it was measured on."""

from __future__ import annotations

import math
import os
import platform
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 340, 70, 70, 50, 40
STYLE = "text{font:13px sans-serif;fill:#333}.t{font-size:15px;font-weight:bold}.s{font-size:11px;fill:#666}"


@dataclass(frozen=True)
class Point:
    """One measured value: ``x`` on a logarithmic scale, ``y`` from zero."""

    x: float
    y: float


def plot_line(path: Path, title: str, axes: tuple[str, str], points: list[Point]) -> None:
    """Write a plot of ``points`` to ``path``."""
    top = max(point.y for point in points) * 1.25
    low, high = math.log10(points[0].x), math.log10(points[-1].x)
    places = [
        (
            LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(point.x) - low) / ((high - low) or 1),
            HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * point.y / top,
        )
        for point in points
    ]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text class="t" x="{LEFT}" y="28">{escape(title)}</text>',
        f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="#999"/>',
        f'<polyline fill="none" stroke="#2c6e49" stroke-width="2" points="{_joined(places)}"/>',
    ]
    for point, (x, y) in zip(points, places, strict=True):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#2c6e49"/>')
        parts.append(f'<text x="{x:.1f}" y="{y - 10:.1f}" text-anchor="middle">{point.y:.1f}</text>')
        label = f'y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{point.x:,.0f}</text>'
        parts.append(f'<text x="{x:.1f}" {label}')
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 30}" text-anchor="middle">{escape(axes[0])}</text>')
    parts.append(f'<text x="14" y="{TOP - 8}">{escape(axes[1])}</text>')
    parts.append(f'<text class="s" x="{LEFT}" y="{HEIGHT - 10}">{escape(describe_machine())}</text></svg>')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts) + "\n", "utf-8")


def describe_machine() -> str:
    """The machine and the day: processor, cores, system."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(": ")[2] for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    day = time.strftime("%Y-%m-%d")
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {day}"


def _joined(places: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
