"""The whole file at the desk: corrected, and read back as it was on any day, with who changed what."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sync.change import parse_change
from sync.merge import add_edits
from sync.rows import rows_of
from tests.world import NOW
from webapp.desk.file_history import fields_at, list_edits

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]
DAY = 86_400_000


def edit(world: World, body: dict[str, Any], days_ago: int, base: dict[str, Any]) -> dict[str, Any]:
    change = world.change("set", "person", world.people["huang"], "一组", body, base=base)
    return change | {"stamp": f"{NOW - days_ago * DAY:016d}-0000-a1b2c3d4"}


def test_the_file_is_shown_as_it_was_on_any_day_and_every_change_with_its_author(
    client_for: Client, village: World
) -> None:
    village.fold("asha", edit(village, {"health": "咳嗽"}, 10, {}))
    village.fold("ben", edit(village, {"health": "好了"}, 3, {"health": "咳嗽"}))
    chen, path = client_for("chen"), f"/desk/people/{village.people['huang']}/history"
    page = chen.get(path).text
    assert "咳嗽 → 好了" in page
    assert "阿莎" in page
    assert "本" in page
    shown = {
        day: chen.get(f"{path}?at={day}").text.partition("谁改了什么")[0]
        for day in ("2025-11-15", "2025-11-22")
    }
    assert "咳嗽" in shown["2025-11-15"]
    assert "好了" in shown["2025-11-22"]
    assert "咳嗽" not in shown["2025-11-22"]
    for wrong in ("昨天", "2999-01-01", "2025-02-30"):
        assert "这一天看不懂，或者还没到" in chen.get(f"{path}?at={wrong}").text
    assert chen.get(f"/desk/people/{village.people['qian']}/history").status_code == 404
    assert client_for("asha").get(path).status_code == 403


def test_the_desk_corrects_what_no_phone_may(client_for: Client, village: World) -> None:
    person = village.people["huang"]
    chen, path = client_for("chen"), f"/desk/people/{village.people['huang']}/edit"
    assert 'name="birth"' in chen.get(path).text
    wrong = chen.post(path, data={"birth": "2999-01-01", "seen-birth": "1951-07-11"})
    assert wrong.status_code == 422
    assert "还没到这一天" in wrong.text
    seen = {"seen-birth": "1951-07-11", "seen-sex": "female", "sex": "male"}
    assert chen.post(path, data=seen | {"birth": "19510712"}).location == f"/desk/people/{person}"
    with village.store.read() as tx:
        [row] = rows_of(tx, village.store.catalogue, [village.areas["一组"]], ids=[person])
    assert (row["fields"]["birth"], row["fields"]["sex"]) == ("1951-07-12", "male")
    home = f"/desk/households/{village.households['huang']}/edit"
    assert chen.post(home, data={"door": "", "seen-door": "12号"}).status_code == 422
    assert client_for("asha").get(path).status_code == 403
    assert chen.get(f"/desk/people/{village.people['qian']}/edit").status_code == 404


def test_an_edit_that_lost_is_in_the_history_and_not_in_the_file(village: World) -> None:
    made: dict[str, Any] = {}
    for value, days in (("一", 5), ("二", 3), ("三", 4)):
        change = parse_change(edit(village, {"school": value}, days, {}))
        made = add_edits(made, change, value, change.stamp)
    assert [(each["before"], each["after"], each["author"]) for each in list_edits(made)] == [
        ("三", "二", "二"),
        ("一", "三", "三"),
        (None, "一", "一"),
    ]
    assert fields_at(made, NOW) == {"school": "二"}
    assert fields_at(made, NOW - 3 * DAY) == {"school": "三"}
    assert fields_at(made, NOW - 6 * DAY) == {}
