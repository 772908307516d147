"""The rules of care hold whatever the order in which logs arrive, and every rule names its source."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from webapp.care import rhythm, thresholds
from webapp.care.dates import add_days, age_on, days_between, is_date, local_date, week_end, weekday
from webapp.care.rhythm import dues_on, needs_today
from webapp.care.summary import empty_summary, merge_summary, summarise
from webapp.care.thresholds import RANKS, attend, fields_at_fault, reason_text
from webapp.forms.catalogue import untranslated
from webapp.forms.engine import load_form
from webapp.forms.kinds import FACTS

MONDAY = "2025-11-24"
MONDAY_NOON = 1_763_956_800_000  # 2025-11-24 12:00 in China, ms
DAY = 86_400_000
DAYS = st.dates().map(str).filter(lambda day: "1900" < day < "2200")


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to six facts of one person, each with an id of its own, several at one moment."""
    made = []
    for name in draw(st.lists(st.sampled_from("abcdef"), unique=True)):
        day = draw(st.integers(-9, 9))
        fields = {"next_date": add_days(MONDAY, draw(st.integers(-9, 9)))} if draw(st.booleans()) else {}
        row: dict[str, Any] = {"id": name, "author": "asha", "fields": fields, "reasons": []}
        row["occurred_at"] = MONDAY_NOON + day * DAY
        row["kind"] = draw(st.sampled_from(FACTS))
        row["state"] = draw(st.sampled_from(["pending", "approved", "returned", "amended", "void"]))
        row["attention"] = draw(st.sampled_from(RANKS))
        made.append(row)
    return made


@given(st.data())
def test_a_summary_is_the_same_in_whatever_order_logs_arrive(data: st.DataObject) -> None:
    made = data.draw(rows())
    assert summarise(data.draw(st.permutations(made))) == summarise(made)


@given(st.data())
def test_a_log_that_arrives_again_changes_nothing(data: st.DataObject) -> None:
    made = data.draw(rows())
    again = data.draw(st.lists(st.sampled_from(made), max_size=3)) if made else []
    assert summarise([*made, *again]) == summarise(made)


@given(rows())
def test_no_open_follow_up_has_been_kept_already(made: list[dict[str, Any]]) -> None:
    counted = [row for row in made if row["state"] in ("pending", "approved", "returned")]
    open_ones = {item["id"] for item in summarise(made)["follow_ups"]}
    for row in counted:
        date = row["fields"].get("next_date")
        later = [other for other in counted if other["occurred_at"] > row["occurred_at"]]
        kept = any(local_date(other["occurred_at"]) >= (date or "") for other in later)
        assert (row["id"] in open_ones) == (date is not None and not kept)


def due_for(category: str, alone: bool, summary: dict[str, Any], today: str) -> list[dict[str, Any]]:
    person = {"fields": {"category": category}, "alone": alone, "since": None}
    return dues_on(person, summary, today, [], ["grid"])


@given(rows(), st.booleans(), st.sampled_from(["child", "woman", "elder"]))
def test_what_is_due_is_either_late_or_to_come_and_the_most_urgent_is_first(
    made: list[dict[str, Any]], alone: bool, category: str
) -> None:
    found = due_for(category, alone, summarise(made), MONDAY)
    at_the_door = {"urgent", "follow_up", "daily_knock", "weekly_call"}
    assert needs_today(found) == any(not due["left_days"] and due["why"] in at_the_door for due in found)
    order = [rhythm.RULES["order"].index(due["why"]) for due in found]
    assert order == sorted(set(order))
    for due in found:
        assert add_days(due["date"], due["late_days"] - due["left_days"]) == MONDAY
        assert 0 in (due["late_days"], due["left_days"])


@given(st.integers(0, 6))
def test_one_visit_settles_the_week_it_falls_in_and_no_other(day: int) -> None:
    row: dict[str, Any] = {"id": "a", "kind": "visit", "state": "pending", "author": "ben", "fields": {}}
    row |= {"occurred_at": MONDAY_NOON + day * DAY, "attention": "well", "reasons": []}
    summary = merge_summary(empty_summary(), row)
    for today in range(day, 7):
        assert due_for("woman", False, summary, add_days(MONDAY, today)) == []
    [due] = due_for("woman", False, summary, add_days(MONDAY, 7))
    assert (due["why"], due["date"], due["left_days"]) == ("weekly_call", "2025-12-07", 6)


@given(DAYS, st.integers(-4000, 4000))
def test_dates_add_up(day: str, days: int) -> None:
    other = add_days(day, days)
    assert is_date(other)
    assert days_between(day, other) == days
    assert weekday(week_end(day)) == 7
    assert 0 <= days_between(day, week_end(day)) <= 6


@given(DAYS, st.integers(0, 110))
def test_somebody_is_a_year_older_on_each_birthday(birth: str, years: int) -> None:
    born_on_leap_day = birth.endswith("02-29")
    month_and_day = "03-01" if born_on_leap_day else birth[5:]
    birthday = f"{int(birth[:4]) + years}-{month_and_day}"
    assert age_on(birth, birthday) == years
    expected = years - 1 if years else None
    if not (born_on_leap_day and years == 0):
        assert age_on(birth, add_days(birthday, -1)) in (expected, years if born_on_leap_day else expected)


def test_every_threshold_names_its_source_its_words_and_a_field_of_its_form() -> None:
    codes = []
    for group in thresholds.RULES["groups"]:
        keys = {field["key"] for field in load_form(group["kind"])["fields"]}
        for rule in group["rules"]:
            codes.append(rule["code"])
            assert rule.get("source", group["source"]) in thresholds.RULES["sources"]
            assert reason_text(rule["code"], untranslated) == rule["reason"]
            assert rule["attention"] in RANKS
            assert fields_at_fault(group["kind"], [rule["code"]]) <= keys
    assert len(codes) == len(set(codes))


def test_every_rhythm_names_the_plan_it_comes_from() -> None:
    for rule in [*rhythm.RULES["rules"], rhythm.RULES["birthday"]]:
        assert rule["source"].startswith(("第二份工作计划", "第三份工作计划", "第四份工作方案"))
    order = {rule["key"] for rule in rhythm.RULES["rules"]} | {"urgent", "follow_up", "birthday"}
    assert order == set(rhythm.RULES["order"])


def test_a_rule_can_be_satisfied_by_a_form_that_there_is() -> None:
    for rule in rhythm.RULES["rules"]:
        assert set(rule["facts"]) & set(FACTS), rule["key"]


FIELDS = {
    "away_from": st.sampled_from(["", "2025-11-20", "2025-11-30", "9999-12-31", "昨天"]),
    "away_until": st.sampled_from(["", "2025-11-23", "2025-12-05", "9999-12-31", "0001-01-01"]),
    "rhythm_from": st.sampled_from(["", "2025-11-20", "0001-01-01", "9999-12-31"]),
    "rhythm_call": st.sampled_from(["weekly", "fortnightly", "monthly", "none", "x"]),
    "rhythm_knock": st.sampled_from(["daily", "alternate", "none", ""]),
    "birth": st.sampled_from(["", "2012", "2012-02-29", "9998-02-29", "去年"]),
    "class": st.sampled_from(["", "初一", "(("]),
    "risk": st.sampled_from(["none", "watch", "high", "?"]),
    "category": st.sampled_from(["child", "woman", "elder", "?"]),
    "absence": st.sampled_from(["both", "one", "single"]),
}
RHYTHM = st.fixed_dictionaries(
    {
        "rule": st.sampled_from(["weekly_call", "daily_knock", "quarterly_check", "?"]),
        "state": st.sampled_from(["on", "off", "above", "?"]),
        "every": st.integers(0, 10**6 - 1),
        "from": st.sampled_from(["", "2025-11-20", "2025-11-24", "0001-01-01", "9999-12-31", "x"]),
    }
)


@given(rows(), st.fixed_dictionaries({}, optional=FIELDS), st.lists(RHYTHM, max_size=3), st.booleans())
def test_whatever_a_phone_wrote_into_a_person_or_a_rule_the_page_still_stands(
    made: list[dict[str, Any]], fields: dict[str, Any], rules: list[dict[str, Any]], alone: bool
) -> None:
    person = {"fields": fields, "alone": alone, "since": MONDAY_NOON - 90 * DAY}
    rhythms = [{"id": str(place), "area": "grid", "fields": rule} for place, rule in enumerate(rules)]
    for due in dues_on(person, summarise(made), MONDAY, rhythms, ["village", "grid"]):
        assert due["late_days"] >= 0
        assert due["left_days"] >= 0
        assert is_date(due["date"])


@given(st.integers(50, 300), st.integers(30, 200))
def test_more_pressure_is_never_less_urgent(systolic: int, diastolic: int) -> None:
    def rank(upper: int, lower: int) -> int:
        return RANKS.index(attend("health_check", {"systolic": upper, "diastolic": lower})[0])

    if systolic >= 90 and diastolic >= 60:
        assert rank(systolic + 1, diastolic) <= rank(systolic, diastolic)
        assert rank(systolic, diastolic + 1) <= rank(systolic, diastolic)
