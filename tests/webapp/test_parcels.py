"""Files that phones exported, imported at the desk: whose they are, what becomes of them, every bad one."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from sync import schema
from sync.exchange import Session, exchange
from sync.parcel import LARGEST_FILE, make_file_key, public_part
from sync.rows import rows_of
from tests.parcels import seal, seal_on_phone
from webapp.auth import devices
from webapp.auth.devices import renew_token, write_enrolment
from webapp.ledger.commands import now_ms

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from tests.world import World

SignIn = Callable[[str], "FlaskClient"]


class Sealed:
    """What phones of the small world would put into a file."""

    def __init__(self, app: Flask, village: World) -> None:
        self.app, self.village = app, village
        with village.store.read() as tx:
            self.key = public_part(village.store.file_key(tx))

    def token(self, login: str) -> str:
        with self.app.app_context():
            return renew_token(self.village.accounts[login], self.village.devices[login])

    def contents(self, *changes: Any, login: str = "asha", drafts: Any = ()) -> dict[str, Any]:
        return {"token": self.token(login), "changes": list(changes), "drafts": list(drafts)}

    def file(self, *changes: Any, login: str = "asha", drafts: Any = (), **header: Any) -> bytes:
        contents = self.contents(*changes, login=login, drafts=drafts)
        return seal(self.key, self.village.devices[login], contents, **header)

    def visits(self, *notes: str) -> list[dict[str, Any]]:
        return [self.village.visit(at=now_ms(), note=note) for note in notes]

    def notes(self) -> list[str]:
        """The notes of all visits that are counted in, by author."""
        with self.village.store.read() as tx:
            rows = rows_of(tx, self.village.store.catalogue, self.village.areas.values(), kinds=["visit"])
        assert {row["author"] for row in rows} <= {self.village.accounts["asha"]}
        return [row["fields"]["note"] for row in rows]

    def audits(self) -> list[Any]:
        with self.village.store.read() as tx:
            return list(tx.execute(select(schema.audit).where(schema.audit.c.action == "import_parcel")))

    def held(self) -> list[tuple[str, str]]:
        with self.village.store.read() as tx:
            query = select(schema.quarantine.c.code, schema.quarantine.c.author_id)
            return [tuple(row) for row in tx.execute(query)]


@pytest.fixture
def sealed(app: Flask, village: World) -> Sealed:
    with app.app_context():
        return Sealed(app, village)


def offer(client: FlaskClient, data: bytes) -> Any:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\n'
    form = {"data": head + data + b"\r\n--b--\r\n", "content_type": "multipart/form-data; boundary=b"}
    return client.post("/desk/parcels", follow_redirects=True, **form)


def take(client: FlaskClient, data: bytes) -> Any:
    """Upload, and say yes."""
    page = offer(client, data)
    assert page.status_code == 200, page.text
    found = re.search(r"/desk/parcels/[0-9a-f]{64}/import", page.text)
    assert found, page.text
    return client.post(found[0])


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_from_the_phones_own_code_arrives_as_its_author_and_tells_nothing_before(
    sealed: Sealed, client_for: SignIn, village: World, zipped: bool
) -> None:
    visits = sealed.visits("门口有积水", "煤不够")
    draft = {"kind": "counselling", "person": village.people["huang"], "body": {"note": "睡不着"}}
    contents = sealed.contents(*visits, drafts=[draft])
    data = seal_on_phone(sealed.key, village.devices["asha"], contents, zipped=zipped)
    assert "积水" not in data.decode()
    chen = client_for("chen")
    page = offer(chen, data).text
    assert "阿莎 的手机导出的文件" in page
    assert "2 条" in page
    for secret in ("积水", "煤不够", "睡不着", "王小明", "黄桂兰"):
        assert secret not in page
    assert sealed.notes() == []
    done = take(chen, data).text
    assert "新收下 2 条，早就有的 0 条" in done
    assert "心理疏导 黄桂兰" in done
    assert "睡不着" in done
    assert sorted(sealed.notes()) == ["煤不够", "门口有积水"]


def test_again_and_from_the_phone_itself_nothing_is_doubled_and_each_import_is_one_row_of_the_audit(
    app: Flask, sealed: Sealed, client_for: SignIn, village: World, bearer: Callable[[str], dict[str, str]]
) -> None:
    visits = sealed.visits("一", "二")
    data, chen = sealed.file(*visits), client_for("chen")
    assert "新收下 2 条，早就有的 0 条" in take(chen, data).text
    assert "新收下 0 条，早就有的 2 条" in take(chen, data).text
    answer = app.test_client().post(
        "/sync/exchange", headers=bearer("asha"), json={"protocol": 1, "changes": visits}
    )
    assert [each["status"] for each in answer.json["statuses"]] == ["duplicate", "duplicate"]
    assert sorted(sealed.notes()) == ["一", "二"]
    first, second = sealed.audits()
    assert (first.actor_id, first.subject) == (village.accounts["chen"], village.devices["asha"])
    assert json.loads(first.detail)["accepted"] == 2
    assert json.loads(second.detail)["duplicate"] == 2
    assert "一" not in first.detail


def test_each_change_gets_its_own_verdict(sealed: Sealed, client_for: SignIn, village: World) -> None:
    good, foreign = sealed.visits("好的", "别处的")
    foreign["area"] = village.areas["柳河一组"]
    foreign["person"] = village.people["qian"]
    odd = village.visit() | {"kind": "hologram"}
    done = take(client_for("chen"), sealed.file(good, foreign, odd, None, {"op": "set"})).text
    assert "新收下 1 条" in done
    assert "这条记录不在你负责的网格" in done
    assert sealed.notes() == ["好的"]
    assert sorted(code for code, _ in sealed.held()) == ["foreign_area", "unknown_kind"]


def test_a_token_that_is_over_still_says_whose_a_file_is_and_more_than_a_batch_is_taken(
    sealed: Sealed, client_for: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    chen = client_for("chen")
    data = sealed.file(*sealed.visits(*(f"第{n}号" for n in range(130))))
    later = now_ms() + 22 * 86_400_000
    monkeypatch.setattr(devices, "now_ms", lambda: later)
    assert "新收下 130 条" in take(chen, data).text
    assert len(sealed.notes()) == 130


def test_a_revoked_phones_file_is_held_with_its_authors_name(
    app: Flask, sealed: Sealed, client_for: SignIn, village: World
) -> None:
    data, chen = sealed.file(*sealed.visits("停用以后交来")), client_for("chen")
    with app.app_context(), village.store.write() as tx:
        devices.revoke_device(tx, village.devices["asha"])
    assert "这部手机已停用" in offer(chen, data).text
    take(chen, data)
    assert sealed.held() == [("device_revoked", village.accounts["asha"])]
    assert sealed.notes() == []
    assert "阿莎" in chen.get("/desk/quarantine").text


def test_a_closed_accounts_file_is_held(sealed: Sealed, client_for: SignIn, village: World) -> None:
    data, chen = sealed.file(*sealed.visits("账号关了")), client_for("chen")
    with village.store.write() as tx:
        ended = update(schema.access).where(schema.access.c.account_id == village.accounts["asha"])
        tx.execute(ended.values(until=now_ms() - 1))
        closed = update(schema.account).where(schema.account.c.account_id == village.accounts["asha"])
        tx.execute(closed.values(active=0))
    take(chen, data)
    assert sealed.held() == [("device_revoked", village.accounts["asha"])]


def test_only_the_desk_of_all_of_the_authors_grids_imports(
    app: Flask, sealed: Sealed, client_for: SignIn, village: World
) -> None:
    mine, theirs = sealed.file(*sealed.visits("阿莎的")), sealed.file(login="ding")
    for login in ("asha", "ben", "ding"):
        assert offer(client_for(login), mine).status_code == 403
    page = offer(client_for("chen"), theirs)
    assert page.status_code == 403
    assert "丁" not in page.text
    assert "不归你管" in page.text
    assert app.test_client().post("/desk/parcels").status_code == 302
    chen = client_for("chen")
    found = re.search(r"/desk/parcels/[0-9a-f]{64}", offer(chen, mine).text)
    assert found
    for login in ("ben", "ding"):
        assert client_for(login).get(found[0]).status_code == 403
        assert client_for(login).post(found[0] + "/import").status_code == 403
    with village.store.write() as tx:  # meanwhile 阿莎 works for the other village, too
        more = {"account_id": village.accounts["asha"], "role": "volunteer", "since": 0}
        tx.execute(schema.access.insert().values(more | {"area_id": village.areas["柳河一组"]}))
    assert chen.post(found[0] + "/import").status_code == 403
    assert sealed.notes() == []
    assert sealed.audits() == []


def test_nobody_becomes_another_by_what_a_file_claims(
    app: Flask, sealed: Sealed, client_for: SignIn, village: World
) -> None:
    chen = client_for("chen")
    claims = [each | {"author": village.accounts["chen"]} for each in sealed.visits("我是陈姐")]
    take(chen, sealed.file(*claims))
    assert sealed.notes() == ["我是陈姐"]  # counted in as 阿莎's
    other = seal(sealed.key, village.devices["ben"], sealed.contents(*sealed.visits("别人的手机")))
    with app.app_context():
        enrolment = write_enrolment(village.accounts["asha"])
        stranger = renew_token(village.accounts["asha"], village.id())
        stolen = renew_token(village.accounts["chen"], village.devices["asha"])
    forged = [other]
    for token in ("", "x.y.z", enrolment, stranger, stolen, sealed.token("asha")[:-2] + "AA"):
        contents = sealed.contents(*sealed.visits("假的")) | {"token": token}
        forged.append(seal(sealed.key, village.devices["asha"], contents))
    for data in forged:
        page = offer(chen, data)
        assert (page.status_code, "认不出是哪部手机" in page.text) == (422, True)
    assert sealed.notes() == ["我是陈姐"]


def test_every_bad_file_has_its_message_and_leaves_nothing(
    sealed: Sealed, client_for: SignIn, village: World
) -> None:
    chen, good = client_for("chen"), sealed.file(*sealed.visits("好的"))
    head, body = good.rsplit(b"\n", 2)[0], good.rsplit(b"\n", 2)[1]
    device, contents = village.devices["asha"], sealed.contents()
    flipped = b"A" if body[200:201] != b"A" else b"B"
    cases: dict[str, tuple[bytes, int, str]] = {
        "nothing": (b"", 422, "这不是手机导出的文件"),
        "a picture": (b"\xff\xd8\xff\xe0" + bytes(500), 422, "这不是手机导出的文件"),
        "of a later build": (good.replace(b"PARCEL 1", b"PARCEL 2"), 422, "更新的版本"),
        "cut off": (good[: len(good) // 2], 422, "文件坏了"),
        "header gone": (b"QIAOMEN PARCEL 1\n" + body, 422, "文件坏了"),
        "a letter altered": (head + b"\n" + body[:200] + flipped + body[201:] + b"\n", 422, "文件坏了"),
        "the date altered": (good.replace(b'"made_at":1', b'"made_at":2'), 422, "文件坏了"),
        "no base64": (head + "\n不是\n".encode(), 422, "文件坏了"),
        "no gzip": (seal(sealed.key, device, None, data=b"{}"), 422, "文件坏了"),
        "no object": (seal(sealed.key, device, [1]), 422, "文件坏了"),
        "no changes": (seal(sealed.key, device, contents | {"changes": {}}), 422, "文件坏了"),
        "not a number": (seal(sealed.key, device, contents, made_at="x"), 422, "文件坏了"),
        "another's": (seal(public_part(make_file_key()), device, contents), 422, "别的站点"),
        "a bomb": (
            seal(sealed.key, device, None, data=gzip.compress(b"0" * 100_000_000, 1)),
            413,
            "文件太大",
        ),
        "too many": (seal(sealed.key, device, contents | {"changes": [0] * 5001}), 413, "文件太大"),
        "too large": (b"QIAOMEN PARCEL 1\n" + b"x" * LARGEST_FILE, 413, "文件太大"),
    }
    for name, (data, status, words) in cases.items():
        page = offer(chen, data)
        assert (page.status_code, words in page.text) == (status, True), (name, page.status_code)
    assert sealed.notes() == []
    assert sealed.audits() == []
    assert chen.get("/desk/parcels/" + "0" * 64).status_code == 404
    assert chen.post("/desk/parcels/..%2f..%2fsecret_key/import").status_code == 404


def test_a_file_that_went_through_other_hands_as_text_still_opens(sealed: Sealed, client_for: SignIn) -> None:
    data = sealed.file(*sealed.visits("转来转去"))
    passed_on = b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")
    assert "新收下 1 条" in take(client_for("chen"), passed_on).text


def test_drafts_about_other_desks_people_and_of_unknown_forms_show_nothing(
    sealed: Sealed, client_for: SignIn, village: World
) -> None:
    drafts = [
        {"kind": "visit", "person": village.people["qian"], "body": {"note": "外村的"}},
        {"kind": "../../instance/secret", "person": village.people["huang"], "body": {"note": "别的"}},
        {"kind": "visit", "person": "x", "body": {}},
        7,
    ]
    done = take(client_for("chen"), sealed.file(drafts=drafts)).text
    assert "外村的" not in done
    assert "别的" not in done


def test_the_key_comes_with_enrolment_and_when_asked_for_and_stays_the_same(
    app: Flask, sealed: Sealed, client_for: SignIn, village: World
) -> None:
    assert client_for("asha").post("/auth/devices").json["file_key"] == sealed.key
    session = Session(village.accounts["asha"], village.devices["asha"], b"secret", lambda *_: "renewed")
    with app.app_context():
        assert "file_key" not in exchange(village.store, session, {"protocol": 1}, now_ms())
        asked = exchange(village.store, session, {"protocol": 1, "file_key": 1}, now_ms())
    assert asked["file_key"] == sealed.key
    village.store.upgrade()
    with village.store.read() as tx:
        assert public_part(village.store.file_key(tx)) == sealed.key
