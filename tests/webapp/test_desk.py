"""The desk: the queue's order, verdicts, and that the outsider finds nothing by any address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.world import NOW

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]


def test_urgent_and_out_of_limit_logs_come_first(client_for: Client, village: World) -> None:
    village.fold("asha", village.visit(note="平安"), now=NOW)
    village.fold("asha", village.visit("huang", how="watch"), now=NOW + 1)
    check = village.visit("grandma") | {"kind": "health_check", "form": "health_check/1"}
    village.fold("asha", check | {"body": {"systolic": 190, "diastolic": 100}}, now=NOW + 2)
    page = client_for("chen").get("/desk/logs").text
    assert re.findall(r'class="log (\w+)', page) == ["urgent", "watch", "well"]
    decide = client_for("chen").get("/desk/").text
    assert re.findall(r'class="log (\w+)', decide) == ["urgent", "watch"]
    assert "血压到了 180/110" in decide


def test_filters_narrow_the_queue(client_for: Client, village: World) -> None:
    village.fold("asha", village.visit(), village.visit("huang"))
    village.fold("ben", village.visit("grandma"))
    chen = client_for("chen")

    def count(query: str) -> int:
        return chen.get(f"/desk/logs?{query}").text.count('class="log well')

    assert count("") == 3
    assert count(f"author={village.accounts['ben']}") == 1
    assert count(f"area={village.areas['二组']}") == 0
    assert count(f"area={village.areas['柳河一组']}") == 0
    assert count("kind=visit") == 3
    assert count("kind=counselling") == 0
    assert count("since=2025-11-24&until=2025-11-24") == 3
    assert count("since=2025-11-25") == 0
    assert count("state=approved") == 0
    assert count("state=nonsense&kind=%00&since=x&after=1.2") == 3


def test_a_log_is_returned_only_with_a_reason_and_only_as_it_was_seen(
    client_for: Client, village: World
) -> None:
    visit = village.visit()
    [status] = village.fold("asha", visit)
    chen = client_for("chen")
    path = f"/desk/logs/{visit['id']}/review"
    seen = {"seq": str(status["seq"])}
    assert chen.post(path, data={"verdict": "returned", **seen}).status_code == 422
    assert chen.post(path, data={"verdict": "splendid", **seen}).status_code == 400
    assert chen.post(path, data={"verdict": "approved", "seq": "1"}).status_code == 409
    done = chen.post(path, data={"verdict": "returned", "reason": "哪天？", **seen})
    assert done.status_code == 303
    assert "已退回" in chen.get(done.location).text
    page = chen.get(f"/desk/logs/{visit['id']}").text
    assert "哪天？" in page


def test_the_rest_is_approved_together_but_nothing_that_changed_meanwhile(
    client_for: Client, village: World
) -> None:
    visits = [village.visit(), village.visit("huang")]
    village.fold("asha", *visits)
    chen = client_for("chen")
    chosen = re.findall(r'name="log" value="([^"]+)"', chen.get("/desk/approve-rest").text)
    assert len(chosen) == 2
    village.fold("asha", village.visit() | {"op": "amend", "amends": visits[0]["id"]})
    answer = chen.post("/desk/approve-rest", data={"log": chosen})
    assert answer.location.endswith("approved=1")


def test_the_outsider_and_the_volunteer_find_nothing_at_the_desk(client_for: Client, village: World) -> None:
    visit = village.visit(note="秘密")
    village.fold("asha", visit)
    paths = (
        "/desk/",
        "/desk/logs",
        "/desk/approve-rest",
        "/desk/people",
        "/desk/phones",
        "/desk/cards",
        "/desk/quarantine",
        "/desk/roster",
        f"/desk/logs/{visit['id']}",
        f"/desk/people/{village.people['xiaoming']}",
        f"/desk/households/{village.households['wang']}",
        f"/cards/sheets/{village.areas['一组']}",
    )
    for who in ("ding", "asha"):
        client = client_for(who)
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 403, path
            assert "秘密" not in answer.text
            assert "王小明" not in answer.text
        assert (
            client.post(f"/desk/logs/{visit['id']}/review", data={"verdict": "approved"}).status_code == 403
        )


def test_a_supervisor_of_the_village_finds_nothing_of_the_next(client_for: Client, village: World) -> None:
    visit = village.visit("qian", note="柳河村的事")
    village.fold("ding", visit)
    chen = client_for("chen")
    for path in (
        f"/desk/logs/{visit['id']}",
        f"/desk/people/{village.people['qian']}",
        f"/desk/households/{village.households['qian']}",
        f"/cards/sheets/{village.areas['柳河一组']}",
    ):
        assert chen.get(path).status_code == 404, path
    everything = "".join(
        chen.get(path).text for path in ("/desk/logs?state=all", "/desk/people?q=钱", "/desk/phones")
    )
    assert "柳河村的事" not in everything
    assert "钱福" not in everything
    assert village.accounts["ding"] not in everything


def test_what_is_for_another_village_is_not_shown_and_what_is_for_nowhere_is(
    client_for: Client, village: World
) -> None:
    nowhere = village.visit(note="走错了网格") | {"area": village.id()}
    village.fold("asha", village.visit("qian", note="柳河村的事"), nowhere)
    page = client_for("chen").get("/desk/quarantine").text
    assert "走错了网格" in page
    assert "不在你负责的网格" in page
    assert "阿莎" in page
    assert "柳河村的事" not in page
    assert "钱福" not in page


def test_the_desk_answers_htmx_with_a_part_and_others_with_the_whole_page(client_for: Client) -> None:
    chen = client_for("chen")
    assert "<html" in chen.get("/desk/").text
    assert "<html" not in chen.get("/desk/", headers={"HX-Request": "true"}).text
    restored = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in chen.get("/desk/", headers=restored).text
