"""One exchange with one change and a page of news, as the server grows: 10⁴ to 10⁶ records (10⁷: BENCH_FULL).

Records, log and receipts are filled by straight inserts that copy what the fold wrote for one grid into more
grids of 2,000 records each; the phone that is measured works in a grid of that size all along.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.plot import Point, plot_line
from sync.database import Store, open_store
from sync.exchange import Session, exchange
from tests.world import NOW, World, build_world
from webapp.forms.catalogue import build_catalogue

SIZES = [10**4, 10**5, 10**6, *([10**7] if os.environ.get("BENCH_FULL") else [])]
GRID = 2_000
ROUNDS = 60
SECRET = b"bench"
FLAT = 1.3
PICTURE = Path("docs/images/exchange-scale.svg")
_COPIES = {
    "log": {"record_id": "?3 || substr(record_id, 9)", "change_id": "?3 || substr(change_id, 9)"},
    "receipt": {"change_id": "?3 || substr(change_id, 9)"},
    "record": {"record_id": "?3 || substr(record_id, 9)"},
}


def measure() -> list[dict[str, Any]]:
    """Median milliseconds at each size, and the worst against the best."""
    medians: dict[int, float] = {}
    with tempfile.TemporaryDirectory(prefix="qiaomen-bench-") as folder:
        store = open_store(f"sqlite:///{folder}/scale.db", build_catalogue())
        store.upgrade()
        world = build_world(store)
        filled = _fill_grid(world)
        phone = Phone(store, world)
        grids = 0
        for size in SIZES:
            wanted = size // GRID - 1
            _copy_grids(store, world.areas["一组"], filled, range(grids, wanted))
            grids = wanted
            medians[size] = phone.median()
        store.close()
    plot_line(
        PICTURE,
        "One exchange (one change, one page of news) as the server grows",
        ("records on the server", "ms, median"),
        [Point(size, millis) for size, millis in medians.items()],
    )
    entries: list[dict[str, Any]] = [
        {
            "name": f"an exchange with {size:,} records on the server, median",
            "ours": round(millis, 2),
            "unit": "ms",
        }
        for size, millis in medians.items()
    ]
    ratio = max(medians.values()) / min(medians.values())
    name = f"an exchange from {SIZES[0]:,} to {SIZES[-1]:,} records, slowest against fastest"
    return [*entries, {"name": name, "ours": round(ratio, 2), "limit": FLAT, "unit": "times"}]


class Phone:
    """A phone of Asha's that says one thing and hears one page, again and again."""

    def __init__(self, store: Store, world: World) -> None:
        self.store, self.world = store, world
        self.session = Session(world.accounts["asha"], world.devices["asha"], SECRET, lambda *_who: "")
        self.epoch = store.epoch()
        self.cursors: dict[str, str] = {}
        self.now = NOW + 1
        self.ask([])

    def ask(self, changes: list[Any]) -> float:
        """One exchange and every page after it; the seconds of the first."""
        taken = 0.0
        while True:
            self.now += 1_000
            request = {"protocol": 1, "epoch": self.epoch, "cursors": self.cursors, "bytes": 65_536}
            request |= {"changes": changes, "snapshots": 3}
            started = time.perf_counter()
            answer = exchange(self.store, self.session, request, self.now)
            taken = taken or time.perf_counter() - started
            assert all(status["status"] == "accepted" for status in answer["statuses"])
            for page in answer["news"]:
                self.cursors[page["area"]] = page["cursor"]
            changes = []
            if not answer["more"]:
                return taken

    def median(self) -> float:
        """Milliseconds, after a few that warm the caches."""
        taken = []
        for number in range(ROUNDS + 5):
            self.world.fold("ben", *[self.world.visit(note=f"第{place}件事") for place in range(20)])
            seconds = self.ask([self.world.visit(note="门口的雪扫过了")])
            if number >= 5:
                taken.append(seconds * 1000)
        return statistics.median(taken)


def _fill_grid(world: World) -> int:
    """Give the first grid GRID records through the fold; the number its log ends with."""
    statuses: list[dict[str, Any]] = []
    for start in range(0, GRID, 100):
        changes = [world.visit(note=f"第{start + place}次，煤够用") for place in range(100)]
        statuses = world.fold("asha", *changes)
        assert all(status["status"] == "accepted" for status in statuses)
    return int(statuses[-1]["seq"])


def _copy_grids(store: Store, source: str, filled: int, numbers: range) -> None:
    """Copy what the grid was before anything was measured into more grids, ids made anew by eight digits."""
    statements = [_copy_statement(store, table, renamed) for table, renamed in _COPIES.items()]
    for number in numbers:
        fresh = f"{number + 1:08x}"
        area = fresh + source[8:]
        with store.write() as tx:
            tx.exec_driver_sql("INSERT INTO area_log (area_id, head) VALUES (?, ?)", (area, filled))
            tx.exec_driver_sql("INSERT INTO area VALUES (?, NULL, 'grid', ?, 0)", (area, f"{number}组"))
            for statement in statements:
                tx.exec_driver_sql(statement, (area, source, fresh, filled))


def _copy_statement(store: Store, table: str, renamed: dict[str, str]) -> str:
    with store.read() as tx:
        columns = [row.name for row in tx.exec_driver_sql(f"PRAGMA table_info({table})")]
    quoted = [f'"{column}"' for column in columns]
    chosen = [{"area_id": "?1", **renamed}.get(column, f'"{column}"') for column in columns]
    names, values = ", ".join(quoted), ", ".join(chosen)
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE area_id = ?2 AND seq <= ?4"  # noqa: S608
