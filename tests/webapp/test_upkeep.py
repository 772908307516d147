"""Moving and erasing from the desk: asked twice, only by those who may, and gone from every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from sync import schema
from sync.rows import rows_of
from tests.sync.test_exchange import ask
from tests.sync.test_moves import furnish
from tests.world import NOW

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]


def audited(village: World) -> list[str]:
    with village.store.read() as tx:
        return list(tx.scalars(select(schema.audit.c.action)))


def test_a_household_moves_after_asking_and_is_found_in_the_new_grid_alone(
    client_for: Client, village: World
) -> None:
    furnish(village)
    chen, path = client_for("chen"), f"/desk/households/{village.households['wang']}"
    assert f"{path}/move" in chen.get(path).text
    assert "二组" in chen.get(f"{path}/move").text
    asked = chen.post(f"{path}/move", data={"area": village.areas["二组"]})
    assert "王家搬到二组？" in asked.text
    assert audited(village) == []
    done = chen.post(f"{path}/move", data={"area": village.areas["二组"], "sure": "yes"})
    assert done.status_code == 303
    page = chen.get(path).text
    assert "二组" in page
    assert "王淑英" in page
    with village.store.read() as tx:
        there = rows_of(
            tx, village.store.catalogue, [village.areas["二组"]], kinds=["visit"], states=["pending"]
        )
    assert "再写" in chen.get(f"/desk/logs/{there[0]['id']}").text
    assert audited(village) == ["move"]


@pytest.mark.parametrize("area", ["柳河一组", "一组", "青禾村"])
def test_it_does_not_move_to_where_one_may_not_or_is_already(
    client_for: Client, village: World, area: str
) -> None:
    path = f"/desk/households/{village.households['wang']}/move"
    chen = client_for("chen")
    assert chen.post(path, data={"area": village.areas[area], "sure": "yes"}).status_code == 404
    assert "柳河" not in chen.get(path).text
    for login in ("asha", "ding"):
        assert (
            client_for(login).post(path, data={"area": village.areas["二组"], "sure": "yes"}).status_code
            == 403
        )
    assert audited(village) == []


def test_a_person_is_erased_only_by_name_and_reason_and_is_on_no_page_any_more(
    client_for: Client, village: World
) -> None:
    furnish(village)
    chen, path = client_for("chen"), f"/desk/people/{village.people['grandma']}"
    assert f"{path}/erase" in chen.get(path).text
    village.fold("asha", village.visit("grandma", note="奶奶说"))
    for wrong in ({"name": "王淑英"}, {"name": "王", "reason": "own_request"}, {"reason": "own_request"}):
        assert chen.post(f"{path}/erase", data=wrong).status_code == 422
    assert audited(village) == []
    assert chen.post(f"{path}/erase", data={"name": "王淑英", "reason": "own_request"}).status_code == 303
    assert chen.get(path).status_code == 404
    pages = ("/desk/people", "/desk/people?q=王", "/desk/", "/desk/logs?state=all", "/desk/quarantine")
    everything = "".join(chen.get(page).text for page in pages)
    everything += "".join(client_for("asha").get(page).text for page in ("/field/today", "/field/households"))
    assert "王淑英" not in everything
    assert "奶奶说" not in everything
    assert audited(village) == ["erase"]


def test_a_grid_head_reviews_but_does_not_erase(client_for: Client, village: World) -> None:
    with village.store.write() as tx:
        mine = schema.access.c.account_id == village.accounts["ben"]
        tx.execute(update(schema.access).where(mine).values(role="grid_head"))
    ben, path = client_for("ben"), f"/desk/people/{village.people['huang']}"
    assert "/erase" not in ben.get(path).text
    data = {"name": "黄桂兰", "reason": "own_request"}
    assert ben.post(f"{path}/erase", data=data).status_code == 403
    assert (
        client_for("chen").post(f"/desk/people/{village.people['qian']}/erase", data=data).status_code == 404
    )


def test_no_page_and_no_list_shows_a_tombstone(client_for: Client, village: World) -> None:
    furnish(village)
    chen = client_for("chen")
    path = f"/desk/households/{village.households['wang']}/move"
    chen.post(path, data={"area": village.areas["二组"], "sure": "yes"})
    logs = chen.get(f"/desk/logs?state=all&area={village.areas['一组']}").text
    assert logs.count('class="log ') == 1
    everywhere = chen.get("/desk/logs?state=all").text
    assert everywhere.count('class="log ') == 3
    assert client_for("asha").get(f"/field/people/{village.people['xiaoming']}").status_code == 404


def test_the_desk_says_what_each_phone_still_holds_until_it_confirms(
    client_for: Client, village: World
) -> None:
    area, chen = village.areas["一组"], client_for("chen")
    first = ask(village, "asha", now=NOW)
    cursors = {page["area"]: page["cursor"] for page in first["news"]}
    assert "的资料" not in chen.get("/desk/phones").text
    with village.store.write() as tx:
        mine = schema.access.c.account_id == village.accounts["asha"]
        tx.execute(update(schema.access).where(mine).values(area_id=village.areas["二组"]))
    assert "还存着一组的资料，等它联网清掉" in chen.get("/desk/phones").text
    ask(village, "asha", now=NOW + 10, cursors=cursors)
    ask(village, "asha", now=NOW + 20, purged=[area])
    page = chen.get("/desk/phones").text
    assert "一组的资料已清空" in page
    assert "还存着" not in page
    chen.post(f"/desk/phones/devices/{village.devices['asha']}/revoke", data={"sure": "yes"})
    chen.post(f"/desk/phones/devices/{village.devices['asha']}/revoke", data={"sure": "yes"})
    assert "还存着二组的资料" in chen.get("/desk/phones").text
    assert audited(village) == ["purge", "revoke"]
