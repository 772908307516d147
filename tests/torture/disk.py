"""Layer ``disk``: the n-th operation of the disk fails, for every n of a scenario of exchanges.

By turns it is full, has an I/O error, or is busy. An exchange then answers ``busy`` or succeeds; nothing
acknowledged is missing, and once the disk works again so does the store, without being opened anew.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import apsw

from sync.errors import ProblemError
from tests.torture.checks import Harm, check_all
from tests.torture.disk_files import Recorder, RecordingVFS, open_recorded
from tests.torture.installation import in_process
from tests.torture.phone import Phone
from tests.world import World, build_world
from webapp.backups import find_problems

FAILURES = (apsw.FullError, apsw.IOError, apsw.BusyError)
EXCHANGES = 2
PASSES = {"small": 1, "full": 6}
SCENARIOS = {"small": 20, "full": 300}
CHANCE = 0.03


def run(size: str, seed: int) -> dict[str, Any]:
    """Fail at every operation, ``PASSES`` times with other scenarios; the layer's entry."""
    started, harm, faults, refused = time.monotonic(), Harm(), 0, 0
    for number in range(PASSES[size]):
        with tempfile.TemporaryDirectory(prefix="qiaomen-disk-") as folder:
            found, met, told_busy = fail_everywhere(Path(folder), seed + number)
        harm.add(found)
        faults, refused = faults + met, refused + told_busy
    with tempfile.TemporaryDirectory(prefix="qiaomen-disk-") as folder:
        found, by_chance, told_busy = fail_by_chance(Path(folder), SCENARIOS[size], seed)
    harm.add(found)
    faults, refused = faults + by_chance, refused + told_busy
    seconds = round(time.monotonic() - started, 1)
    counts = harm.counts() | {"answered_busy": refused, "by_chance": by_chance, "found": harm.some()}
    return {"runs": faults, "faults": faults} | counts | {"seconds": seconds}


def fail_everywhere(folder: Path, seed: int) -> tuple[Harm, int, int]:
    """What was harmed, how many operations failed, and how many exchanges answered ``busy``."""
    recorder = Recorder()
    vfs = RecordingVFS(recorder)
    world = build_world(_migrated(folder / "start.db"))
    world.store.close()
    harm, met, refused, place = Harm(), 0, 0, 0
    while True:
        place += 1
        copy = folder / "qiaomen.db"
        for path in folder.glob("qiaomen.db*"):
            path.unlink()
        shutil.copyfile(folder / "start.db", copy)
        found, failed, told_busy = _fail_once(world, recorder, copy, place, seed)
        harm.add(found)
        refused += told_busy
        if not failed:
            break
        met += 1
    vfs.unregister()
    return harm, met, refused


def fail_by_chance(folder: Path, scenarios: int, seed: int) -> tuple[Harm, int, int]:
    """One life of a store on a disk of which any operation may fail, also while it checkpoints.

    After each scenario the disk works, the write-ahead log is emptied into the file, and the file is whole.
    """
    recorder = Recorder(random=Random(seed))
    vfs = RecordingVFS(recorder)
    world = build_world(_migrated(folder / "qiaomen.db"))
    phone, harm, refused = in_process(world, "asha", seed), Harm(), 0
    for number in range(scenarios):
        recorder.failure, recorder.chance = FAILURES[number % len(FAILURES)], CHANCE
        refused += sum(_exchange(phone) for _ in range(EXCHANGES))
        recorder.chance = 0.0
        phone.drain()
        with world.store.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")  # no transaction may be open
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        harm.lost.extend(find_problems(folder / "qiaomen.db"))
    harm.add(check_all(world.store, [phone]))
    world.store.close()
    vfs.unregister()
    return harm, recorder.failed, refused


def _migrated(path: Path) -> Any:
    store = open_recorded(path)
    store.upgrade()
    return store


def _fail_once(world: World, recorder: Recorder, path: Path, place: int, seed: int) -> tuple[Harm, bool, int]:
    """One scenario with one failure; whether the scenario was long enough to meet it."""
    world.store = open_recorded(path)
    world.store.epoch()  # the connection is open: the failure is to hit an exchange
    phone = in_process(world, "asha", seed)
    recorder.count, recorder.failed = 0, 0
    recorder.fail_at, recorder.failure = place, FAILURES[place % len(FAILURES)]
    refused = sum(_exchange(phone) for _ in range(EXCHANGES))
    recorder.fail_at = None
    phone.drain()
    harm = check_all(world.store, [phone])
    world.store.close()
    return harm, bool(recorder.failed), refused


def _exchange(phone: Phone) -> bool:
    """Write and exchange; whether the answer was ``busy``, which is the only error there may be."""
    for _ in range(3):
        phone.write_something()
    try:
        phone.exchange()
    except ProblemError as error:
        if error.code != "busy":
            raise
        return True
    return False
