"""The network between phones and server, and what goes wrong on it; each fault is counted by its kind.

Invariant: whatever the server said is shown to the oracle, also where no phone ever hears it.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from tests.simulation.phone import Phone, Reply, decode
from tests.simulation.server import Server, ServerKilledError

PORTAL = b"<!doctype html><title>Wi-Fi</title><p>please sign in</p>"
FAULTS = (
    "lost_request",
    "lost_response",
    "duplicated_request",
    "late_request",
    "truncated_request",
    "truncated_response",
    "page_with_gap",
    "portal",
    "gateway_error",
    "slow_response",
    "server_killed_before_commit",
    "server_killed_after_commit",
    "server_restarted",
)


class Listener(Protocol):
    """Who hears everything the server says."""

    def answered(self, phone: Phone, reply: Reply) -> None: ...


@dataclass
class Network:
    """``send`` gives the reply a phone gets, or None where it gets none."""

    server: Server
    listener: Listener
    random: random.Random
    faults: Counter[str] = field(default_factory=Counter)
    late: list[tuple[Phone, bytes, dict[str, str]]] = field(default_factory=list)
    slow: dict[str, Reply] = field(default_factory=dict)
    holes: set[str] = field(default_factory=set)

    def send(self, phone: Phone, body: bytes, headers: dict[str, str], fault: str = "") -> Reply | None:
        """Carry one request there and its answer back, with this fault on the way."""
        if fault:
            self.faults[fault] += 1
            return getattr(self, f"_{fault}")(phone, body, headers)
        return self._carry(phone, body, headers)

    def deliver_late(self) -> None:
        """A request that was held up somewhere arrives now; nobody waits for its answer any more."""
        if self.late:
            self._carry(*self.late.pop(self.random.randrange(len(self.late))))

    def _carry(self, phone: Phone, body: bytes, headers: dict[str, str]) -> Reply | None:
        try:
            reply = self.server.post(body, headers)
        except ServerKilledError:
            self.server.restart()
            return None
        self.listener.answered(phone, reply)
        return reply

    def _lost_request(self, _phone: Phone, _body: bytes, _headers: dict[str, str]) -> None:
        return None

    def _lost_response(self, phone: Phone, body: bytes, headers: dict[str, str]) -> None:
        self._carry(phone, body, headers)

    def _duplicated_request(self, phone: Phone, body: bytes, headers: dict[str, str]) -> Reply | None:
        first = self._carry(phone, body, headers)
        second = self._carry(phone, body, headers)
        return self.random.choice((first, second))

    def _late_request(self, phone: Phone, body: bytes, headers: dict[str, str]) -> None:
        self.late.append((phone, body, headers))

    def _truncated_request(self, phone: Phone, body: bytes, headers: dict[str, str]) -> Reply | None:
        return self._carry(phone, body[: self.random.randrange(len(body))], headers)

    def _truncated_response(self, phone: Phone, body: bytes, headers: dict[str, str]) -> Reply | None:
        reply = self._carry(phone, body, headers)
        if reply is None:
            return None
        return Reply(reply.status, reply.headers, reply.data[: self.random.randrange(len(reply.data))])

    def _page_with_gap(self, phone: Phone, body: bytes, headers: dict[str, str]) -> Reply | None:
        """Something on the way, or a bug of ours, leaves rows out of a page of a log."""
        reply = self._carry(phone, body, headers)
        if reply is None or reply.status != 200:
            return reply
        answer = json.loads(decode(reply))
        for page in answer["news"]:
            if "snapshot" not in page and page["tables"]:
                self.holes.add(phone.device)
                page["tables"].pop(self.random.choice(sorted(page["tables"])))
        plain = {name: value for name, value in reply.headers.items() if name != "Content-Encoding"}
        return Reply(reply.status, plain, json.dumps(answer).encode())

    def _portal(self, _phone: Phone, _body: bytes, _headers: dict[str, str]) -> Reply:
        return Reply(200, {"Content-Type": "text/html"}, PORTAL)

    def _gateway_error(self, _phone: Phone, _body: bytes, _headers: dict[str, str]) -> Reply:
        return Reply(502, {"Content-Type": "text/html"}, PORTAL)

    def _slow_response(self, phone: Phone, body: bytes, headers: dict[str, str]) -> None:
        reply = self._carry(phone, body, headers)
        if reply is not None:
            self.slow[phone.device] = reply

    def _server_killed_before_commit(
        self, phone: Phone, body: bytes, headers: dict[str, str]
    ) -> Reply | None:
        self.server.kill_at_commit = True
        try:
            return self._carry(phone, body, headers)
        finally:
            self.server.kill_at_commit = False

    def _server_killed_after_commit(self, phone: Phone, body: bytes, headers: dict[str, str]) -> None:
        self._carry(phone, body, headers)
        self.server.restart()

    def _server_restarted(self, phone: Phone, body: bytes, headers: dict[str, str]) -> Reply | None:
        self.server.restart()
        return self._carry(phone, body, headers)
