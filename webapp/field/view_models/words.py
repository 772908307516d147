"""Rows in words: days, times, kinds, people and what a fact says. Twin: static/field/view_models/words.js."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from webapp.care.dates import age_on, days_between, is_date, local_date, local_time, weekday
from webapp.care.thresholds import reason_text
from webapp.forms.engine import Translate, load_form, load_profile, value_text
from webapp.forms.kinds import FACTS

Row = dict[str, Any]
SHAPES = {"urgent": "▲", "watch": "◆", "well": "●"}


def day_words(date: str, today: str, t: Translate) -> str:
    """A date as people say it: 今天, 昨天, 明天, 11月30日, 2025年11月30日."""
    near = {0: "今天", 1: "昨天", -1: "明天"}.get(days_between(date, today))
    if near:
        return t(near)
    year, month, day = date.split("-")
    if year == today[:4]:
        return t("%(month)s月%(day)s日", month=str(int(month)), day=str(int(day)))
    return t("%(year)s年%(month)s月%(day)s日", year=year, month=str(int(month)), day=str(int(day)))


def weekday_words(date: str, t: Translate) -> str:
    """周一 … 周日."""
    return t(("周一", "周二", "周三", "周四", "周五", "周六", "周日")[weekday(date) - 1])


def moment_words(millis: int, today: str, t: Translate) -> str:
    """An instant: the day, and the time of day where that is today or yesterday."""
    date = local_date(millis)
    words = day_words(date, today, t)
    return f"{words} {local_time(millis)}" if 0 <= days_between(date, today) <= 1 else words


def ago_words(millis: int, now: int, t: Translate) -> str:
    """How long ago: 刚刚, 5 分钟前, 2 小时前, 3 天前."""
    minutes = max(0, now - millis) // 60_000
    if minutes < 1:
        return t("刚刚")
    if minutes < 60:
        return t("%(n)s 分钟前", n=str(minutes))
    if minutes < 1440:
        return t("%(n)s 小时前", n=str(minutes // 60))
    return t("%(n)s 天前", n=str(minutes // 1440))


def phone_words(phone: str) -> str:
    """A number in groups that can be read aloud: 138 0013 8000."""
    if len(phone) == 11 and phone.startswith("1"):
        return f"{phone[:3]} {phone[3:7]} {phone[7:]}"
    return phone


def kind_words(kind: str, t: Translate) -> str:
    """走访, 健康检查, 心理疏导; the kind's own name where this build does not know it."""
    return t(load_form(kind)["title"]) if kind in FACTS else kind


def category_words(category: str, t: Translate) -> str:
    """留守儿童, 留守妇女, 留守老人."""
    names = {"child": "留守儿童", "woman": "留守妇女", "elder": "留守老人"}
    return t(names[category]) if category in names else ""


def role_words(role: str, t: Translate) -> str:
    """志愿者, 村干部, …; the role's own name where this build does not know it."""
    fields = {field["key"]: field for field in load_profile("member")["fields"]}
    return value_text(fields["role"], role, t)


def who_words(person: Row, today: str, t: Translate) -> str:
    """ "男 5岁"."""
    fields = person["fields"]
    sex = {"male": t("男"), "female": t("女")}.get(fields.get("sex", ""), "")
    return " ".join(part for part in (sex, age_words(person, today, t)) if part)


def age_words(person: Row, today: str, t: Translate) -> str:
    """ "5岁"; "" where no birth date is known."""
    age = age_on(person["fields"].get("birth", ""), today)
    return t("%(n)s岁", n=str(age)) if age is not None else ""


def fact_words(row: Row, t: Translate) -> str:
    """The gist of a fact in a few words."""
    fields = row["fields"]
    gist: list[str] = []
    if row["kind"] == "health_check":
        measured = _values("health_check", ("temperature", "glucose", "weight"), fields, t)
        gist = _pressure(fields) + measured[:1]
    elif row["kind"] in FACTS:
        gist = _values(row["kind"], load_form(row["kind"]).get("gist", ()), fields, t)
    return " · ".join(gist) or kind_words(row["kind"], t)


def state_words(row: Row, t: Translate) -> str:
    """Where a fact is: 已存本机, 已上传, 需处理, 已审核, 已更正, 已收回."""
    if row.get("place") == "saved":
        return t("已存本机")
    names = {
        "pending": "已上传",
        "approved": "已审核",
        "returned": "需处理",
        "amended": "已更正",
        "void": "已收回",
    }
    return t(names.get(row.get("state", ""), "已上传"))


def tag_of(row: Row, t: Translate) -> dict[str, str]:
    """A fact's attention as shape and word: ``{"kind", "shape", "text"}``."""
    attention = row.get("attention", "well")
    reasons = row.get("reasons", [])
    plain = {"urgent": "紧急", "watch": "需关注", "well": "正常"}
    text = reason_text(reasons[0], t) if reasons else t(plain.get(attention, "正常"))
    return {"kind": attention, "shape": SHAPES.get(attention, "●"), "text": text}


def kinds_for(category: str) -> list[str]:
    """The forms that are about people of a category: what concerns parents and school is about children."""
    return [kind for kind in FACTS if category in load_form(kind).get("for", [category])]


def state_line(person: Row, today: str, t: Translate) -> str:
    """Why somebody is not on the ledger any more, and since when: 去世了 · 从11月24日起; "" for who is."""
    fields = person["fields"]
    if fields.get("state", "active") == "active":
        return ""
    form = {field["key"]: field for field in load_profile("person")["fields"]}
    since = str(fields.get("state_since", ""))
    when = t("从%(day)s起", day=day_words(since, today, t)) if is_date(since) else ""
    return join_words([value_text(form["state"], fields["state"], t), when])


def fact_path(person: str, fact: str) -> str:
    """The address of a fact: a phone finds it among its person's, and so does the server."""
    return f"/field/people/{person}/facts/{fact}"


def join_words(parts: list[str]) -> str:
    """The parts that say something, with a dot between."""
    return " · ".join(part for part in parts if part)


def _pressure(fields: dict[str, Any]) -> list[str]:
    if "systolic" not in fields or "diastolic" not in fields:
        return []
    return [f"{fields['systolic']}/{fields['diastolic']} mmHg"]


def _values(kind: str, keys: Iterable[str], fields: dict[str, Any], t: Translate) -> list[str]:
    known = {field["key"]: field for field in load_form(kind)["fields"]}
    return [value_text(known[key], fields[key], t) for key in keys if fields.get(key) is not None]
