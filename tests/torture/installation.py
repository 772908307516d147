"""An installation on disk with the small world in it, and phones that reach its server over loopback HTTP."""

from __future__ import annotations

import gzip
import http.client
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sync.exchange import Session, exchange
from sync.wire import encode_body
from tests.torture.phone import LinkError, Phone, Post
from tests.world import NOW, World, build_world
from webapp import create_app
from webapp.auth.devices import renew_token
from webapp.extensions import store_of

TIMEOUT = 30
PEOPLE_OF = {
    "asha": ["xiaoming", "grandma", "huang"],
    "ben": ["xiaoming", "grandma", "huang"],
    "ding": ["qian"],
}


@contextmanager
def new_installation(folder: Path, database_url: str) -> Iterator[tuple[World, dict[str, str]]]:
    """Make the small world in an empty database; give it, and everybody's device token."""
    app = create_app(folder, {"DATABASE_URL": database_url})
    store = store_of(app)
    store.upgrade()
    world = build_world(store)
    with app.app_context():
        tokens = {login: renew_token(world.accounts[login], world.devices[login]) for login in world.devices}
    try:
        yield world, tokens
    finally:
        store.close()


def link(port: int, token: str) -> Post:
    """Round trips to the server at ``port`` of this computer, each on a connection of its own."""

    def post(request: dict[str, Any]) -> dict[str, Any]:
        body = gzip.compress(json.dumps(request).encode(), 1)
        headers = {"Authorization": f"Bearer {token}", "Content-Encoding": "gzip"}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        try:
            connection.request("POST", "/sync/exchange", body, headers)
            answer = connection.getresponse()
            data = answer.read()
            if answer.status != 200:
                raise LinkError(f"{answer.status}: {data[:200]!r}")
            told: dict[str, Any] = json.loads(data)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise LinkError(str(error)) from error
        finally:
            connection.close()
        return told

    return post


def make_phones(world: World, tokens: dict[str, str], port: int, seed: int, each: int = 1) -> list[Phone]:
    """``each`` links for every volunteer: 阿莎 and 本 in one grid, 丁 in another village's."""
    return [
        Phone(world, login, link(port, tokens[login]), random.Random(f"{seed} {login} {number}"), people)
        for login, people in PEOPLE_OF.items()
        for number in range(each)
    ]


def in_process(world: World, login: str, seed: int) -> Phone:
    """A phone that reaches the exchange without a network; what it sends and gets is JSON all the same."""
    session = Session(world.accounts[login], world.devices[login], b"secret", lambda *_: "renewed")

    def post(request: dict[str, Any]) -> dict[str, Any]:
        answer = exchange(world.store, session, json.loads(json.dumps(request)), NOW)
        heard: dict[str, Any] = json.loads(encode_body(answer, "")[0])
        return heard

    return Phone(world, login, post, random.Random(f"{seed} {login}"), PEOPLE_OF[login])
