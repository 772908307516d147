"""Needs at the desk: late and urgent ones first, the whole history, steps that say all they must."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.sync.test_needs import raised, step
from tests.webapp.test_field_needs import raise_one

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]


def seq_of(page: str) -> str:
    return re.findall(r'name="seq" value="(\d+)"', page)[0]


def test_a_need_is_handed_over_answered_closed_and_reopened_and_its_history_says_who(
    client_for: Client, village: World
) -> None:
    asha, chen = client_for("asha"), client_for("chen")
    path = raise_one(asha, village).replace("/field/", "/desk/")
    assert "家里没煤了" in chen.get("/desk/").text
    steps = (
        ("handed", {"department": "clinic", "due": "2099-01-01"}, "卫生院"),
        ("answered", {"answer": "明天派车来"}, "明天派车来"),
        ("closed", {"result": "送医了"}, "送医了"),
        ("reopened", {"reason": "又不舒服"}, "又不舒服"),
    )
    for name, data, said in steps:
        page = chen.get(path).text
        answer = chen.post(f"{path}/{name}", data=data | {"seq": seq_of(page)})
        assert answer.status_code == 303, answer.text
        assert said in chen.get(path).text
    page = chen.get(path).text
    assert page.index("又不舒服") < page.rindex("送医了") < page.rindex("明天派车来")
    assert "阿莎" in page
    phone = client_for("ben").get(path.replace("/desk/", "/field/")).text
    assert "送医了" in phone


def test_a_step_that_says_too_little_comes_back_and_one_from_a_stale_page_is_not_taken(
    client_for: Client, village: World
) -> None:
    need = raised(village)
    chen, path = client_for("chen"), f"/desk/needs/{need}"
    seq = seq_of(chen.get(path).text)
    empty = chen.post(f"{path}/closed", data={"result": "  ", "seq": seq})
    assert (empty.status_code, "请填写：办得怎么样" in empty.text) == (422, True)
    village.fold("asha", step(village, need, {"state": "taken", "taker": "x"}, {"state": "open"}))
    stale = chen.post(f"{path}/closed", data={"result": "好了", "seq": seq})
    assert (stale.status_code, "有了变化" in stale.text) == (409, True)
    fresh = seq_of(chen.get(path).text)
    wrong = chen.post(f"{path}/reopened", data={"reason": "x", "seq": fresh})
    assert (wrong.status_code, "这件事现在不在这一步" in wrong.text) == (409, True)
    assert chen.post(f"{path}/vanished", data={"seq": fresh}).status_code == 404
    assert chen.post(f"{path}/open", data={"seq": fresh}).status_code == 404


def test_late_ones_stand_first_then_urgent_ones_and_filters_find_them(
    client_for: Client, village: World
) -> None:
    raised(village, what="不急的", urgency="normal")
    raised(village, what="很急的", urgency="urgent")
    late = raised(village, what="过了日子的", urgency="normal", due="2025-01-01")
    village.fold("chen", step(village, late, {"state": "handed", "department": "civil"}, {"state": "open"}))
    closed = raised(village, what="办好了的")
    village.fold("asha", step(village, closed, {"state": "closed", "result": "好"}, {"state": "open"}))
    tricky = raised(village, what='说 "department":"civil" 的', urgency="soon")
    chen = client_for("chen")
    page = chen.get("/desk/needs").text
    assert page.index("过了日子的") < page.index("很急的") < page.index("不急的")
    assert "办好了的" not in page
    civil = chen.get("/desk/needs?department=civil").text
    assert "过了日子的" in civil
    assert tricky not in civil
    assert "办好了的" in chen.get("/desk/needs?state=closed").text
    assert "很急的" not in chen.get("/desk/needs?urgency=normal").text
    elsewhere = chen.get(f"/desk/needs?area={village.areas['柳河一组']}").text
    assert "很急的" not in elsewhere
    for strange in ("state=x", "urgency=x", "department=%25", "area=x", "page=-1", "page=99999999"):
        assert chen.get(f"/desk/needs?{strange}").status_code == 200


def test_a_need_in_conflict_is_still_listed_and_says_so(client_for: Client, village: World) -> None:
    need = raised(village)
    for login, body in (
        ("asha", {"state": "taken", "taker": "x"}),
        ("ben", {"state": "closed", "result": "好"}),
    ):
        village.fold(login, step(village, need, body, {"state": "open"}))
    chen = client_for("chen")
    assert "家里没煤了" in chen.get("/desk/needs").text
    assert "两个人写得不一样" in chen.get(f"/desk/needs/{need}").text
    assert "家里没煤了" in chen.get("/desk/conflicts").text


def test_a_need_is_raised_at_the_desk(client_for: Client, village: World) -> None:
    chen, person = client_for("chen"), village.people["xiaoming"]
    assert chen.post(f"/desk/people/{person}/needs/new", data={"what": "书包"}).status_code == 422
    form = {"what": "书包破了", "category": "living", "urgency": "soon"}
    made = chen.post(f"/desk/people/{person}/needs/new", data=form)
    assert made.status_code == 303
    page = chen.get(made.location).text
    assert "督导台" in page
    assert "书包破了" in client_for("asha").get("/field/needs").text


def test_the_desk_of_another_village_and_a_volunteer_see_nothing(client_for: Client, village: World) -> None:
    need = raised(village)
    asha = client_for("asha")
    for path in (
        "/desk/needs",
        f"/desk/needs/{need}",
        f"/desk/people/{village.people['xiaoming']}/needs/new",
    ):
        assert asha.get(path).status_code == 403
    assert asha.post(f"/desk/needs/{need}/closed", data={"result": "x", "seq": "1"}).status_code == 403
    stranger = village.people["qian"]
    assert client_for("chen").get(f"/desk/people/{stranger}/needs/new").status_code == 404
