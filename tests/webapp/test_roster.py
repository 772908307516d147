"""The ledger goes in exactly as its truth says; what is not a ledger is refused with what was expected."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from sync.scope import SYSTEM
from tests.world import NOW
from webapp.cli import main
from webapp.ledger.roster.cells import CellError, read_birth, read_number, read_phone, spell
from webapp.ledger.roster.judging import read_lines
from webapp.ledger.roster.workbook import LARGEST_FILE, RosterRefusedError, read_sheets
from webapp.ledger.roster_import import import_lines
from webapp.ledger.staging import forget_old
from webapp.ledger.stats import count_ledger

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from sync.database import Store
    from tests.world import World

DEMO = Path(__file__).parents[2] / "webapp/demo"
LEDGER = next(DEMO.glob("*.xlsx"))
TRUTH: dict[str, Any] = json.loads(next(DEMO.glob("*.truth.json")).read_text("utf-8"))
COUNTED = {key: value for key, value in TRUTH.items() if key != "bad_rows"}
COUNTED["by_absence"] = TRUTH["children_by_parents_away"]
COUNTED["areas_without_head"] = ["青禾村", *(f"青禾村/{grid}" for grid in sorted(TRUTH["by_grid"]))]
TODAY = "2026-11-24"
CODES = {
    "no name": "no_name",
    "impossible birth date": "impossible_birth_date",
    "impossible phone number": "impossible_phone",
    "the same person again": "same_person_again",
}


def assert_counted(counts: dict[str, Any]) -> None:
    """The counts are the truth's, and those of the village's tree are the same ones."""
    by_area = dict(counts["by_area"])
    assert {key: counts[key] for key in COUNTED} == COUNTED
    whole = by_area.pop("青禾村")
    assert whole == {name: TRUTH[name] for name in ("households", "people", "by_kind")}
    assert {path: told["households"] for path, told in by_area.items()} == {
        f"青禾村/{grid}": households for grid, households in TRUTH["by_grid"].items()
    }


def lines_of(data: bytes, name: str = "台账.xlsx") -> list[Any]:
    return read_lines(read_sheets(data, name), TODAY)


def test_the_ledger_goes_in_as_its_truth_says_and_twice_adds_nothing(store: Store) -> None:
    import_lines(store, lines_of(LEDGER.read_bytes()), SYSTEM)
    with store.read() as tx:
        counts = count_ledger(tx, store)
    assert_counted(counts)
    again = import_lines(store, lines_of(LEDGER.read_bytes()), SYSTEM)
    assert (again.added, again.changed, again.people) == ({}, 0, TRUTH["people"])
    with store.read() as tx:
        assert count_ledger(tx, store) == counts


def test_the_eight_bad_rows_are_held_each_with_its_reason() -> None:
    held = [line for line in lines_of(LEDGER.read_bytes()) if line.fate == "held"]
    expected = [(row["sheet"], row["row"], CODES[row["why"]]) for row in TRUTH["bad_rows"]]
    assert [(line.sheet, line.row, line.code) for line in held] == expected
    assert all(line.reason.endswith(("。", "。")) for line in held)


def test_the_unit_row_above_the_header_stays_above_it() -> None:
    lines = lines_of(LEDGER.read_bytes())
    assert {line.village for line in lines} == {"青禾村"}


def test_a_rehearsal_writes_nothing(store: Store) -> None:
    outcome = import_lines(store, lines_of(LEDGER.read_bytes()), SYSTEM, rehearse=True)
    assert outcome.added["person"] == TRUTH["people"]
    with store.read() as tx:
        assert count_ledger(tx, store)["people"] == 0


def test_a_value_that_changed_is_set_alone(store: Store) -> None:
    import_lines(store, lines_of(LEDGER.read_bytes()), SYSTEM)
    book = openpyxl.load_workbook(LEDGER)
    book["留守儿童"]["O4"] = "柳林镇中心小学"
    changed = io.BytesIO()
    book.save(changed)
    outcome = import_lines(store, lines_of(changed.getvalue()), SYSTEM)
    assert (outcome.changed, outcome.added) == (1, {})


def test_a_table_of_text_with_other_headings_is_read_too() -> None:
    text = (
        "组别,现住址,老人姓名,性别,出生时间,联系方式\n"
        "一组,一组5号,刘　福,男,1940年3月,１３８００１３８０００\n"
    )
    for data in (text.encode(), text.encode("gb18030")):
        [line] = lines_of(data, "三留守老人.csv")
        assert (line.fate, line.category) == ("accepted", "elder")
        assert line.values == {"name": "刘福", "sex": "male", "birth": "1940-03", "phone": "13800138000"}


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.xlsx", "empty_file"),
        (b"hello", "a.xlsx", "not_a_workbook"),
        (b"PK\x03\x04 broken", "a.xlsx", "not_a_workbook"),
        (LEDGER.read_bytes()[:20_000], "a.xlsx", "not_a_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls", "old_workbook"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "a.xlsx",
            "encrypted",
        ),
        (b"0" * (LARGEST_FILE + 1), "a.xlsx", "too_large"),
        ("一,二,三\n1,2,3\n".encode(), "a.csv", "no_header"),
        ("姓名,性别,出生年月\n".encode(), "a.csv", "no_people"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_ledger_is_refused(data: bytes, name: str, code: str) -> None:
    with pytest.raises(RosterRefusedError) as raised:
        lines_of(data, name)
    assert raised.value.code == code


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_unopened() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for place in range(3):
            archive.writestr(f"xl/{place}.xml", b"0" * 80_000_000)
    with pytest.raises(RosterRefusedError, match="太大"):
        lines_of(bomb.getvalue())


def test_the_commands_import_count_and_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIAOMEN_INSTANCE", str(tmp_path))
    runner = CliRunner()
    tried = runner.invoke(main, ["import-roster", str(LEDGER), "--dry-run", "--json"])
    assert json.loads(tried.output)["added"] == {"household": 78, "person": 140}
    assert json.loads(runner.invoke(main, ["stats", "--json"]).output)["people"] == 0
    done = json.loads(runner.invoke(main, ["import-roster", str(LEDGER), "--json"]).output)
    assert len(done["held"]) == 8
    counts = json.loads(runner.invoke(main, ["stats", "--json"]).output)
    assert_counted(counts)
    nonsense = tmp_path / "nonsense.xlsx"
    nonsense.write_text("hello")
    refused = runner.invoke(main, ["import-roster", str(nonsense)])
    assert refused.exit_code == 2
    assert "这不是 Excel 台账" in refused.output


def test_a_supervisor_imports_into_their_own_village_only(
    client_for: Callable[[str], FlaskClient], village: World
) -> None:
    text = (
        "网格,家庭住址,姓名,性别,出生年月\n"
        "一组,一组50号,赵新,男,1940-01-01\n"
        "柳河一组,柳河一组9号,钱新,女,1941-01-01\n"
    )
    chen = client_for("chen")
    sent = chen.post("/desk/roster", data={"file": (io.BytesIO(text.encode()), "留守老人.csv")})
    assert sent.status_code == 303, sent.text
    assert "这个网格不归你管" in chen.get(sent.location).text
    chen.post(f"{sent.location}/import")
    assert "赵新" in chen.get("/desk/people?q=赵新").text
    with village.store.read() as tx:
        assert count_ledger(tx, village.store)["by_grid"]["柳河一组"] == 1
    assert client_for("asha").get(sent.location).status_code == 403


def test_uploads_are_forgotten_after_thirty_days(tmp_path: Path) -> None:
    for name, age in (("old", 31), ("new", 29)):
        (tmp_path / f"{name}.db").touch()
        moment = NOW / 1000 - age * 86_400
        os.utime(tmp_path / f"{name}.db", (moment, moment))
    forget_old(tmp_path, NOW)
    assert [path.stem for path in tmp_path.glob("*.db")] == ["new"]


def test_a_sixty_megabyte_upload_is_refused_in_plain_words(client_for: Callable[[str], FlaskClient]) -> None:
    form = {"content_type": "multipart/form-data; boundary=x"}
    answer = client_for("chen").post("/desk/roster", data=b"0" * 60_000_000, **form)
    assert answer.status_code == 413
    assert "文件太大" in answer.text


@given(
    st.dates(date(1900, 1, 1), date(2026, 11, 23)),
    st.sampled_from(["{}年{}月{}日", "{}/{}/{}", "{}.{}.{}", "{}-{:02}-{:02}", "{}{:02}{:02}"]),
)
def test_every_way_to_write_a_date_reads_as_the_same_date(day: date, form: str) -> None:
    assert read_birth(form.format(day.year, day.month, day.day), TODAY) == day.isoformat()


@given(st.text(max_size=12))
def test_no_text_breaks_the_readers(text: str) -> None:
    for read in (lambda: read_birth(text, TODAY), lambda: read_phone(text)):
        try:
            assert read()
        except CellError:
            continue
    assert read_number(text) >= 0
    spell(text)


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["{}", "{0:.3} {0:.7}", "+86 {}", "({})"]),
)
def test_phones_read_whatever_stands_between_their_digits(digits: str, form: str) -> None:
    spaced = f"{digits[:3]}-{digits[3:7]} {digits[7:]}"
    assert read_phone(spaced) == digits
    assert read_phone(form.format(digits) if "." not in form else digits) == digits


def test_names_are_spelled_with_the_readings_of_surnames() -> None:
    assert spell("单春")[1] == ["sc"]
    assert "zeng" in spell("曾乐")[0][0]
    assert spell("王小明")[1][0] == "wxm"
