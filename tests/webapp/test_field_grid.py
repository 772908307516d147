"""Who is responsible for a household, and the station, as the phone's pages show them without a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sync.test_above import post

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from tests.world import World


def test_who_is_responsible_is_one_tap_from_the_household_and_nobody_else_sees_it(
    village: World, client_for: Callable[[str], FlaskClient]
) -> None:
    there = village.change("set", "station", village.id(), "青禾村", {"name": "青禾关爱服务站"})
    here = {"station": there["record"], "name": "儿童活动室", "for": "child", "hours": ["1-7 08:00-20:00"]}
    place = village.change(
        "set", "place", village.areas["青禾村"], "青禾村", {"name": "青禾村", "level": "village"}
    )
    parent = village.change("set", "grid", village.areas["一组"], "一组", {"parent": village.areas["青禾村"]})
    village.fold(
        "chen",
        post(village, "一组", name="李干事", role="grid_head", phone="13800138002"),
        post(village, name="吴警官", role="police", phone="13800138011"),
        there,
        village.change("set", "room", village.id(), "青禾村", here),
        place,
        parent,
    )
    asha, wang = client_for("asha"), village.households["wang"]
    assert f"/field/households/{wang}/responsible" in asha.get(f"/field/households/{wang}").text
    assert "负责人 李干事" in asha.get(f"/field/households/{wang}").text
    page = asha.get(f"/field/households/{wang}/responsible").text
    for words in ("网格格长 李干事", "联络民警 吴警官", 'href="tel:13800138011"', "青禾关爱服务站"):
        assert words in page
    station = asha.get(f"/field/stations/{village.areas['青禾村']}").text
    assert "儿童活动室" in station
    assert "周一至周日 08:00–20:00" in station
    ding = client_for("ding")
    assert ding.get(f"/field/households/{wang}/responsible").status_code == 404
    assert ding.get(f"/field/stations/{village.areas['青禾村']}").status_code == 404
