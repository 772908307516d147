"""Data corrected in the field: only what differs, only what a volunteer may; two phones end alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from sync.edits import changed_fields, lost_edits, settle_edit
from sync.packing import unpack
from sync.rows import rows_of
from tests.sync.test_exchange import ask
from tests.world import NOW

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]
OLD, ASHAS, BENS = "13700000000", "13900000001", "13800000002"


def row_of(world: World, record: str) -> dict[str, Any]:
    with world.store.read() as tx:
        [row] = rows_of(tx, world.store.catalogue, [world.areas["一组"]], ids=[record])
    return row


def edit(world: World, seen: str | None, typed: str | None, **more: Any) -> dict[str, Any]:
    """What a phone makes of a number typed over the one it showed."""
    made = changed_fields({"phone": seen}, {"phone": typed})
    return world.change(
        "set", "person", world.people["huang"], "一组", made["body"], base=made["base"], **more
    )


def shown_to(world: World, login: str) -> dict[str, Any]:
    """The person's row as somebody's phone gets it."""
    pages = ask(world, login)["news"]
    rows = [row for page in pages for row in unpack(page["tables"], page["area"])]
    return next(row for row in rows if row["id"] == world.people["huang"])


@pytest.mark.parametrize("order", [("asha", "ben"), ("ben", "asha")])
@pytest.mark.parametrize("keep", ["mine", "shown"])
def test_whoever_lost_is_told_on_their_phone_and_one_tap_ends_it_alike_everywhere(
    village: World, order: tuple[str, str], keep: str
) -> None:
    village.fold("asha", edit(village, None, OLD))
    edits = {"asha": edit(village, OLD, ASHAS), "ben": edit(village, OLD, BENS)}
    for login in order:
        [status] = ask(village, login, changes=[edits[login]])["statuses"]
        assert status["status"] == ("conflict" if login == order[1] else "accepted")
    told = shown_to(village, "asha")
    assert told["fields"]["phone"] == BENS  # the later stamp, in both orders
    assert lost_edits([told], village.accounts["ben"]) == []
    [lost] = lost_edits([told], village.accounts["asha"])
    assert (lost["name"], lost["mine"]["value"], lost["shown"]["value"]) == ("phone", ASHAS, BENS)
    made = settle_edit(lost, keep)
    choice = edit(village, None, "") | {
        "body": made["body"],
        "base": made["base"],
        "resolves": made["resolves"],
    }
    for _ in range(2):  # and sent twice
        [status] = ask(village, "asha", changes=[choice])["statuses"]
        assert status["status"] in ("accepted", "duplicate")
    for login in ("asha", "ben"):
        told = shown_to(village, login)
        assert told["fields"]["phone"] == (ASHAS if keep == "mine" else BENS)
        assert "conflicts" not in told


def test_a_choice_resolves_only_what_was_seen(village: World) -> None:
    for login, number in (("asha", ASHAS), ("ben", BENS)):
        village.fold(login, edit(village, OLD, number))
    [lost] = lost_edits([row_of(village, village.people["huang"])], village.accounts["asha"])
    village.fold("chen", edit(village, OLD, "13600000003"))
    made = settle_edit(lost, "mine")
    late = edit(village, None, "") | {
        "body": made["body"],
        "base": made["base"],
        "resolves": made["resolves"],
    }
    [status] = village.fold("asha", late, now=NOW + 5)
    assert status["status"] == "conflict"
    assert "13600000003" in {
        head["value"] for head in row_of(village, village.people["huang"])["conflicts"]["phone"]
    }


def test_without_a_worker_only_what_differs_is_set_and_a_stale_page_overwrites_nothing(
    client_for: Client, village: World
) -> None:
    person = village.people["huang"]
    village.fold("chen", village.change("set", "person", person, "一组", {"health": "哮喘"}))
    path = f"/field/people/{person}"
    asha, ben = client_for("asha"), client_for("ben")
    assert f'href="{path}/edit"' in asha.get(path).text
    stale = dict(re.findall(r'name="(seen-[a-z_]+)" value="([^"]*)"', asha.get(f"{path}/edit").text))
    assert "seen-phone" in stale
    assert "seen-birth" not in stale
    saved = ben.post(f"{path}/edit", data=stale | {"phone": BENS})
    assert saved.location == f"{path}?saved=server"
    assert "已上传 · 资料" in ben.get(saved.location).text
    typed = {"phone": " １３９０0000001", "health": "", "birth": "1901-01-01", "household": "x"}
    asha.post(f"{path}/edit", data=stale | typed | {"seen-birth": "1951-07-11"})
    row = row_of(village, person)
    assert row["fields"]["birth"] == "1951-07-11"
    assert "health" not in row["fields"]
    assert {head["value"] for head in row["conflicts"]["phone"]} == {ASHAS, BENS}
    assert asha.post(f"{path}/edit", data={"school": "长" * 201}).status_code == 422
    assert asha.post(f"{path}/edit", data=stale | {"phone": stale["seen-phone"]}).location == path


def test_without_a_worker_the_loser_sees_it_and_one_tap_restores(client_for: Client, village: World) -> None:
    person = village.people["huang"]
    for login, number in (("asha", ASHAS), ("ben", BENS)):
        village.fold(login, edit(village, OLD, number))
    asha, action = client_for("asha"), f"/field/people/{person}/conflicts/phone"
    page = asha.get("/field/outbox").text
    assert f"你写的 {ASHAS}，现在显示 {BENS}（本 改的）" in page
    assert "需处理 1" in page
    assert action not in client_for("ben").get("/field/outbox").text
    seen = re.findall(r'name="seen" value="([^"]+)"', page)[0]
    for login, data in (
        ("asha", {"seen": seen.split(",")[0], "keep": "mine"}),
        ("asha", {"seen": seen, "keep": "another"}),
        ("ben", {"seen": seen, "keep": "mine"}),
        ("ding", {"seen": seen, "keep": "mine"}),
    ):
        assert client_for(login).post(action, data=data).status_code == 303
        assert "conflicts" in row_of(village, person)
    asha.post(action, data={"seen": seen, "keep": "mine"})
    row = row_of(village, person)
    assert row["fields"]["phone"] == ASHAS
    assert "conflicts" not in row
    assert "需处理" not in asha.get("/field/outbox").text


def test_a_household_is_corrected_too_and_nobody_corrects_another_village(
    client_for: Client, village: World
) -> None:
    home = village.households["huang"]
    saved = client_for("asha").post(f"/field/households/{home}/edit", data={"living": "土房", "number": "9"})
    assert "土房" in client_for("asha").get(saved.location).text
    assert row_of(village, home)["fields"]["number"] == 12
    asha = client_for("asha")
    assert (
        asha.post(f"/field/households/{home}/edit", data={"door": "", "seen-door": "12号"}).status_code == 422
    )
    asha.post(f"/field/households/{home}/edit", data={"door": "１6号", "seen-door": "12号"})
    fields = row_of(village, home)["fields"]
    assert (fields["door"], fields["number"]) == ("１6号", 16)
    for path in (f"people/{village.people['huang']}", f"households/{home}", f"people/{home}"):
        assert client_for("ding").get(f"/field/{path}/edit").status_code == 404
        assert (
            client_for("ding").post(f"/field/{path}/edit", data={"phone": "1", "living": "1"}).status_code
            == 404
        )


def test_who_is_not_on_the_ledger_any_more_leaves_today_and_comes_back_with_one_tap(
    client_for: Client, village: World
) -> None:
    person, home = village.people["huang"], village.households["huang"]
    asha, path = client_for("asha"), f"/field/people/{village.people['huang']}"
    assert "黄桂兰" in asha.get("/field/today").text
    form = asha.get(f"{path}/state").text
    assert "去世了" in form
    assert (
        asha.post(f"{path}/state", data={"state": "deceased", "state_since": "2999-01-01"}).status_code == 422
    )
    asha.post(f"{path}/state", data={"state": "deceased", "seen-state": "", "state_since": ""})
    assert row_of(village, person)["fields"]["state"] == "deceased"
    assert "黄桂兰" not in asha.get("/field/today").text
    page = asha.get(path).text
    assert "记错了，还在册" in page
    house = asha.get(f"/field/households/{home}").text
    assert "不用再登门的" in house
    assert "黄桂兰" in house
    back = dict(re.findall(r'name="([a-z_-]*state[a-z_]*)" value="([^"]*)"', page))
    assert back["state"] == "active"
    client_for("ben").post(f"{path}/state", data=back)
    row = row_of(village, person)
    assert row["fields"]["state"] == "active"
    assert "conflicts" not in row
    assert "黄桂兰" in asha.get("/field/today").text
