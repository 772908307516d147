"""Bad input at the exchange's address: stable codes, nothing lost, the good changes beside it kept."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import brotli
import pytest

from sync.cursor import Cursor, write_cursor
from sync.lean import EMPTY
from sync.packing import unpack
from webapp.auth import devices

if TYPE_CHECKING:
    from flask import Flask

    from tests.world import World

Bearer = Callable[[str], dict[str, str]]


def test_a_phone_says_and_hears_in_one_round_trip(app: Flask, village: World, bearer: Bearer) -> None:
    visit = village.visit(note="门口有积水")
    body = gzip.compress(json.dumps({"protocol": 1, "changes": [visit]}).encode())
    headers = bearer("asha") | {"Content-Encoding": "gzip", "Accept-Encoding": "br, gzip"}
    answer = app.test_client().post("/sync/exchange", data=body, headers=headers)
    assert answer.headers["Content-Encoding"] == "br"
    told = json.loads(brotli.decompress(answer.data))
    assert [status["status"] for status in told["statuses"]] == ["accepted"]
    rows = [row for page in told["news"] for row in unpack(page["tables"], page["area"])]
    assert visit["id"] in {row["id"] for row in rows}
    assert "token" not in json.dumps([row["fields"] for row in rows])


def test_whole_requests_that_cannot_be_read_get_their_code(app: Flask, bearer: Bearer) -> None:
    client, headers = app.test_client(), bearer("asha")
    gzipped = headers | {"Content-Encoding": "gzip"}
    whole = gzip.compress(b'{"protocol": 1}' * 50)
    cases: list[tuple[bytes, dict[str, str], int, str]] = [
        (b"{broken", headers, 400, "broken_body"),
        (b"[1]", headers, 400, "broken_body"),
        (whole[:-9], gzipped, 400, "broken_body"),
        (b"no gzip at all", gzipped, 400, "broken_body"),
        (b"{}", headers | {"Content-Encoding": "zstd"}, 400, "broken_body"),
        (gzip.compress(b"0" * 200_000_000, 1), gzipped, 413, "body_too_large"),
        (b'{"protocol": 1, "changes": [NaN]}', headers, 400, "broken_body"),
        (b'{"protocol": 1, "x": -Infinity}', headers, 400, "broken_body"),
        (b" " * 30_000_000, headers, 413, "body_too_large"),
        (b'{"protocol": 2}', headers, 400, "unknown_protocol"),
        (json.dumps({"protocol": 1, "changes": [{}] * 101}).encode(), headers, 413, "too_many_changes"),
    ]
    for data, sent, status, code in cases:
        answer = client.post("/sync/exchange", data=data, headers=sent)
        assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
        assert set(answer.json["error"]) == {"code", "message", "action"}


def test_bad_changes_beside_a_good_one(app: Flask, village: World, bearer: Bearer) -> None:
    good = village.visit(note="好的")
    changes: list[Any] = [
        village.visit() | {"kind": "hologram"},
        {k: v for k, v in village.visit().items() if k != "occurred_at"},
        village.visit("qian"),
        good | {"body": {"how": "urgent"}},
        None,
    ]
    answer = app.test_client().post(
        "/sync/exchange", headers=bearer("asha"), json={"protocol": 1, "changes": [good, *changes]}
    )
    assert [(s["status"], s.get("code")) for s in answer.json["statuses"]] == [
        ("accepted", None),
        ("quarantined", "unknown_kind"),
        ("rejected", "malformed"),
        ("quarantined", "foreign_area"),
        ("rejected", "id_reused"),
        ("rejected", "malformed"),
    ]


def test_a_lean_answer_leaves_out_what_says_nothing_and_a_token_that_still_serves(
    app: Flask, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, headers = app.test_client(), bearer("asha")
    whole = client.post("/sync/exchange", headers=headers, json={"protocol": 1}).json
    cursors = {page["area"]: page["cursor"] for page in whole["news"]}
    asked = {"protocol": 1, "cursors": cursors, "lean": 1}
    lean = client.post("/sync/exchange", headers=headers, json=asked).json
    assert set(lean) & {*EMPTY, "token"} == set()
    assert {"protocol", "epoch", "time", "me", "more"} <= set(lean)
    assert "token" in client.post("/sync/exchange", headers=headers, json=asked | {"lean": 0}).json
    later = devices.now_ms() + 8 * 24 * 3600 * 1000
    monkeypatch.setattr(devices, "now_ms", lambda: later)
    assert client.post("/sync/exchange", headers=headers, json=asked).json["token"]


def test_a_server_behind_a_cursor_says_when_to_come_again(app: Flask, village: World, bearer: Bearer) -> None:
    area = village.areas["一组"]
    secret = app.config["SECRET_KEY"].encode()
    ahead = write_cursor(secret, area, village.store.epoch(), Cursor(10**6))
    body = json.dumps({"protocol": 1, "snapshots": 2, "cursors": {area: ahead}})
    answer = app.test_client().post("/sync/exchange", data=body, headers=bearer("asha"))
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "server_behind")
    assert int(answer.headers["Retry-After"]) > 0
