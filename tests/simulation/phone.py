"""A simulated phone: the algorithm of docs/phone-store.md, over a disk that survives its being killed.

Invariants: saved is on disk; an entry leaves ``waiting`` only by its own id in an answer that speaks the
protocol; a page and its cursor are one transaction; an area that is lost is uploaded, then forgotten.
"""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import dataclass, field
from typing import Any, Protocol

import brotli

from sync.cells import read_cell
from sync.clock import Clock, format_stamp, tick
from sync.ids import uuid7
from sync.packing import unpack
from sync.request import CELLS, TABLES
from tests.simulation.checking import ask_check, questions_of, take_checks
from tests.simulation.disk import STORES, Disk, Writing

KEPT = 30 * 86_400_000
DONE = frozenset({"accepted", "duplicate", "conflict", "quarantined"})
GONE = frozenset({"left", "erased"})
MOST = 100
ASKED = 0.3  # of the exchanges in which it holds something quarantined
WORTH_CODING = 1024

Row = dict[str, Any]
Entry = dict[str, Any]


class HearError(Exception):
    """Why an answer was not taken; ``code`` as the phone would show it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Witness(Protocol):
    """Who notes what the phone said to its person, and what it was told."""

    def saved(self, phone: Phone, change: dict[str, Any]) -> None: ...

    def told(self, phone: Phone, status: dict[str, Any]) -> None: ...

    def decided(self, phone: Phone, verdict: dict[str, Any]) -> None: ...

    def purged(self, phone: Phone, area: str) -> None: ...

    def forgot_erased(self, made: str) -> None: ...

    def compared(self, phone: Phone, area: str, verdict: str) -> None: ...


@dataclass
class Reply:
    """What came back over the network."""

    status: int
    headers: dict[str, str]
    data: bytes


@dataclass
class Phone:
    """One handset. Everything but ``disk`` is the world's knowledge of it, or its broken clock."""

    name: str
    account: str
    device: str
    witness: Witness
    random: random.Random
    disk: Disk = field(default_factory=Disk)
    skew: int = 0
    revoked: bool = False
    log_only: bool = False

    @property
    def wiped(self) -> bool:
        """Whether it has forgotten everything; its disk says so, also where it was killed just after."""
        return "identity" not in self.disk.stores["meta"]

    # -- its person ------------------------------------------------------------------------------------

    def save(self, change: dict[str, Any], now: int) -> dict[str, Any]:
        """Save a change and its outbox entry at once; only then it is said to be saved."""
        wall = now + self.skew
        meta = self.disk.stores["meta"]
        clock = tick(meta.get("clock") or Clock(0, 0, self.device[-8:]), wall)
        made = change.get("id") or uuid7(wall, self.random.randbytes(10))
        stamped = {"record": made, **change, "id": made, "stamp": format_stamp(clock)}
        entry = {"change": stamped, "state": "waiting", "status": "", "code": "", "seq": None, "at": 0}
        with self.disk.transaction() as tx:
            tx.put("outbox", made, entry)
            tx.put("meta", "clock", clock)
        self.witness.saved(self, stamped)
        return stamped

    def fields_of(self, area: str, record: str) -> dict[str, Any]:
        """A profile's fields as its person sees them: the server's, and own edits laid over them."""
        row = self.rows(area).get(record)
        fields = dict(row["fields"]) if row else {}
        for entry in sorted(self.disk.stores["outbox"].values(), key=lambda each: each["change"]["stamp"]):
            change = entry["change"]
            newer = entry["state"] == "waiting" or (row is not None and (entry["seq"] or 0) > row["seq"])
            if change.get("record") == record and change["op"] == "set" and newer:
                fields |= change["body"]
        return fields

    def rows(self, area: str) -> dict[str, Row]:
        """The rows of an area as the server sent them."""
        return self.disk.stores["rows"].get(area, {})

    def waiting(self) -> list[Entry]:
        """What still has to be sent: urgent new facts, which depend on nothing, then oldest first."""
        entries = [each for each in self.disk.stores["outbox"].values() if each["state"] == "waiting"]
        return sorted(entries, key=_sending_order)

    # -- the exchange ----------------------------------------------------------------------------------

    def ask(self, curious: bool = False) -> tuple[bytes, dict[str, str]]:
        """One request: body and headers."""
        identity = self.disk.stores["meta"]["identity"]
        cursors = {area: known["cursor"] for area, known in self.disk.stores["cursors"].items()}
        request = {"protocol": 1, "build": "sim", "epoch": identity["epoch"], "cursors": cursors}
        request |= {"bytes": 32768, "changes": [each["change"] for each in self.waiting()[:MOST]]}
        if not self.log_only:
            request["snapshots"] = TABLES if self.device[-1] in "01234567" else CELLS
        asks = [made for made, each in self.disk.stores["outbox"].items() if each["status"] == "quarantined"]
        if asks and (curious or self.random.random() < ASKED):
            request["asks"] = self.random.sample(asks, min(len(asks), MOST))
        if self.forgotten():
            request["purged"] = self.forgotten()
        if not request["changes"]:
            request |= questions_of(self)
        headers = {"Authorization": f"Bearer {identity['token']}", "Accept-Encoding": self._accepts()}
        body = json.dumps(request).encode()
        if len(body) < WORTH_CODING:
            return body, headers
        return gzip.compress(body, 1, mtime=0), headers | {"Content-Encoding": "gzip"}

    def forgotten(self) -> list[str]:
        """The areas of which the server is told that nothing of them is here, until it has heard."""
        purged = set(self.disk.stores["meta"].get("purged") or ())
        return sorted(purged - self.disk.stores["cursors"].keys())

    def _accepts(self) -> str:
        return "br, gzip" if self.random.random() < 0.5 else "gzip"

    def hear(self, reply: Reply, now: int) -> bool:
        """Take an answer in; return whether more is to come. Raises HearError where it is none."""
        answer = read_answer(reply)
        for status in answer["statuses"]:
            self.witness.told(self, status)
        for verdict in answer.get("verdicts", ()):
            self.witness.decided(self, verdict)
        identity = self.disk.stores["meta"]["identity"]
        self._settle_statuses(answer, identity["epoch"])
        if identity["epoch"] and identity["epoch"] != answer["epoch"]:
            ask_check(self)
        for page in answer["news"]:
            rows = (
                unpack(page["tables"], page["area"])
                if "tables" in page
                else read_cell(answer["cell"], page["area"])
            )
            self._take_page(page, rows)
        take_checks(self, answer)
        for area in answer["areas"]["lost"]:
            self._lose(area)
        with self.disk.transaction() as tx:
            tx.put("meta", "identity", {"token": answer["token"], "epoch": answer["epoch"]})
            tx.put("meta", "purged", self._still_purged(answer))
        if answer["flags"]["wipe"] and not self.waiting():
            self.wipe()
        return bool(answer["more"])

    def _still_purged(self, answer: dict[str, Any]) -> tuple[str, ...]:
        purged = self.disk.stores["meta"].get("purged") or ()
        kept = set(purged) & set(answer["areas"]["lost"])
        return tuple(sorted(kept - self.disk.stores["cursors"].keys()))

    def _settle_statuses(self, answer: dict[str, Any], epoch: str | None) -> None:
        outbox: dict[str, Entry] = self.disk.stores["outbox"]
        changed: dict[str, Entry | None] = {}
        for made, entry in outbox.items():
            if entry["state"] != "acknowledged":
                continue
            if epoch != answer["epoch"]:  # none is known where it was killed before it noted its first
                changed[made] = self.offer_again(entry)
            elif entry["at"] < answer["time"] - KEPT:
                changed[made] = None
        for status in answer["statuses"]:
            entry = outbox.get(status["id"])
            if entry is not None:
                changed[status["id"]] = self.settle_entry(entry, status, answer["time"])
        for verdict in answer.get("verdicts", ()):
            entry = changed.get(verdict["id"]) or outbox.get(verdict["id"])
            if entry is not None and entry["status"] == "quarantined":
                changed[verdict["id"]] = self.decide_entry(entry, verdict, answer["time"])
        with self.disk.transaction() as tx:
            for made, after in changed.items():
                if after is None:
                    tx.delete("outbox", made)
                else:
                    tx.put("outbox", made, after)

    def offer_again(self, entry: Entry) -> Entry:
        """An entry that the server may have lost: its epoch is another one."""
        return entry | {"state": "waiting", "seq": None}

    def settle_entry(self, entry: Entry, status: dict[str, Any], now: int) -> Entry:
        """An entry after its status; of an erased person nothing is kept."""
        done = status["status"] in DONE
        told = {"status": status["status"], "code": status.get("code", ""), "seq": status.get("seq")}
        after = entry | told | {"state": "acknowledged" if done else "needs", "at": now}
        if told["code"] == "erased_person":
            bare = {key: entry["change"][key] for key in ("id", "area", "op", "record", "stamp")}
            after |= {"change": bare | {"body": {}}}
        return after

    def decide_entry(self, entry: Entry, verdict: dict[str, Any], now: int) -> Entry:
        """A held entry after the verdict on it; of an erased person nothing is kept."""
        if verdict.get("code") == "erased_person":
            return self.settle_entry(entry, {"status": "rejected", "code": verdict["code"]}, now)
        if verdict["state"] == "accepted":
            return entry | {"status": "accepted", "code": "", "seq": verdict.get("seq")}
        return entry if verdict["state"] == "waiting" else entry | {"state": "needs", "status": "declined"}

    def _take_page(self, page: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        """Write a page and its cursor in one transaction; refuse one that does not join on."""
        area, known = page["area"], self.disk.stores["cursors"].get(page["area"])
        first = page.get("first") or page.get("fresh")
        if "snapshot" not in page:
            self.check_joins(page, 0 if first or not known else known["seq"], len(rows))
        elif not first and (known is None or known["seq"] != page["snapshot"]):
            raise HearError("page_has_gap")
        seq = page.get("to", page.get("snapshot"))
        with self.disk.transaction() as tx:
            if first:
                tx.put("rows", area, {})
            self._put_rows(tx, area, rows, bool(first))
            at_log = page.get("last", "snapshot" not in page)
            self.put_cursor(tx, area, {"cursor": page["cursor"], "seq": seq, "log": at_log})

    def check_joins(self, page: dict[str, Any], seq: int, count: int) -> None:
        """The arithmetic of a page of the log: it starts where the phone is and has a row for each number."""
        if page["from"] != seq or count + page["superseded"] != page["to"] - page["from"]:
            raise HearError("page_has_gap")

    def put_cursor(self, tx: Writing, area: str, cursor: dict[str, Any]) -> None:
        """How far the area is read, in the same transaction as the rows."""
        tx.put("cursors", area, cursor)

    def _put_rows(self, tx: Writing, area: str, rows: list[Row], first: bool) -> None:
        for row in rows:
            known = None if first else self.rows(area).get(row["id"])
            if row.get("state") in GONE:
                self.bury(tx, area, row)
            elif known is None or row["seq"] >= known["seq"]:
                tx.put_row(area, row["id"], row)

    def put_right(self, tx: Writing, area: str, parts: list[str], rows: list[Row]) -> None:
        """The server's rows in the place of this phone's, in the parts that a repair names."""
        for made, row in self.rows(area).items():
            if (row.get("person") or "") in parts:
                tx.delete_row(area, made)
        for row in rows:
            tx.put_row(area, row["id"], row)

    def bury(self, tx: Writing, area: str, row: Row) -> None:
        """Forget a record that left; of an erased one also what the server had or declined about it."""
        tx.delete_row(area, row["id"])
        if row["state"] != "erased":
            return
        person = row.get("person") or row["id"]
        for made, entry in self.disk.stores["outbox"].items():
            change = entry["change"]
            about = {change.get("record"), change.get("person"), change.get("amends")}
            known = entry["state"] == "acknowledged" or entry["status"] == "declined"
            if known and about & {person, row["id"]}:
                tx.delete("outbox", made)
                self.witness.forgot_erased(made)

    def _lose(self, area: str) -> None:
        """Forget an area that is not this phone's any more, once nothing written for it waits."""
        if any(each["change"]["area"] == area for each in self.waiting()):
            return
        self.witness.purged(self, area)
        with self.disk.transaction() as tx:
            self.purge(tx, area)
            purged = self.disk.stores["meta"].get("purged") or ()
            tx.put("meta", "purged", tuple(sorted({*purged, area})))

    def purge(self, tx: Writing, area: str) -> None:
        """Take away all of an area: rows, cursor, and what this phone wrote for it and has uploaded."""
        for store in ("rows", "cursors", "checks"):
            tx.delete(store, area)
        for made, entry in self.disk.stores["outbox"].items():
            if entry["change"]["area"] == area and entry["state"] == "acknowledged":
                tx.delete("outbox", made)

    def wipe(self) -> None:
        """Forget everything: the phone was stopped, and what it had to say is said."""
        with self.disk.transaction() as tx:
            for name in STORES:
                for key in self.disk.stores[name]:
                    tx.delete(name, key)


def _sending_order(entry: Entry) -> tuple[int, str]:
    change = entry["change"]
    urgent = change["op"] == "record" and change["body"].get("how") == "urgent"
    return (0 if urgent else 1), change["stamp"]


def read_answer(reply: Reply) -> dict[str, Any]:
    """The answer in a reply. Raises HearError where it is not one of the server's own."""
    try:
        answer = json.loads(decode(reply))
    except (ValueError, OSError, EOFError, brotli.error) as error:
        raise HearError("no_answer") from error
    if reply.status != 200:
        known = isinstance(answer, dict) and isinstance(answer.get("error"), dict)
        raise HearError(answer["error"]["code"] if known else "no_answer")
    if not isinstance(answer, dict) or answer.get("protocol") != 1:
        raise HearError("no_answer")
    return answer


def decode(reply: Reply) -> bytes:
    """The body of a reply without its coding."""
    coding = reply.headers.get("Content-Encoding")
    if coding == "br":
        return bytes(brotli.decompress(reply.data))
    return gzip.decompress(reply.data) if coding == "gzip" else reply.data
