"""What is due in words: why, since when or until when. Twin: static/field/view_models/due.js."""

from __future__ import annotations

from webapp.care.dates import local_date
from webapp.care.rhythm import Due, last_seen
from webapp.field.view_models.shelf import Shelf
from webapp.field.view_models.words import Row, age_words, day_words
from webapp.forms.engine import Translate

WHY = {
    "urgent": "先去看看",
    "follow_up": "约好了要来",
    "daily_knock": "今天一敲门",
    "weekly_call": "本周一登门",
    "monthly_feedback": "这个月和父母说一说孩子",
    "guardian_talk": "这个月和临时监护人聊一聊",
    "school_visit": "这一季到学校了解一次",
    "quarterly_check": "这一季查一次身体",
    "birthday": "过生日",
}
BADGES = {
    "urgent": "",
    "follow_up": "",
    "daily_knock": "敲一敲",
    "weekly_call": "登门",
    "monthly_feedback": "和父母说",
    "guardian_talk": "和监护人聊",
    "school_visit": "去学校",
    "quarterly_check": "查身体",
    "birthday": "生日",
}
BECAUSE = {
    "risk_high": "要特别留心",
    "risk_watch": "要多留心",
    "attention": "上次需要关注",
    "asked": "说好了常来敲门",
    "alone": "一个人住",
}


def due_line(due: Due, shelf: Shelf, person: Row, t: Translate) -> dict[str, str]:
    """One due on a person's page: ``{"why", "when"}``."""
    return {"why": t(WHY[due["why"]]), "when": due_when(due, shelf, person, t)}


def due_when(due: Due, shelf: Shelf, person: Row, t: Translate) -> str:
    """Until when, or how long past: 还有 3 天, 过了 12 天; of a knock why, of a birthday the age."""
    why = due["why"]
    if why == "birthday":
        day, age = day_words(due["date"], shelf.today, t), age_words(person, due["date"], t)
        return t("%(day)s满%(age)s", day=day, age=age) if age else day
    if why == "daily_knock":
        return t(BECAUSE[due["because"]])
    if why in ("urgent", "follow_up"):
        return day_words(due["date"], shelf.today, t)
    return lateness(due, t) or _left(due, t)


def lateness(due: Due, t: Translate) -> str:
    """过了 12 天; "" where it is not late."""
    return t("过了 %(n)s 天", n=str(due["late_days"])) if due["late_days"] else ""


def seen_words(shelf: Shelf, person: Row, t: Translate) -> str:
    """When somebody saw them last: 上次 昨天, 还没去过."""
    seen = last_seen(shelf.summary_of(person))
    if seen is None:
        return t("还没去过")
    return t("上次 %(day)s", day=day_words(local_date(seen["at"]), shelf.today, t))


def _left(due: Due, t: Translate) -> str:
    return t("还有 %(n)s 天", n=str(due["left_days"])) if due["left_days"] else t("今天最后一天")
