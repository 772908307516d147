"""两种说法 at the desk: both values with who wrote them, one tap ends it, and only as it was seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from sync.rows import rows_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]


def test_a_supervisor_chooses_between_two_values_in_one_tap_as_they_were_seen(
    client_for: Client, village: World
) -> None:
    person = village.people["xiaoming"]
    for login, name in (("asha", "王淑英"), ("ben", "王建国")):
        village.fold(login, village.change("set", "person", person, "一组", {"guardian_name": name}))
    chen, path = client_for("chen"), f"/desk/conflicts/{person}/guardian_name"
    page = chen.get("/desk/conflicts").text
    assert re.findall(r"<b>(王..)</b>", page) == ["王淑英", "王建国"]
    assert "阿莎" in page
    [first, _] = re.findall(r'name="change" value="([^"]+)"', page)
    seq = re.findall(r'name="seq" value="(\d+)"', page)[0]
    assert chen.post(path, data={"change": first, "seq": "1"}).status_code == 409
    assert chen.post(path, data={"change": village.id(), "seq": seq}).status_code == 409
    for outsider in ("asha", "ding"):
        assert client_for(outsider).post(path, data={"change": first, "seq": seq}).status_code == 403
    assert chen.post(path, data={"change": first, "seq": seq}).status_code == 303
    assert "没有两种说法" in chen.get("/desk/conflicts").text
    assert chen.post(path, data={"change": first, "seq": seq}).status_code == 404
    with village.store.read() as tx:
        [row] = rows_of(tx, village.store.catalogue, [village.areas["一组"]], ids=[person])
    assert row["fields"]["guardian_name"] == "王淑英"
    assert "conflicts" not in row


def test_a_conflict_of_another_village_is_nowhere_on_the_desk(client_for: Client, village: World) -> None:
    person = village.people["qian"]
    village.fold("ding", village.change("set", "person", person, "柳河一组", {"birth": "1941-01-01"}))
    chen = client_for("chen")
    assert "钱福" not in chen.get("/desk/conflicts").text
    assert chen.post(f"/desk/conflicts/{person}/birth", data={"change": "x", "seq": "1"}).status_code == 404
