"""Layer ``processes``: four application processes on one PostgreSQL, every phone talking to two at once.

Each request is said to two processes at the same moment, as a phone does whose first try was thought lost:
the change is there once, every area's log has no gap, and nobody is answered by anything but the protocol.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from tests.torture.checks import Harm, check_all
from tests.torture.installation import link, make_phones, new_installation
from tests.torture.kill import database
from tests.torture.phone import LinkError, Phone, Post
from tests.torture.warm import WarmServer

PROCESSES = 4
ROUNDS = {"small": 15, "full": 400}


def run(size: str, seed: int) -> dict[str, Any]:
    """So many rounds of every phone; the layer's entry."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="qiaomen-processes-") as folder:
        harm, rounds = hammer(Path(folder), ROUNDS[size], seed)
    seconds = round(time.monotonic() - started, 1)
    return {"runs": rounds, "faults": rounds} | harm.counts() | {"seconds": seconds, "found": harm.some()}


def hammer(folder: Path, rounds: int, seed: int) -> tuple[Harm, int]:
    """What was harmed, and how many requests were said twice at once."""
    with ExitStack() as stack:
        url = stack.enter_context(database(folder, "postgresql"))
        world, tokens = stack.enter_context(new_installation(folder, url))
        servers = [stack.enter_context(closing(WarmServer(folder, url))) for _ in range(PROCESSES)]
        for server in servers:
            server.start()
        pool = stack.enter_context(ThreadPoolExecutor(16))
        phones = make_phones(world, tokens, servers[0].port, seed, each=2)
        harm = Harm()
        for number, phone in enumerate(phones):
            posts = [link(server.port, tokens[phone.login]) for server in servers]
            phone.post = _twice(pool, posts, random.Random(f"{seed} {number}"))
        threads = [threading.Thread(target=_live, args=(phone, rounds, harm)) for phone in phones]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(300)
        for phone in [*phones, *phones]:
            phone.drain()
        harm.add(check_all(world.store, phones))
        return harm, rounds * len(phones)


def _live(phone: Phone, rounds: int, harm: Harm) -> None:
    for _ in range(rounds):
        phone.write_something()
        phone.write_something()
        try:
            phone.exchange()
        except LinkError as error:
            harm.stuck.append(f"{phone.login}: {error}")


def _twice(pool: ThreadPoolExecutor, posts: list[Post], rng: random.Random) -> Post:
    """Says each request to two of the processes at the same moment; the answer of one of them."""

    def post(request: dict[str, Any]) -> dict[str, Any]:
        said = [pool.submit(each, request) for each in rng.sample(posts, 2)]
        heard = [each.result() for each in said]
        return rng.choice(heard)

    return post
