"""Signing in, phones, and refusing what comes from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import jwt
import pytest
from sqlalchemy import select, update

from sync import schema
from sync.scope import load_caller
from tests.world import PASSWORD
from webapp.auth import throttle
from webapp.auth.accounts import end_grant, grant, set_password
from webapp.auth.devices import read_token, renew_token, write_enrolment
from webapp.extensions import store_of
from webapp.ledger.commands import now_ms

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]


def test_a_wrong_password_and_an_unknown_account_say_the_same(app: Flask, village: World) -> None:
    client = app.test_client()
    answers = [
        client.post("/auth/sign-in", data={"login": login, "password": "nonsense"})
        for login in ("asha", "nobody")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert all("账号或密码不对" in answer.text for answer in answers)
    assert answers[0].text.replace("asha", "") == answers[1].text.replace("nobody", "")
    assert village


def test_guessing_is_slowed_after_five_even_with_the_right_password(
    app: Flask, village: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    for _ in range(5):
        client.post("/auth/sign-in", data={"login": "asha", "password": "nonsense"})
    blocked = client.post("/auth/sign-in", data={"login": "asha", "password": PASSWORD})
    assert blocked.status_code == 429
    assert "请等" in blocked.text
    other = client.post("/auth/sign-in", data={"login": "ben", "password": PASSWORD})
    assert other.status_code == 302
    later = now_ms() + throttle.FIRST_WAIT + 1000
    monkeypatch.setattr("webapp.auth.routes.now_ms", lambda: later)
    assert (
        app.test_client().post("/auth/sign-in", data={"login": "asha", "password": PASSWORD}).status_code
        == 302
    )
    assert village


def test_everybody_lands_where_they_work(client_for: Client) -> None:
    assert client_for("chen").get("/").location == "/desk/"
    assert client_for("asha").get("/").location == "/field/welcome"


def test_a_stranger_is_sent_to_sign_in_and_comes_back(app: Flask, village: World) -> None:
    client = app.test_client()
    sent = client.get("/field/people/x?saved=1")
    assert sent.location == "/auth/sign-in?next=/field/people/x?saved%3D1"
    back = client.post("/auth/sign-in", data={"login": "asha", "password": PASSWORD, "next": "/field/me"})
    assert back.location == "/field/me"
    assert village


def test_nobody_is_sent_to_another_site_after_signing_in(app: Flask, village: World) -> None:
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        data = {"login": "asha", "password": PASSWORD, "next": target}
        assert app.test_client().post("/auth/sign-in", data=data).location == "/field/welcome"
    assert village


def test_writes_from_another_site_are_refused(client_for: Client) -> None:
    client = client_for("asha")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert client.post("/field/me", data={"language": "en"}, headers=headers).status_code == 403
    same = client.post("/field/me", data={"language": "en"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert same.status_code == 303


def test_signing_out_and_a_new_password_end_sessions_on_the_server(app: Flask, client_for: Client) -> None:
    client = client_for("asha")
    cookie = client.get_cookie("qiaomen")
    client.post("/auth/sign-out")
    assert cookie is not None
    client.set_cookie("qiaomen", cookie.value)
    assert client.get("/field/today").status_code == 302
    other = client_for("ben")
    with store_of(app).write() as tx:
        set_password(tx, "ben", "一个新的更长的密码")
    assert other.get("/field/today").status_code == 302


def test_a_phone_is_enrolled_once_by_its_link(app: Flask, village: World) -> None:
    with app.app_context():
        token = write_enrolment(village.accounts["asha"])
    assert "这部手机给 阿莎 用" in app.test_client().get(f"/auth/enrol/{token}").text
    first = app.test_client()
    assert first.post(f"/auth/enrol/{token}").location == "/field/welcome"
    assert first.post("/auth/devices").json["me"]["name"] == "阿莎"
    assert app.test_client().post(f"/auth/enrol/{token}").status_code == 410
    assert app.test_client().get(f"/auth/enrol/{token}").status_code == 410


def test_a_supervisor_cannot_hand_over_an_identity_that_sees_more(client_for: Client, village: World) -> None:
    chen = client_for("chen")
    assert chen.post(f"/desk/phones/{village.accounts['asha']}/enrol").status_code == 200
    assert chen.post(f"/desk/phones/{village.accounts['ding']}/enrol").status_code == 404
    assert client_for("asha").post(f"/desk/phones/{village.accounts['ben']}/enrol").status_code == 403


def test_tokens_are_over_by_the_clock_that_wrote_them(app: Flask, village: World) -> None:
    start = 1_900_000_000_000
    for passed, status in ((0, 200), (14 * 86_400_000 - 1000, 200), (14 * 86_400_000, 401)):
        app.config["CLOCK"] = partial(int, start)
        with app.app_context():
            token = renew_token(village.accounts["asha"], village.devices["asha"])
        app.config["CLOCK"] = partial(int, start + passed)
        headers = {"Authorization": f"Bearer {token}"}
        answer = app.test_client().post("/sync/exchange", headers=headers, json={"protocol": 1})
        assert answer.status_code == status, passed


def test_tokens_of_another_kind_algorithm_or_time_are_refused(app: Flask, village: World) -> None:
    key = app.config["SECRET_KEY"]
    claims = {"sub": village.accounts["asha"], "device": village.devices["asha"], "jti": "1"}
    claims |= {"aud": "device", "exp": now_ms() // 1000 + 60}  # type: ignore[dict-item]  # seconds
    forged = [
        jwt.encode(claims | {"aud": "enrol"}, key, "HS256"),
        jwt.encode(claims | {"exp": 1}, key, "HS256"),
        jwt.encode(claims, "another key that is long enough for it", "HS256"),
        jwt.encode(claims, key, "HS512"),
        jwt.encode(claims, None, "none"),
        jwt.encode({k: v for k, v in claims.items() if k != "jti"}, key, "HS256"),
        "",
        "rubbish",
    ]
    with app.test_request_context():
        assert read_token(jwt.encode(claims, key, "HS256")) == (claims["sub"], claims["device"])
    client = app.test_client()
    for token in forged:
        answer = client.post(
            "/sync/exchange", headers={"Authorization": f"Bearer {token}"}, json={"protocol": 1}
        )
        assert (answer.status_code, answer.json["error"]["code"]) == (401, "sign_in_again")


def test_a_stopped_phone_gets_nothing_from_then_on_and_is_told_to_forget(
    client_for: Client, village: World, bearer: Callable[[str], dict[str, str]]
) -> None:
    chen = client_for("chen")
    path = f"/desk/phones/devices/{village.devices['asha']}/revoke"
    assert "停用 阿莎 的这部手机" in chen.post(path).text
    phone = client_for("ben")
    assert phone.post("/sync/exchange", headers=bearer("asha"), json={"protocol": 1}).status_code == 200
    assert chen.post(path, data={"sure": "yes"}).status_code == 303
    told = phone.post("/sync/exchange", headers=bearer("asha"), json={"protocol": 1})
    assert (told.status_code, told.json["flags"]["wipe"], told.json["news"]) == (200, True, [])


def test_an_account_switched_off_sees_nothing_more(app: Flask, client_for: Client, village: World) -> None:
    client = client_for("asha")
    with store_of(app).write() as tx:
        off = update(schema.account).where(schema.account.c.account_id == village.accounts["asha"])
        tx.execute(off.values(active=0))
    assert client.get("/field/today").status_code == 302


def test_every_answer_carries_the_content_policy_and_no_page_is_stored(client_for: Client) -> None:
    for path in ("/field/today", "/auth/sign-in", "/manifest.webmanifest"):
        answer = client_for("asha").get(path)
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "no-store" in answer.headers["Cache-Control"]


def test_a_grant_ends_and_is_given_again_with_an_audit_row_for_each_that_changed_something(
    village: World,
) -> None:
    asha, one, two = village.accounts["asha"], village.areas["一组"], village.areas["二组"]
    with village.store.write() as tx:
        end_grant(tx, village.store, asha, "volunteer", one)
        grant(tx, village.store, asha, "volunteer", two)
        with pytest.raises(ValueError, match="早已结束"):
            end_grant(tx, village.store, asha, "volunteer", one)
        caller = load_caller(tx, asha, None, now_ms() + 1)
        assert caller is not None
        assert (caller.areas, caller.lapsed.keys()) == ({two}, {one})
        grant(tx, village.store, asha, "volunteer", one)
        grant(tx, village.store, asha, "volunteer", one)
        caller = load_caller(tx, asha, None, now_ms() + 1)
        assert caller is not None
        assert (caller.areas, caller.lapsed) == ({one, two}, {})
        rows = tx.execute(select(schema.audit)).all()
    told = sorted((row.action, row.area_id, row.subject) for row in rows)
    assert told == sorted([("end_grant", one, asha), ("grant", one, asha), ("grant", two, asha)])
