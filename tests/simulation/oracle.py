"""The oracle: what each phone said to its person, was told by the server, and what must hold because of it.

Invariant: it trusts neither server nor phone; it reads tables by plain SQL and raw bytes of answers. A
violation is a value ``(sort, words)``; sorts: lost, duplicated, leaked, stuck, wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.canary import canaries_in, household_canary, person_canary, village_canary
from tests.simulation.later import LATER
from tests.simulation.ledger import Ledger
from tests.simulation.phone import Phone, Reply, decode
from tests.simulation.server import Server

Violation = tuple[str, str]
HELD = frozenset({"accepted", "duplicate", "conflict", "quarantined"})


@dataclass
class Truth:
    """What the world knows for certain; it goes back with a restored backup, as the server does."""

    household_area: dict[int, str] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)
    acts: dict[str, str] = field(default_factory=dict)
    villages: tuple[str, ...] = ()

    def copy(self) -> Truth:
        """As it is now."""
        return Truth(dict(self.household_area), set(self.erased), dict(self.acts), self.villages)


@dataclass
class Oracle:
    """Notes while the world runs; ``check`` when it is quiet."""

    server: Server
    truth: Truth = field(default_factory=Truth)
    saved_by: dict[str, tuple[Phone, str]] = field(default_factory=dict)
    heard: dict[str, str] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)
    about_erased: set[str] = field(default_factory=set)
    forgone: set[str] = field(default_factory=set)
    purges: Counter[tuple[str, str]] = field(default_factory=Counter)
    diverged: set[tuple[str, str]] = field(default_factory=set)
    violations: list[Violation] = field(default_factory=list)

    # -- what it hears ---------------------------------------------------------------------------------

    def saved(self, phone: Phone, change: dict[str, Any]) -> None:
        """A phone said "saved on this phone"."""
        self.saved_by[change["id"]] = phone, canonical_hash(change)

    def told(self, phone: Phone, status: dict[str, Any]) -> None:
        """A phone was told what became of a change."""
        made, word = status["id"], status["status"]
        entry = phone.disk.stores["outbox"].get(made)
        if made not in self.saved_by and entry is not None:  # killed after the commit, before it was said
            self.saved(phone, entry["change"])
        if made not in self.saved_by:
            self.note("wrong", f"{phone.name} was told of {made}, which it never saved")
        elif word == "rejected" and status["code"] != "erased_person" and made not in self.bad:
            self.note("lost", f"{phone.name}'s honest change {made} was rejected: {status['code']}")
        self.heard[made] = word
        if word == "rejected" and status["code"] == "erased_person":
            self.about_erased.add(made)

    def decided(self, phone: Phone, verdict: dict[str, Any]) -> None:
        """A phone was told what was decided about what it knows to be held."""
        if verdict.get("code"):
            self.told(phone, {"id": verdict["id"], "status": "rejected", "code": verdict["code"]})
        elif verdict["state"] == "declined":
            self.heard[verdict["id"]] = "declined"

    def purged(self, phone: Phone, area: str) -> None:
        """A phone has forgotten an area."""
        self.purges[phone.device, area] += 1

    def asking(self, phone: Phone) -> None:
        """A phone is about to speak: what it says it has forgotten it does not hold."""
        for area in phone.forgotten():
            if area in phone.disk.stores["rows"]:
                self.note("leaked", f"{phone.name} says that it has forgotten {area}, and has not")

    def compared(self, phone: Phone, area: str, verdict: str) -> None:
        """A phone compared what it holds with the server: it differs only where something was done to it."""
        if verdict == "same":
            self.diverged.discard((phone.name, area))
        elif verdict == "differs" and (phone.name, area) not in self.diverged:
            self.note("wrong", f"{phone.name} found that it does not hold what the server holds of {area}")

    def answered(self, phone: Phone, reply: Reply) -> None:
        """The server said something to a phone: no household, and no village, of others may be in it."""
        if reply.status == 500:
            self.note("stuck", f"an exchange of {phone.name} broke the server")
        found = canaries_in(decode(reply))
        if not found:
            return
        mine = set() if phone.revoked else self._areas(phone)
        for number, area in self.truth.household_area.items():
            if area not in mine and household_canary(number) in found:
                self.note("leaked", f"{phone.name} was sent household {number}")
        for number, area in enumerate(self.truth.villages):
            if area not in mine and village_canary(number) in found:
                self.note("leaked", f"{phone.name} was sent what belongs to village {number}")
        for number in self.truth.erased:
            if person_canary(number) in found:
                self.note("leaked", f"{phone.name} was sent the erased person {number}")

    def restored(self) -> None:
        """A backup was put back: what a phone has forgotten since, with its area, cannot be offered again."""
        kept = {row["change_id"] for row in self.server.ledger.rows("SELECT change_id FROM receipt")}
        for made, word in self.heard.items():
            phone, _ = self.saved_by[made]
            if word in HELD and made not in kept and made not in phone.disk.stores["outbox"]:
                self.forgone.add(made)

    def knows(self, change: str) -> bool:
        """Whether the server has a receipt for a change now."""
        return bool(self.server.ledger.rows("SELECT 1 FROM receipt WHERE change_id = ?", change))

    def note(self, sort: str, words: str) -> None:
        """A violation."""
        self.violations.append((sort, words))

    # -- what must hold when it is quiet ---------------------------------------------------------------

    def check(self, phones: list[Phone]) -> list[Violation]:
        """Every invariant; returns all violations so far."""
        ledger = self.server.ledger
        for found in (
            self._check_receipts(ledger),
            self._check_effects(ledger),
            self._check_numbers(ledger),
            self._check_fields(ledger),
            self._check_states(ledger),
            self._check_levels(ledger),
            self._check_acts(ledger),
            self._check_held(ledger),
            self._check_erased(ledger, phones),
            *(self._check_phone(ledger, phone) for phone in phones if not phone.revoked),
        ):
            self.violations += found
        return self.violations

    def _check_receipts(self, ledger: Ledger) -> Iterator[Violation]:
        """Every acknowledged change is on the server with its hash; every saved one there or on its phone."""
        receipts = {row["change_id"]: row for row in ledger.rows("SELECT * FROM receipt")}
        for made, (phone, digest) in self.saved_by.items():
            receipt, kept = receipts.get(made), phone.disk.stores["outbox"].get(made)
            if receipt is not None:
                if receipt["hash"] != digest:
                    yield "lost", f"{made} of {phone.name} is on the server with another hash"
                continue
            if made in self.forgone or made in self.about_erased:
                continue
            if self.heard.get(made) in HELD and (phone.wiped or not phone.revoked):
                yield "lost", f"{made} of {phone.name} was {self.heard[made]} and is not on the server"
            elif made not in self.heard and not phone.revoked:
                yield "stuck", f"{made} is only on {phone.name}, which is done and never heard of it"
            elif kept is None and not self._may_be_dropped(made, phone):
                yield "lost", f"{made} of {phone.name} is neither on the server nor on the phone"
        for made in self.bad & receipts.keys():
            yield "wrong", f"the bad change {made} was taken"

    def forgot_erased(self, made: str) -> None:
        """A phone has forgotten what it wrote about somebody who was erased, or left 400 days ago."""
        self.about_erased.add(made)

    def _may_be_dropped(self, made: str, phone: Phone) -> bool:
        """A change that was refused to its author's face goes with an erased person, or a stopped phone."""
        refused = self.heard.get(made) in ("rejected", "declined")
        return refused and (phone.wiped or made in self.about_erased)

    def _check_effects(self, ledger: Ledger) -> Iterator[Violation]:
        """One effect per id: one receipt, one entry of the log per record, and a record for each fact."""
        for row in ledger.rows("SELECT change_id FROM receipt GROUP BY change_id HAVING COUNT(*) > 1"):
            yield "duplicated", f"{row['change_id']} has several receipts"
        query = """SELECT change_id, record_id, area_id FROM log
            GROUP BY area_id, change_id, record_id HAVING COUNT(*) > 1"""
        for row in ledger.rows(query):
            yield "duplicated", f"{row['change_id']} is numbered twice for {row['record_id']}"
        query = """SELECT change_id FROM receipt WHERE status IN ('accepted', 'conflict')
            AND NOT EXISTS (SELECT 1 FROM log WHERE log.change_id = receipt.change_id)"""
        for row in ledger.rows(query):
            yield "lost", f"{row['change_id']} was accepted and has no effect"
        query = """SELECT change_id FROM receipt WHERE status = 'quarantined' AND code <> 'erased_person'
            AND NOT EXISTS (SELECT 1 FROM quarantine WHERE quarantine.change_id = receipt.change_id)"""
        for row in ledger.rows(query):
            yield "lost", f"{row['change_id']} was quarantined and nobody can find it"

    def _check_numbers(self, ledger: Ledger) -> Iterator[Violation]:
        """Numbers are contiguous per area, and each record has the number of its latest entry."""
        query = """SELECT area_log.area_id, head, COUNT(seq) AS held, MAX(seq) AS top FROM area_log
            LEFT JOIN log USING (area_id) GROUP BY area_log.area_id"""
        for row in ledger.rows(query):
            if row["held"] != row["head"] or (row["top"] or 0) != row["head"]:
                yield "wrong", f"area {row['area_id']} has {row['held']} entries up to {row['head']}"
        query = """SELECT record_id FROM record WHERE seq <> (SELECT MAX(seq) FROM log
            WHERE log.area_id = record.area_id AND log.record_id = record.record_id)"""
        for row in ledger.rows(query):
            yield "wrong", f"record {row['record_id']} does not have the number of its latest entry"

    def _check_fields(self, ledger: Ledger) -> Iterator[Violation]:
        """Of each profile's field the latest edit shows, whatever the order of arrival: by its stamp, and
        after those that it resolves."""
        query = """SELECT log.record_id, log.stamp, receipt.change_id, receipt.change FROM log
            JOIN receipt USING (change_id) WHERE log.op = 'set' ORDER BY log.stamp, receipt.change_id"""
        latest: dict[str, dict[str, Any]] = {}
        for record, stamp, change in _in_order(ledger.rows(query)):
            del stamp
            latest.setdefault(record, {}).update(change.get("body", {}))
        for row in ledger.rows("SELECT * FROM record WHERE kind IN ('person', 'household')"):
            if row["state"] in ("left", "erased"):
                continue
            shown, expected = json.loads(row["body"]), latest.get(row["record_id"], {})
            for name, value in expected.items():
                if shown.get(name) != value:
                    yield "wrong", f"{row['kind']} {row['record_id']}: {name} is {shown.get(name)!r}"

    def _check_states(self, ledger: Ledger) -> Iterator[Violation]:
        """A fact is as its latest entry left it."""
        query = """SELECT record.record_id, record.state, log.op, log.change_id, receipt.change FROM record
            JOIN log USING (area_id, seq) JOIN receipt ON receipt.change_id = log.change_id
            WHERE record.person_id IS NOT NULL AND record.state NOT IN ('left', 'erased')"""
        for row in ledger.rows(query):
            if row["op"] == "review":
                expected = json.loads(row["change"])["body"]["verdict"]
            elif row["op"] == "amend":
                expected = "pending" if row["change_id"] == row["record_id"] else "amended"
            else:
                expected = {"record": "pending", "void": "void"}[row["op"]]
            if row["state"] != expected:
                yield "wrong", f"fact {row['record_id']} is {row['state']}, not {expected}"

    def _check_levels(self, ledger: Ledger) -> Iterator[Violation]:
        """Nothing about a household or a person stands in an area above the grids."""
        query = "SELECT record.* FROM record JOIN area USING (area_id) WHERE area.level <> 'grid'"
        for row in ledger.rows(query):
            words = canaries_in(" ".join(str(value) for value in tuple(row)).encode())
            if any(not word.startswith("cnrv") for word in words):
                yield "leaked", f"{row['record_id']}, about somebody, stands in a village"

    def _check_acts(self, ledger: Ledger) -> Iterator[Violation]:
        """Exactly one row of the audit for each action, and none for what nobody did."""
        acts = "SELECT audit_id FROM audit WHERE action <> 'purge'"
        found = Counter(row["audit_id"] for row in ledger.rows(acts))
        for act, words in self.truth.acts.items():
            if found[act] != 1:
                yield "wrong", f"{words} has {found[act]} rows in the audit"
        if found.keys() - self.truth.acts.keys():
            yield "wrong", "the audit speaks of what nobody did"
        query = "SELECT area_id, device_id, COUNT(*) AS told FROM audit WHERE action = 'purge' GROUP BY 1, 2"
        for row in ledger.rows(query):
            if row["told"] > self.purges[row["device_id"], row["area_id"]]:
                yield (
                    "duplicated",
                    f"{row['device_id']} forgot {row['area_id']} once, not {row['told']} times",
                )

    def _check_held(self, ledger: Ledger) -> Iterator[Violation]:
        """What a build knows now is held no longer, and nothing was decided twice."""
        query = """SELECT quarantine.*, json_extract(change, '$.kind') AS kind FROM quarantine
            JOIN record ON record.area_id = quarantine.area_id
            AND record.record_id = json_extract(change, '$.person')
            AND (record.state IS NULL OR record.state NOT IN ('left', 'erased'))
            WHERE quarantine.state = 'waiting' AND quarantine.code IN ('unknown_kind', 'invalid_fields')
            AND json_extract(change, '$.area') = quarantine.area_id
            AND json_extract(change, '$.op') = 'record'"""
        for row in ledger.rows(query):
            known = self.server.build and row["kind"] in ("visit", LATER)
            if known and row["area_id"] in ledger.areas_of(row["author_id"], row["received_at"]):
                yield "stuck", f"{row['change_id']} is held as {row['code']}, which it is no longer"
        query = """SELECT receipt.change_id FROM receipt JOIN quarantine USING (change_id)
            WHERE quarantine.state = 'accepted' AND receipt.status = 'quarantined'"""
        for row in ledger.rows(query):
            yield "wrong", f"{row['change_id']} was accepted, and its receipt does not say so"
        query = """SELECT subject, COUNT(*) AS times FROM audit
            WHERE action IN ('accept', 'reassign', 'decline', 'replay', 'follow') GROUP BY subject"""
        for row in ledger.rows(query):
            if row["times"] > 1:
                yield "duplicated", f"{row['subject']} was decided {row['times']} times"

    def _check_erased(self, ledger: Ledger, phones: list[Phone]) -> Iterator[Violation]:
        """An erased person's canary is in no table and on no phone that still speaks with the server."""
        words = {person_canary(number) for number in self.truth.erased}
        if not words:
            return
        for word in canaries_in(ledger.texts().encode()) & words:
            yield "leaked", f"{word} of an erased person is in the database"
        for phone in phones:
            if phone.wiped or not phone.revoked:
                held = canaries_in(json.dumps(phone.disk.stores, default=str).encode())
                for word in held & words:
                    yield "leaked", f"{word} of an erased person is on {phone.name}"

    def _check_phone(self, ledger: Ledger, phone: Phone) -> Iterator[Violation]:
        """A quiet phone has nothing waiting, its own areas row by row as the server, and no other."""
        if phone.waiting():
            yield "stuck", f"{phone.name} still has {len(phone.waiting())} waiting"
        mine = ledger.areas_of(phone.account, self.server.now)
        held = set(phone.disk.stores["cursors"])
        if held != mine:
            yield "leaked" if held - mine else "stuck", f"{phone.name} holds other areas than its own"
        for area in set(phone.disk.stores["rows"]) - mine:
            yield "leaked", f"{phone.name} still has rows of {area}"
        for area in mine & held:
            there = ledger.standing(area)
            here = {made: _shape(row) for made, row in phone.rows(area).items()}
            for made in there.keys() | here.keys():
                if there.get(made) != here.get(made):
                    yield "lost" if made not in here else "wrong", f"{phone.name}: row {made} differs"

    def _areas(self, phone: Phone) -> set[str]:
        return self.server.ledger.areas_of(phone.account, self.server.now)


def _in_order(rows: list[Any]) -> list[tuple[str, tuple[str, int, str], dict[str, Any]]]:
    """(record, place, change) of edits, each after those that it resolves, however slow its clock was."""
    edits = {row["change_id"]: (row["record_id"], row["stamp"], json.loads(row["change"])) for row in rows}
    places: dict[str, tuple[str, int, str]] = {}

    def place(made: str) -> tuple[str, int, str]:
        if made not in places:
            _, stamp, change = edits[made]
            places[made] = stamp, 0, made
            seen = [place(each)[:2] for each in change.get("resolves", ()) if each in edits and each != made]
            if seen:
                stamp, step = max(seen)
                places[made] = max(places[made], (stamp, step + 1, made))
        return places[made]

    ordered = sorted(edits, key=place)
    return [(edits[made][0], places[made], edits[made][2]) for made in ordered]


def canonical_hash(change: dict[str, Any]) -> str:
    """The hash that the protocol asks for, computed from its words alone."""
    text = json.dumps(change, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _shape(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["seq"], row["kind"], row.get("state"), row.get("author"), row["fields"]
