"""Every desk page over a county, and an import into it, as the county grows.

A county is made by ``webapp.county`` (``fold_fresh``: what the fold would have written) at 10³ and 10⁴
people; BENCH_FULL=1 goes on to 10⁵ and 300,000 with 5 million facts, which takes an hour. COUNTY names an
installation made before (``qiaomen generate``), which is measured alone. The desk is the whole county's.
"""

from __future__ import annotations

import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bench.plot import Point, plot_line
from sync import schema
from sync.scope import SYSTEM
from webapp import create_app
from webapp.county.cli_commands import generate_county
from webapp.county.maker import Maker, Sizes
from webapp.extensions import store_of
from webapp.ledger.roster.judging import read_lines
from webapp.ledger.roster.workbook import read_sheets
from webapp.ledger.roster_import import import_lines

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

PASSWORD = "qiaomen-county"
NOW = 1_764_000_000_000
LIMIT = 300.0  # ms, p95 of every desk page (issue 4, Size)
ROWS_A_SECOND = 2_000
ROUNDS = int(os.environ.get("ROUNDS", "20"))
PICTURE = Path("docs/images/county-scale.svg")
SMALL = [Sizes(2, 8, 500, 1_000, 16_000), Sizes(17, 68, 5_000, 10_000, 40_000)]
LARGE = [Sizes(167, 668, 50_000, 100_000, 1_600_000), Sizes(500, 2_000, 150_000, 300_000, 5_000_000)]


def measure() -> Iterator[dict[str, Any]]:
    """The slowest page's p95 at each size, every page's at the largest; rows a second of an import."""
    made = os.environ.get("COUNTY")
    if made:
        app = create_app(Path(made))
        store_of(app).upgrade()
        yield from _entries(app, "the county in COUNTY")
        return
    worst: list[Point] = []
    sizes = SMALL + (LARGE if os.environ.get("BENCH_FULL") else [])
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="qiaomen-bench-") as folder:
            app = _make(Path(folder), size)
            entries = list(_entries(app, f"{size.people:,} people"))
            store_of(app).close()
        worst.append(Point(size.people, max(each["ours"] for each in entries if each["unit"] == "ms")))
        yield from entries if size is sizes[-1] else [max(entries[:-1], key=lambda each: each["ours"])]
    if os.environ.get("BENCH_FULL"):
        plot_line(PICTURE, "The slowest desk page as the county grows", ("people", "ms, p95"), worst)


def _make(folder: Path, sizes: Sizes) -> Flask:
    app = create_app(folder)
    store_of(app).upgrade()
    with app.app_context():
        generate_county(store_of(app), Maker(1, sizes, NOW), PASSWORD, lambda *_told: None)
    return app


def _entries(app: Flask, name: str) -> Iterator[dict[str, Any]]:
    client = app.test_client()
    signed_in = client.post("/auth/sign-in", data={"login": "county", "password": PASSWORD})
    assert signed_in.status_code == 302, signed_in.text
    for page, path in _pages(app, client).items():
        taken = sorted(_timed(client, path) for _ in range(ROUNDS + 1))[:-1]  # the first fills caches
        p95 = taken[min(len(taken) - 1, round(len(taken) * 0.95))]
        more = {"median": round(statistics.median(taken), 1)}
        yield {"name": f"{name}: {page}, p95", "ours": round(p95, 1), "limit": LIMIT, "unit": "ms"} | more
    yield {
        "name": f"{name}: import of a sheet, rows a second, reading and folding",
        "ours": round(_import_speed(app)),
        "limit": ROWS_A_SECOND,
        "unit": "rows/s",
    }


def _pages(app: Flask, client: FlaskClient) -> dict[str, str]:
    """Every list and page of the desk, with one person, one log, one search."""
    with store_of(app).read() as tx:
        area = tx.scalar(select(schema.area.c.area_id).where(schema.area.c.level == "grid").limit(1))
        people = select(schema.record.c.record_id).where(schema.record.c.area_id == area)
        person = tx.scalar(people.where(schema.record.c.kind == "person").limit(1))
        home = tx.scalar(people.where(schema.record.c.kind == "household").limit(1))
    found = re.search(r'href="(/desk/logs/[0-9a-f-]{36})', client.get("/desk/logs?state=all").text)
    pages = {
        "要你定夺": "/desk/",
        "全部记录": "/desk/logs",
        "已批准的": "/desk/logs?state=approved",
        "一个网格的记录": f"/desk/logs?state=all&area={area}",
        "一起批准": "/desk/approve-rest",
        "人员与住户": "/desk/people",
        "找人（拼音首字母）": "/desk/people?q=wxm",
        "找人（电话）": "/desk/people?q=13912",
        "找不到": "/desk/people?q=没有这个人",
        "一个人": f"/desk/people/{person}",
        "一户": f"/desk/households/{home}",
        "数一数": "/desk/counts",
        "一个网格数一数": f"/desk/counts?area={area}",
    }
    pages |= {f"一条记录 {found[1][:10]}": found[1]} if found else {}
    nav = dict.fromkeys(re.findall(r'href="(/(?:desk|cards)[^"#?]*)"', client.get("/desk/").text))
    return pages | {path: path for path in nav if path not in pages.values() and path.count("/") == 2}


def _timed(client: FlaskClient, path: str) -> float:
    started = time.perf_counter()
    answer = client.get(path)
    taken = (time.perf_counter() - started) * 1000
    assert answer.status_code in (200, 302, 303), f"{path}: {answer.status_code}"
    return taken


def _import_speed(app: Flask) -> float:
    """A sheet of 20,000 rows, one in seven bad, of a village of its own."""
    rows = ["填报单位：新桥村委会,,,,", "村民小组,家庭住址,姓名,出生日期,联系电话"]
    for number in range(20_000):
        birth = "1940-13-01" if number % 20 < 3 else f"19{40 + number % 20}-0{1 + number % 9}-1{number % 9}"
        rows.append(f"{number % 80}组,{number}号,王福{number % 97}贵,{birth},1380013{number % 10_000:04}")
    with app.app_context():
        started = time.perf_counter()
        lines = read_lines(read_sheets("\n".join(rows).encode(), "留守老人.csv"), "2025-11-24")
        outcome = import_lines(store_of(app), lines, SYSTEM)
        taken = time.perf_counter() - started
    assert sum(line.fate == "held" for line in lines) == 3_000
    assert outcome.people == 17_000
    return 20_000 / taken
