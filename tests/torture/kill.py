"""Layer ``kill``: a real server under load, ended by SIGKILL at random moments and started again.

On SQLite and on PostgreSQL. Nothing acknowledged may be missing or doubled, and when it is quiet every
outbox is empty and every phone equals the server.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.postgres import running_postgres
from tests.torture.checks import Harm, check_acknowledged, check_all
from tests.torture.installation import make_phones, new_installation
from tests.torture.phone import LinkError, Phone
from tests.torture.warm import WarmServer

KILLS = {"small": 50, "full": 500}
LONGEST_LIFE = 0.3
LONGEST_OUTBOX = 40
CHECK_EVERY = 10


def run(size: str, seed: int) -> dict[str, Any]:
    """Kill so many times on each engine; the layer's entry."""
    started, harm = time.monotonic(), Harm()
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="qiaomen-kill-") as folder:
        for engine in ("sqlite", "postgresql"):
            found, acknowledged, broken = kill_under_load(Path(folder) / engine, engine, KILLS[size], seed)
            harm.add(found)
            counts |= {f"acknowledged_{engine}": acknowledged, f"broken_round_trips_{engine}": broken}
    kills = 2 * KILLS[size]
    seconds = round(time.monotonic() - started, 1)
    return (
        {"runs": kills, "faults": kills} | harm.counts() | counts | {"seconds": seconds, "found": harm.some()}
    )


def kill_under_load(folder: Path, engine: str, kills: int, seed: int) -> tuple[Harm, int, int]:
    """What was harmed, how many changes were acknowledged and how many round trips broke."""
    rng = random.Random(f"{seed} {engine}")
    with database(folder, engine) as url, new_installation(folder, url) as (world, tokens):
        harm = Harm()
        with closing(WarmServer(folder, url)) as server:
            phones = make_phones(world, tokens, server.port, seed)
            with loaded(phones) as broken:
                for number in range(kills):
                    server.start()
                    time.sleep(rng.random() * LONGEST_LIFE)
                    server.kill()
                    if number % CHECK_EVERY == 0:
                        harm.add(check_acknowledged(world.store, phones))
                server.start()
            for phone in [*phones, *phones]:
                phone.drain()
        harm.add(check_all(world.store, phones))
        return harm, sum(len(phone.told) for phone in phones), sum(broken)


@contextmanager
def database(folder: Path, engine: str) -> Iterator[str]:
    """The URL of an empty database; a PostgreSQL of its own, which flushes as it should."""
    folder.mkdir(parents=True, exist_ok=True)
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'qiaomen.db'}"
        return
    with running_postgres() as socket:
        yield f"postgresql+psycopg://postgres@/postgres?host={socket}"


@contextmanager
def loaded(phones: list[Phone]) -> Iterator[list[int]]:
    """Every phone writes and exchanges, as fast as it can, until leaving; gives what broke, a count each."""
    stop, broken = threading.Event(), [0] * len(phones)

    def live(number: int, phone: Phone) -> None:
        while not stop.is_set():
            if len(phone.waiting) < LONGEST_OUTBOX:
                phone.write_something()
                phone.write_something()
            try:
                phone.exchange()
            except LinkError:
                broken[number] += 1
                stop.wait(phone.rng.random() * 0.1)

    threads = [threading.Thread(target=live, args=each) for each in enumerate(phones)]
    for thread in threads:
        thread.start()
    try:
        yield broken
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
