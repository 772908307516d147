"""The village of the measurements: 8 grids, 300 households, 900 people, 27,000 facts over 30 weeks.

Deterministic: a function of ``SEED``. Everything goes in through the fold, as phones and desk would have sent
it: each day each grid's logs in a batch, and a supervisor's reviews of them a day later, so that the log has
superseded numbers as a real one has. The database is kept in build/, named by a digest of what makes it.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, insert, select

from bench.notes import write_name, write_need, write_note
from sync import schema
from sync.clock import Clock, format_stamp
from sync.database import Store, open_store
from sync.ids import uuid7
from sync.log import ensure_log
from sync.overlay import Row
from sync.records import fold_changes
from sync.rows import rows_of
from sync.scope import SYSTEM, Caller, load_caller
from webapp.auth.accounts import hash_password
from webapp.forms.catalogue import build_catalogue

SEED = 20251124
START = 1_746_057_600_000  # 2025-05-01 in the village
DAY = 86_400_000
DAYS = 210
GRIDS, HOUSEHOLDS, PEOPLE, FACTS = 8, 300, 900, 27_000
PASSWORD = "敲门-村里-123456"
WORKERS = (("asha", "阿莎", "volunteer"), ("chen", "陈姐", "supervisor"), ("zhou", "周医生", "clinician"))
SOURCES = (
    "bench/village.py",
    "bench/notes.py",
    "bench/notes.json",
    "sync/records.py",
    "sync/schema.py",
    "sync/rows.py",
)
FOLDER = Path("build/villages")


@cache
def village_database() -> Path:
    """The village's SQLite file, made where it is not there yet; never written to afterwards."""
    digest = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sorted(_sources())))
    path = FOLDER / f"{digest.hexdigest()[:16]}.db"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        for old in FOLDER.glob("*.db*"):
            old.unlink()
        started = time.perf_counter()
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        build_village(unfinished)
        unfinished.rename(path)
        print(f"the village was made in {time.perf_counter() - started:.0f} s", flush=True)
    return path


def install_village(instance: Path) -> None:
    """Give an installation the village as its database."""
    instance.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(village_database(), instance / "qiaomen.db")


def village_rows() -> list[Row]:
    """Every row that the volunteer's phone is to hold, oldest number first, area after area."""
    with tempfile.TemporaryDirectory() as folder:
        install_village(Path(folder))
        store = open_store(f"sqlite:///{folder}/qiaomen.db", build_catalogue())
        with store.read() as tx:
            areas = list(tx.scalars(select(schema.area.c.area_id).where(schema.area.c.level == "grid")))
            rows = rows_of(tx, store.catalogue, areas)
        store.close()
    return rows


def build_village(path: Path) -> None:
    """Make the village in a new file at ``path`` and check what came out."""
    store = open_store(f"sqlite:///{path}", build_catalogue())
    store.upgrade()
    make = Maker(Random(SEED), store)  # noqa: S311  # to be the same each time is what it is for
    with store.write() as tx:
        make.places(tx)
        make.fold(tx, SYSTEM, list(make.profiles()), START)
    for day in range(DAYS):
        with store.write() as tx:
            make.day(tx, day)
    with store.write() as tx:
        facts = rows_of(tx, store.catalogue, make.grids, kinds=["visit", "health_check", "counselling"])
        people = rows_of(tx, store.catalogue, make.grids, kinds=["person"])
        assert (len(facts), len(people)) == (FACTS, PEOPLE)
    store.close()
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def _sources() -> Iterator[str]:
    yield from SOURCES
    yield from (str(each) for each in Path("sync/migrations/versions").glob("*.py"))


PHONES = (b"\x5c\x91\x0b\xe2", b"\xa7\x33\xf0\x18", b"\x0e\xd4\x62\x9f")


@dataclass
class Maker:
    """The generator's state: its randomness, who lives where, and what was logged yesterday."""

    rng: Random
    store: Store
    grids: list[str] = field(default_factory=list)
    accounts: dict[str, str] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    people: list[Row] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    unreviewed: dict[str, list[Row]] = field(default_factory=dict)
    made: int = 0

    def id(self, at: int) -> str:
        """An id of the instant ``at``, made on one of three phones: its last digits are the phone's."""
        return uuid7(at, self.rng.randbytes(6) + PHONES[self.made % 3])

    def change(self, at: int, what: tuple[str, str], area: str, record: str, body: dict[str, Any]) -> Row:
        """A change made at the instant ``at``."""
        op, kind = what
        self.made += 1
        stamp = format_stamp(Clock(at, 0, f"{self.made % 7:08x}"))
        made = self.id(at)
        return {"id": made, "area": area, "kind": kind, "op": op, "record": record or made} | {
            "stamp": stamp,
            "body": body,
        }

    def fold(self, tx: Connection, caller: Caller, changes: list[Row], now: int) -> None:
        """Put changes in, a hundred at a time as phones do; all of them must be taken."""
        for place in range(0, len(changes), 100):
            batch = changes[place : place + 100]
            for status in fold_changes(tx, self.store.catalogue, caller, batch, now + place):
                assert status["status"] == "accepted", status

    def places(self, tx: Connection) -> None:
        """The village, its grids, its workers."""
        village = self.id(START)
        self._area(tx, village, None, "青禾村", 0)
        for position in range(1, GRIDS + 1):
            grid = self.id(START + position)
            self._area(tx, grid, village, f"青禾村{'一二三四五六七八'[position - 1]}组", position)
            self.grids.append(grid)
        for login, name, role in WORKERS:
            account, device = self.id(START), self.id(START)
            self.accounts[login], self.devices[login] = account, device
            values = {"account_id": account, "login": login, "name": name, "active": 1, "created_at": START}
            tx.execute(insert(schema.account), [values | {"password_hash": hash_password(PASSWORD)}])
            tx.execute(
                insert(schema.access),
                [{"area_id": village, "account_id": account, "role": role, "since": 0}],
            )
            phone = {"device_id": device, "account_id": account, "name": "手机", "created_at": START}
            tx.execute(insert(schema.device), [phone])

    def _area(self, tx: Connection, area: str, parent: str | None, name: str, position: int) -> None:
        level = "grid" if parent else "village"
        values = {"area_id": area, "parent_id": parent, "level": level, "name": name, "position": position}
        tx.execute(insert(schema.area), [values])
        ensure_log(tx, area, level)

    def profiles(self) -> Iterator[Row]:
        """Grids, members, households, people."""
        self.names = [write_name(self.rng) for _ in range(PEOPLE)]
        for position, grid in enumerate(self.grids, 1):
            body = {"name": f"青禾村{position}组", "village": "青禾村", "position": position}
            yield self.change(START, ("set", "grid"), grid, grid, body | {"station_name": "青禾村关爱服务站"})
            for login, name, role in WORKERS:
                member = {"name": name, "role": role, "phone": "13800138000"}
                yield self.change(START, ("set", "member"), grid, self.accounts[login], member)
        for number in range(HOUSEHOLDS):
            yield from self._household(self.grids[number % GRIDS], number)

    def _household(self, grid: str, number: int) -> Iterator[Row]:
        home = self.id(START + number)
        surname = self.names[number * 3][0]
        body = {"door": f"{number + 1}号", "number": number + 1, "title": f"{surname}家"}
        body |= {"address": f"青禾村{number % GRIDS + 1}组{number + 1}号", "living": "砖瓦房"}
        yield self.change(START, ("set", "household"), grid, home, body)
        for place in range(PEOPLE // HOUSEHOLDS):
            person = self.id(START + number)
            name = self.names[number * 3 + place]
            fields = self._person(home, name, self.rng.choice(("child", "woman", "elder", "elder")))
            self.people.append({"id": person, "area": grid, "household": home, "fields": fields})
            yield self.change(START, ("set", "person"), grid, person, fields)

    def _person(self, home: str, name: str, category: str) -> dict[str, Any]:
        rng = self.rng
        year = {"child": rng.randint(2011, 2020), "woman": rng.randint(1975, 1998)}
        born = (
            f"{year.get(category, rng.randint(1935, 1962))}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        )
        fields = {"name": name, "category": category, "birth": born, "household": home}
        fields |= {"sex": rng.choice(("female", "male")), "phone": f"13{rng.randint(10**8, 10**9 - 1)}"}
        if category == "child":
            fields |= {"father_name": write_name(rng), "absence": rng.choice(("both", "one"))}
            fields |= {"guardian_name": write_name(rng), "guardian_relation": rng.choice(("爷爷", "奶奶"))}
            fields |= {"guardian_phone": f"13{rng.randint(10**8, 10**9 - 1)}", "school": "青禾小学"}
        else:
            fields |= {"health": rng.choice(("良好", "高血压", "糖尿病", "关节炎", "腰腿疼"))}
            fields |= {"living": rng.choice(("独居", "与配偶同住", "与孙辈同住"))}
        return fields

    def day(self, tx: Connection, day: int) -> None:
        """One day: yesterday's logs reviewed in the morning, today's sent at midday and in the evening."""
        morning = START + day * DAY
        chen = load_caller(tx, self.accounts["chen"], None, morning)
        asha = load_caller(tx, self.accounts["asha"], self.devices["asha"], morning)
        assert chen is not None
        assert asha is not None
        for grid in self.grids:
            self.fold(tx, chen, list(self._reviews(grid, morning)), morning + self.rng.randint(1, 3_600_000))
        today = FACTS * (day + 1) // DAYS - FACTS * day // DAYS
        logs: dict[str, list[Row]] = {}
        for place in range(today):
            person = self.people[(FACTS * day // DAYS + place) * 7 % PEOPLE]
            at = morning + 8 * 3_600_000 + self.rng.randint(0, 10 * 3_600_000)
            logs.setdefault(person["area"], []).append(self._log(person, at))
        for grid, changes in logs.items():
            changes.sort(key=lambda change: change["occurred_at"])
            self.fold(tx, asha, changes, morning + 18 * 3_600_000 + self.rng.randint(1, 3_600_000))
            self.unreviewed[grid] = changes

    def _reviews(self, grid: str, morning: int) -> Iterator[Row]:
        for number, change in enumerate(self.unreviewed.pop(grid, [])):
            if self.rng.random() < 0.02:
                body = {"verdict": "returned", "reason": "写得太少，请补一下情况"}
            else:
                body = {"verdict": "approved"}
            at = morning + number * self.rng.randint(4_000, 20_000)
            yield self.change(at, ("review", change["kind"]), grid, change["id"], body)

    def _log(self, person: Row, at: int) -> Row:
        kind = self.rng.choices(("visit", "health_check", "counselling"), (70, 20, 10))[0]
        body = getattr(self, f"_{kind}")(at)
        change = self.change(at, ("record", kind), person["area"], "", body)
        change |= {"form": f"{kind}/1", "person": person["id"], "household": person["household"]}
        return change | {"occurred_at": at}

    def _visit(self, at: int) -> dict[str, Any]:
        rng = self.rng
        body: dict[str, Any] = {"how": rng.choices(("well", "watch", "urgent"), (88, 11, 1))[0]}
        if rng.random() < 0.15:
            return body  # one tap
        body["met"] = rng.choice((["self"], ["self", "family"], ["guardian"], ["neighbour"]))
        body["services"] = rng.sample(
            ["daily_life", "comfort", "health", "relief", "culture"], rng.randint(1, 2)
        )
        body |= {key: rng.choices(("good", "fair", "poor"), (70, 25, 5))[0] for key in ("living", "food")}
        body |= {key: rng.choices(("good", "fair", "poor"), (70, 25, 5))[0] for key in ("safety", "heating")}
        body["note"] = write_note(rng, self.names)
        if rng.random() < 0.2:
            body["needs"] = write_need(rng, self.names)
        if rng.random() < 0.4:
            body["next_date"] = _date(at + rng.randint(3, 14) * DAY)
        return body

    def _health_check(self, at: int) -> dict[str, Any]:
        rng = self.rng
        high = rng.randint(98, 176)
        body: dict[str, Any] = {"temperature": f"{rng.randint(359, 373) / 10}", "pulse": rng.randint(56, 98)}
        body |= {"systolic": high, "diastolic": high - rng.randint(30, 48)}
        body |= {
            "glucose": f"{rng.randint(42, 98) / 10}",
            "glucose_when": rng.choice(("fasting", "after_meal")),
        }
        body |= {"symptoms": rng.choice((["none"], ["none"], ["joints"], ["sleep", "headache"], ["cough"]))}
        if rng.random() < 0.6:
            body["note"] = write_note(rng, self.names)
        body["next_date"] = _date(at + rng.randint(7, 30) * DAY)
        return body

    def _counselling(self, at: int) -> dict[str, Any]:
        rng = self.rng
        topics = ["missing_parents", "school", "friends", "family", "loneliness"]
        body: dict[str, Any] = {"topic": rng.sample(topics, rng.randint(1, 2))}
        body |= {"how": rng.choice(("face_to_face", "phone")), "minutes": rng.randint(2, 12) * 5}
        body |= {"mood": str(rng.randint(2, 5)), "risk": rng.choices(("none", "low"), (95, 5))[0]}
        return body | {"note": write_note(rng, self.names), "next_date": _date(at + 14 * DAY)}


def _date(at: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime((at + 8 * 3_600_000) / 1000))
