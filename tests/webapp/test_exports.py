"""What leaves as a file: only one's own desk, never a formula, each on record; and the counts page."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from sync.schema import access, audit
from tests.world import NOW
from webapp.care.dates import age_on
from webapp.desk.export_files import Table, harmless, write_csv, write_xlsx
from webapp.ledger.counting import BANDS, band_of, bounds_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from tests.world import World


def cells(data: bytes) -> dict[str, list[list[object]]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


@pytest.mark.parametrize(
    "start", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠x", "\t=1", " =1", "|x"]
)
def test_no_cell_is_ever_a_formula(start: str) -> None:
    assert harmless(start) == f"'{start}"
    data = write_xlsx([Table(start, [start], [[start]])])
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    assert all(cell.data_type == "s" and str(cell.value).startswith("'") for row in sheet for cell in row)
    [heading, row] = csv.reader(io.StringIO(write_csv([Table("t", [start], [[start]])]).decode("utf-8-sig")))
    assert heading == row == [f"'{start}"]


def test_a_workbook_keeps_numbers_dates_and_leading_zeros() -> None:
    [rows] = cells(write_xlsx([Table("t", ["a", "b", "c"], [[3, date(1940, 1, 2), "0371"]])])).values()
    assert rows[1] == [3, datetime(1940, 1, 2), "0371"]  # noqa: DTZ001  # as Excel keeps a day


def test_people_leave_by_kind_in_the_office_order_and_only_ones_own(
    client_for: Callable[[str], FlaskClient], village: World
) -> None:
    body = {"living": '=HYPERLINK("x")', "phone": "037112345678"}
    village.fold("chen", village.change("set", "person", village.people["huang"], "一组", body))
    chen = client_for("chen")
    sheets = cells(chen.get("/desk/exports/people.xlsx").data)
    assert list(sheets) == ["留守儿童", "留守妇女", "留守老人"]
    assert sheets["留守老人"][0][:6] == ["序号", "所属网格", "家庭住址", "姓名", "性别", "出生日期"]
    elders = {row[3]: row for row in sheets["留守老人"][1:]}
    assert "钱福" not in elders
    assert elders["黄桂兰"][1:3] == ["一组", "一组12号"]
    assert '\'=HYPERLINK("x")' in elders["黄桂兰"]
    assert "037112345678" in elders["黄桂兰"]
    found = chen.get("/desk/exports/people.csv?q=王小明").data.decode("utf-8-sig")
    assert "王小明" in found
    assert "黄桂兰" not in found
    assert client_for("asha").get("/desk/exports/people.csv").status_code == 403
    assert chen.get("/desk/exports/secrets.csv").status_code == 404
    with village.store.read() as tx:
        noted = tx.execute(select(audit).where(audit.c.action == "export").order_by(audit.c.at)).all()
    details = [json.loads(row.detail) for row in noted]
    assert {row.actor_id for row in noted} == {village.accounts["chen"]}
    assert {"form": "csv", "filter": {"q": "…"}, "rows": 2, "areas": 2} in details
    assert not any("王小明" in row.detail for row in noted)


def test_what_a_counselling_session_says_leaves_only_for_who_may_read_it(
    client_for: Callable[[str], FlaskClient], village: World
) -> None:
    session = village.visit() | {"kind": "counselling", "form": "counselling/1"}
    session["body"] = {"topic": ["family"], "mood": "2", "risk": "low", "note": "夜里睡不着"}
    village.fold("asha", session, village.visit("huang", note="煤够用"))
    with village.store.write() as tx:
        grant = {"area_id": village.areas["一组"], "account_id": village.accounts["ben"], "role": "grid_head"}
        tx.execute(insert(access), [grant | {"since": 0}])
    read = client_for("chen").get("/desk/exports/logs.csv?state=all").data.decode("utf-8-sig")
    assert "夜里睡不着" in read
    kept = client_for("ben").get("/desk/exports/logs.csv?state=all").data.decode("utf-8-sig")
    assert "夜里睡不着" not in kept
    assert "煤够用" in kept
    assert "（不导出）" in kept


def test_every_page_leaves_as_both_kinds_of_file(
    client_for: Callable[[str], FlaskClient], village: World
) -> None:
    village.fold("asha", village.visit())
    chen = client_for("chen")
    for page, address in (
        ("people", "people"),
        ("logs", "logs"),
        ("counts", "counts"),
        ("phones", "phones"),
        ("quarantine", "quarantine"),
        ("conflicts", "conflicts"),
    ):
        assert f"/desk/exports/{page}.xlsx" in chen.get(f"/desk/{address}").text, page
        assert cells(chen.get(f"/desk/exports/{page}.xlsx").data)
        assert chen.get(f"/desk/exports/{page}.csv").data.startswith(b"\xef\xbb\xbf")


def test_the_counts_page_counts_ones_own_desk(
    client_for: Callable[[str], FlaskClient], village: World
) -> None:
    body = {"school": "青禾小学", "name": "三年级1班", "pupils": 57, "both": 17, "one": 5, "single": 4}
    village.fold("chen", village.change("set", "class_list", village.id(), "一组", body), now=NOW)
    village.fold(
        "chen", village.change("set", "person", village.people["xiaoming"], "一组", {"absence": "both"})
    )
    page = client_for("chen").get("/desk/counts").text
    for words in ("留守儿童", "留守老人", "父母都外出", "80 岁以上", "青禾小学 三年级1班"):
        assert words in page
    assert '<td class="n">57</td><td class="n">17</td><td class="n">5</td><td class="n">4</td>' in page
    assert "3 户" in page
    assert "4 人" in page
    assert "柳河" not in page
    one = client_for("chen").get(f"/desk/counts?area={village.areas['二组']}").text
    assert "1 人" in one
    assert client_for("asha").get("/desk/counts").status_code == 403


@given(
    st.dates(date(1900, 1, 1), date(2030, 1, 1)),
    st.dates(date(2024, 1, 1), date(2028, 12, 31)),
    st.sampled_from([4, 7, 10]),
)
def test_a_band_is_that_of_the_whole_years_lived(born: date, today: date, length: int) -> None:
    birth = born.isoformat()[:length]
    age = age_on(birth, today.isoformat())
    band = band_of(birth, bounds_of(today.isoformat()))
    expected = next((f"{low}-{high}" for low, high in BANDS if age is not None and low <= age <= high), "")
    assert band == expected
