"""Layer ``power``: the power goes at any moment of an exchange, and disks lose what was not synced.

One run of real exchanges is written down by a VFS; at each chosen moment the files are put together again
from what was synced and a random part of the rest, by sectors of 512 bytes, some of them torn, in any order.
Then the product's own check (``qiaomen verify``) must find the database whole, with every change acknowledged
by that moment under its hash.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from sync.change import parse_change
from tests.torture.disk_files import Recorder, RecordingVFS, open_recorded
from tests.torture.installation import in_process
from tests.world import build_world
from webapp.backups import find_problems

CRASHES = {"small": 1_000, "full": 20_000}
CRASHES_A_RUN = 1_000
EXCHANGES = 60
SECTOR = 512
TORN = 0.1  # of the sectors that were written and not synced
DATABASE = "qiaomen.db"


class Platters:
    """What is safely on the disk, and what was written since the last sync of each file."""

    def __init__(self, start: dict[str, bytes]) -> None:
        self._safe = {name: bytearray(data) for name, data in start.items()}
        self._loose: dict[str, list[tuple[Any, ...]]] = {}

    def take(self, op: tuple[Any, ...]) -> None:
        """One operation of the running system."""
        word, name = op[0], op[1]
        if word == "sync":
            for done in self._loose.pop(name, []):
                _apply(self._safe.setdefault(name, bytearray()), done)
        else:
            self._loose.setdefault(name, []).append(op)

    def lose_power(self, rng: random.Random, folder: Path) -> None:
        """Write to ``folder`` what a power loss would leave now."""
        for name in self._safe.keys() | self._loose.keys():
            data = bytearray(self._safe.get(name, b""))
            loose = [part for op in self._loose.get(name, []) for part in _sectors(op)]
            share = rng.choice([0.0, 0.5, 1.0, rng.random()])
            kept = [part for part in loose if rng.random() < share]
            if rng.random() < 0.5:
                rng.shuffle(kept)
            for part in kept:
                _apply(data, _torn(part, rng) if rng.random() < TORN else part)
            (folder / name).write_bytes(data)


def run(size: str, seed: int) -> dict[str, Any]:
    """Lose power so many times; the layer's entry."""
    started, lost, crashes = time.monotonic(), 0, 0
    for number in range(CRASHES[size] // CRASHES_A_RUN):
        with tempfile.TemporaryDirectory(prefix="qiaomen-power-") as folder:
            found, met = crash_often(Path(folder), CRASHES_A_RUN, seed + number)
        lost, crashes = lost + len(found), crashes + met
    counts = {"lost": lost, "duplicated": 0, "leaked": 0, "stuck": 0}
    return {"runs": crashes, "faults": crashes} | counts | {"seconds": round(time.monotonic() - started, 1)}


def crash_often(folder: Path, crashes: int, seed: int, *pragmas: str) -> tuple[list[str], int]:
    """What was lost or broken, in words, and how often the power went."""
    rng = random.Random(f"{seed} power")
    start, ops = record_exchanges(folder, seed, *pragmas)
    chances = [rng.randrange(len(ops)) for _ in range(crashes)]
    platters, found = Platters(start), []
    told: dict[str, str] = {}
    for number, op in enumerate(ops):
        if op[0] == "told":
            told |= op[1]
        else:
            platters.take(op)
        for crash in range(chances.count(number)):
            left = folder / f"{number}-{crash}"
            left.mkdir()
            platters.lose_power(rng, left)
            found.extend(f"operation {number}: {words}" for words in _harm(left / DATABASE, told))
    return found, crashes


def record_exchanges(
    folder: Path, seed: int, *pragmas: str
) -> tuple[dict[str, bytes], list[tuple[Any, ...]]]:
    """The files as they were, and what real exchanges then did, with the acknowledgements between."""
    recorder = Recorder()
    vfs = RecordingVFS(recorder)
    store = open_recorded(folder / DATABASE, *pragmas)
    store.upgrade()
    world = build_world(store)
    phones = [in_process(world, login, seed) for login in ("asha", "ben", "ding")]
    start = {path.name: path.read_bytes() for path in folder.glob(f"{DATABASE}*") if path.suffix != ".db-shm"}
    recorder.ops.clear()
    for number in range(EXCHANGES):
        phone = phones[number % len(phones)]
        before = set(phone.told)
        for _ in range(1 + number % 4):
            phone.write_something()
        phone.exchange()
        new = phone.told.keys() - before
        recorder.ops.append(("told", {each: parse_change(phone.kept[each]).digest for each in new}))
    ops = list(recorder.ops)
    store.close()
    vfs.unregister()
    return start, ops


def _harm(database: Path, told: dict[str, str]) -> list[str]:
    problems = find_problems(database)
    if problems:
        return problems
    with closing(sqlite3.connect(database)) as connection:
        there = dict(connection.execute("SELECT change_id, hash FROM receipt"))
    return [f"{change} was acknowledged" for change, digest in told.items() if there.get(change) != digest]


def _sectors(op: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    if op[0] != "write":
        return [op]
    word, name, offset, data = op
    cuts = range(0, len(data), SECTOR)
    return [(word, name, offset + place, data[place : place + SECTOR]) for place in cuts]


def _torn(op: tuple[Any, ...], rng: random.Random) -> tuple[Any, ...]:
    """A sector of which only the beginning was written."""
    if op[0] != "write":
        return op
    word, name, offset, data = op
    return word, name, offset, data[: rng.randrange(len(data) + 1)]


def _apply(data: bytearray, op: tuple[Any, ...]) -> None:
    if op[0] == "truncate":
        del data[op[2] :]
        return
    _, _, offset, new = op
    data.extend(bytes(max(0, offset - len(data))))
    data[offset : offset + len(new)] = new
