"""Registering in the field: likely twins are shown before anything is stored, and names are found at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from sync.rows import rows_of
from tests.sync.test_exchange import ask

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]


def rows(world: World, **wanted: Any) -> list[dict[str, Any]]:
    with world.store.read() as tx:
        return rows_of(tx, world.store.catalogue, [world.areas["一组"]], **wanted)


def test_a_household_and_a_child_are_registered_and_found_by_their_sound(
    client_for: Client, village: World
) -> None:
    asha = client_for("asha")
    assert 'href="/field/households/new"' in asha.get("/field/households").text
    saved = asha.post("/field/households/new", data={"door": "9号", "title": "赵家"})
    assert saved.location.endswith("?saved=server")
    home = saved.location.rpartition("/")[2].partition("?")[0]
    page = asha.get(saved.location).text
    assert "已上传 · 资料" in page
    new = f"/field/households/{home}/people/new"
    assert f'href="{new}?category=child"' in page
    form = asha.get(f"{new}?category=child").text
    assert "guardian_age" in form
    assert "guardian_age" not in asha.get(f"{new}?category=elder").text
    wrong = asha.post(new, data={"category": "child", "name": "赵晓婷", "guardian_age": "17"})
    assert wrong.status_code == 422
    assert "不满 18 岁，不能当监护人" in wrong.text
    told = {"category": "child", "name": "赵晓婷", "birth": "2016年5月", "guardian_kind": "entrusted"}
    saved = asha.post(new, data=told | {"guardian_age": "６1", "pinyin": "x", "state": "moved"})
    [person] = [row for row in rows(village, kinds=["person"]) if row["fields"]["household"] == home]
    assert person["fields"] == {
        "name": "赵晓婷",
        "birth": "2016-05",
        "category": "child",
        "household": home,
        "guardian_kind": "entrusted",
        "guardian_age": 61,
        "pinyin": ["zhao xiao ting"],
        "initials": ["zxt"],
    }
    assert "赵晓婷" in client_for("ben").get("/field/households?q=zxt").text
    assert "赵晓婷" not in client_for("ding").get("/field/households").text


def test_who_seems_to_be_here_already_is_shown_and_it_takes_a_word_to_go_on(
    client_for: Client, village: World
) -> None:
    asha, wang = client_for("asha"), village.households["wang"]
    before = len(rows(village))
    again = asha.post("/field/households/new", data={"door": "4 号"})
    assert again.status_code == 422
    assert f'href="/field/households/{wang}"' in again.text
    new = f"/field/households/{wang}/people/new"
    typed = {"category": "child", "name": "王晓明"}
    twin = asha.post(new, data=typed)
    assert twin.status_code == 422
    assert f'href="/field/people/{village.people["xiaoming"]}"' in twin.text
    assert len(rows(village)) == before
    seen = re.findall(r'name="another" value="([^"]+)"', twin.text)[0]
    assert asha.post(new, data=typed | {"another": "x"}).status_code == 422
    assert asha.post(new, data=typed | {"another": seen}).status_code == 303
    assert len(rows(village)) == before + 1


@pytest.mark.parametrize("category", ["", "pet"])
def test_there_is_no_form_for_a_category_or_a_household_that_is_none(
    client_for: Client, village: World, category: str
) -> None:
    asha = client_for("asha")
    new = f"/field/households/{village.households['wang']}/people/new"
    assert asha.get(f"{new}?category={category}").status_code == 404
    assert asha.post(new, data={"category": category, "name": "王新"}).status_code == 404
    foreign = f"/field/households/{village.households['qian']}/people/new"
    assert asha.get(f"{foreign}?category=child").status_code == 404
    assert asha.post(foreign, data={"category": "child", "name": "王新"}).status_code == 404


def test_what_a_phone_registers_is_spelled_by_the_server_and_a_new_name_anew(village: World) -> None:
    person = village.id()
    body = {"name": "单晓", "household": village.households["wang"], "category": "child"}
    ask(village, "asha", changes=[village.change("set", "person", person, "一组", body)])
    [row] = rows(village, ids=[person])
    assert "shan xiao" in row["fields"]["pinyin"]
    rename = village.change("set", "person", person, "一组", {"name": "王强"}, base={"name": "单晓"})
    rival = village.change("set", "person", person, "一组", {"name": "王墙"}, base={"name": "单晓"})
    village.fold("asha", rename)
    village.fold("ben", rival)
    [row] = rows(village, ids=[person])
    assert list(row["conflicts"]) == ["name"]
    assert row["fields"]["pinyin"][0] == "wang qiang"
    assert row["fields"]["initials"] == ["wq"]
