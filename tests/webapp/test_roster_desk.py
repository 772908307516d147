"""The desk's page for a ledger: look, import, correct or skip; nobody else sees what was uploaded."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from webapp.ledger.stats import count_ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from tests.world import World

TEXT = (
    "网格,家庭住址,姓名,出生年月,联系电话\n"
    "一组,一组50号,赵新,1940-01-01,13800138000\n"
    "一组,一组51号,,1941-01-01,\n"
    "一组,一组52号,孙错,2030-13-40,\n"
    "一组,一组50号,赵 新,1940年1月1日,13800138000\n"
)


def upload(client: FlaskClient, text: str = TEXT, name: str = "留守老人.csv") -> str:
    answer = client.post("/desk/roster", data={"file": (io.BytesIO(text.encode()), name)})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def people(village: World) -> int:
    with village.store.read() as tx:
        return int(count_ledger(tx, village.store)["people"])


def held(page: str) -> list[int]:
    """The places of the lines that can be corrected on a page."""
    return [int(place) for place in re.findall(r'action="[^"]*/lines/(\d+)"', page)]


def test_looking_at_a_ledger_adds_nothing_and_importing_twice_adds_once(
    client_for: Callable[[str], FlaskClient], village: World
) -> None:
    chen, before = client_for("chen"), people(village)
    page = upload(chen)
    seen = chen.get(page).text
    assert held(seen) == [1, 2, 3]
    assert "没有姓名" in seen
    assert "2030-13-40" in seen
    assert people(village) == before
    for _ in range(2):
        assert chen.post(f"{page}/import").status_code == 303
    assert people(village) == before + 1
    assert chen.get("/desk/roster").text.count("已导入") == 1


def test_a_held_line_is_corrected_or_skipped_also_after_the_import(
    client_for: Callable[[str], FlaskClient], village: World
) -> None:
    chen, before = client_for("chen"), people(village)
    page = upload(chen)
    chen.post(f"{page}/lines/1", data={"name": "钱新"})
    assert held(chen.get(page).text) == [2, 3]
    chen.post(f"{page}/import")
    assert people(village) == before + 2
    chen.post(f"{page}/lines/2", data={"birth": "1950-02-30"})
    assert held(chen.get(page).text) == [2, 3], "a correction is judged like the rest"
    chen.post(f"{page}/lines/2", data={"birth": "1950-02-28"})
    assert people(village) == before + 3
    chen.post(f"{page}/lines/3", data={"skip": "yes"})
    assert held(chen.get(page).text) == []
    assert people(village) == before + 3


def test_lines_that_went_in_cannot_be_rewritten_through_the_page(
    client_for: Callable[[str], FlaskClient],
) -> None:
    chen = client_for("chen")
    page = upload(chen)
    assert chen.post(f"{page}/lines/0", data={"name": "别人"}).status_code == 404
    assert chen.post(f"{page}/lines/99", data={"skip": "yes"}).status_code == 404
    assert "别人" not in chen.get(page).text


def test_a_correction_cannot_move_somebody_into_a_foreign_grid(
    client_for: Callable[[str], FlaskClient], village: World
) -> None:
    chen, before = client_for("chen"), people(village)
    page = upload(chen)
    chen.post(f"{page}/import")
    chen.post(f"{page}/lines/1", data={"name": "钱新", "grid": "柳河一组"})
    assert "这个网格不归你管" in chen.get(page).text
    assert people(village) == before + 1


def test_the_field_at_fault_can_be_corrected_whatever_it_is(client_for: Callable[[str], FlaskClient]) -> None:
    chen = client_for("chen")
    unknown = upload(chen, "网格,家庭住址,姓名\n一组,一组50号,赵新\n", "Sheet1.csv")
    assert 'name="category"' in chen.get(unknown).text
    chen.post(f"{unknown}/lines/0", data={"category": "留守老人"})
    assert held(chen.get(unknown).text) == []
    long = upload(chen, "网格,家庭住址,姓名,生活状况\n一组,一组50号,赵新," + "好" * 300 + "\n")
    assert 'name="living"' in chen.get(long).text
    chen.post(f"{long}/lines/0", data={"living": "一般"})
    assert held(chen.get(long).text) == []


def test_only_who_uploaded_a_ledger_sees_it_and_only_the_desk_may_upload(
    client_for: Callable[[str], FlaskClient], village: World
) -> None:
    page = upload(client_for("chen"))
    for outsider in ("asha", "ding"):
        client = client_for(outsider)
        assert client.get("/desk/roster").status_code == 403
        assert client.get(page).status_code == 403
        assert client.post(f"{page}/import").status_code == 403
        assert client.post(f"{page}/lines/1", data={"skip": "yes"}).status_code == 403
    chen = client_for("chen")
    assert chen.get("/desk/roster/00000000-0000-7000-8000-000000000000").status_code == 404
    assert chen.get("/desk/roster/..%2F..%2Fqiaomen").status_code == 404
    assert people(village) == 5


def test_what_is_no_ledger_is_refused_on_the_page_and_leaves_nothing(
    client_for: Callable[[str], FlaskClient], tmp_path: Path
) -> None:
    chen = client_for("chen")
    for data, name, words in (
        (b"", "a.xlsx", "这个文件是空的"),
        (b"hello", "a.xlsx", "这不是 Excel 台账"),
        ("一,二\n1,2\n".encode(), "a.csv", "没有找到表头"),
    ):
        answer = chen.post("/desk/roster", data={"file": (io.BytesIO(data), name)})
        assert (answer.status_code, words in answer.text) == (422, True)
    assert chen.post("/desk/roster", data={}).status_code == 422
    assert not list((tmp_path / "instance").rglob("imports/*"))
