"""我: who is signed in, where, and the numbers that help. Twin: static/field/view_models/me.js."""

from __future__ import annotations

from typing import Any

from webapp.care.dates import local_date
from webapp.field.view_models.frame import head
from webapp.field.view_models.paired import my_people
from webapp.field.view_models.shelf import Book, Shelf
from webapp.field.view_models.words import role_words
from webapp.forms.engine import Translate

# 强制报告: 国家监察委员会等九部门《关于建立侵害未成年人案件强制报告制度的意见（试行）》2020.
HELP = (
    ("报警", "110"),
    ("急救", "120"),
    ("未成年人保护", "12345"),
    ("心理援助", "12356"),
    ("妇女维权", "12338"),
)


def me_view(
    book: Book,
    me: dict[str, str],
    settings: dict[str, Any],
    connection: dict[str, Any],
    now: int,
    t: Translate,
) -> dict[str, Any]:
    """The page; ``settings`` is ``{"language", "text_size", "storage", "persisted", "asked"}``.

    ``asked`` is "refused" just after the phone did not promise to keep what is stored.
    """
    shelf = Shelf(book, local_date(now))
    waiting = connection["waiting"]
    mine = my_people(shelf, me["id"], t)
    grids = t("、").join(str(grid["fields"].get("name", "")) for grid in shelf.grids)
    return {
        "head": head(me["name"], sub=role_words(me["role"], t), side=""),
        "facts": [
            {"label": t("负责网格"), "text": grids or t("还没有分到网格")},
            *(_on_phone(book, settings, t) if connection["worker"] else _not_on_phone(t)),
        ],
        "paired": mine,
        "has_paired": bool(mine),
        "languages": [
            {"value": value, "label": label, "chosen": settings["language"] == value}
            for value, label in (("zh_Hans", "中文"), ("en", "English"))
        ],
        "sizes": [
            {"value": value, "label": t(label), "chosen": settings["text_size"] == value}
            for value, label in (("normal", "标准"), ("large", "大字"))
        ],
        "help": [{"label": t(label), "number": number, "href": f"tel:{number}"} for label, number in HELP],
        "can_ask": bool(connection["worker"]) and not settings["persisted"],
        "worker": bool(connection["worker"]),
        "has_waiting": waiting > 0,
        "waiting": t("还有 %(n)s 条没上传。先连上网传完，再退出。", n=str(waiting)) if waiting else "",
    }


def _on_phone(book: Book, settings: dict[str, Any], t: Translate) -> list[dict[str, str]]:
    return [
        {"label": t("这部手机里"), "text": _held(book, t)},
        {"label": t("占用空间"), "text": settings["storage"] or t("不知道")},
        {"label": t("会不会被清掉"), "text": _kept(settings, t)},
    ]


def _not_on_phone(t: Translate) -> list[dict[str, str]]:
    """Without a worker the phone keeps nothing, and must not promise that it does."""
    text = t("还没有存下台账，要有信号才能用。请换手机自带的浏览器打开。")
    return [{"label": t("这部手机里"), "text": text}]


def _held(book: Book, t: Translate) -> str:
    households, people = str(len(book["households"])), str(len(book["people"]))
    return t("%(households)s 户、%(people)s 人，没有信号也能看", households=households, people=people)


def _kept(settings: dict[str, Any], t: Translate) -> str:
    if settings["persisted"]:
        return t("手机答应一直留着")
    if settings.get("asked") == "refused":
        return t("手机没有答应。把“敲门”放到桌面、多用几次，再来点一次；平时常联网上传")
    return t("空间很紧时可能被清，请常联网上传")
