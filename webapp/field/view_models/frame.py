"""What stands around every page: head, strip, tabs. Twin: static/field/view_models/frame.js."""

from __future__ import annotations

from typing import Any

from sync.errors import PROBLEMS
from webapp.field.view_models.words import ago_words, join_words
from webapp.forms.engine import Translate

TABS = (
    ("today", "今天", "/field/today", "sun"),
    ("households", "住户", "/field/households", "house"),
    ("outbox", "待传", "/field/outbox", "up"),
    ("me", "我", "/field/me", "person"),
)

PASSING = ("no_answer", "busy", "server_behind")  # troubles that end without anybody doing anything


def frame(active: str, connection: dict[str, Any], now: int, t: Translate) -> dict[str, Any]:
    """Strip and tabs; ``connection`` is ``{"online", "syncing", "waiting", "oldest", "needs", "trouble",
    "worker", "left"}``; ``trouble`` is a code of ``sync.errors`` that stops every exchange, or "", and
    ``left`` the number of earlier records still to come.
    """
    count = connection["waiting"] + connection["needs"]
    return {
        "strip": strip_view(connection, now, t),
        "tabs": [
            {
                "label": t(label),
                "href": href,
                "icon": f"/static/icons/icons.svg#{icon}",
                "current": key == active,
                "is_outbox": key == "outbox",
            }
            for key, label, href, icon in TABS
        ],
        "dot": {"count": str(count) if count < 100 else "99+", "shown": count > 0},
        "worker": bool(connection["worker"]),
    }


def strip_view(connection: dict[str, Any], now: int, t: Translate) -> dict[str, Any]:
    """The one line that says where things are: ``{"kind", "shape", "text"}``."""
    waiting, needs, oldest = connection["waiting"], connection["needs"], connection["oldest"]
    trouble = PROBLEMS.get(connection["trouble"])
    if trouble:
        passing = connection["trouble"] in PASSING
        words = join_words([t(trouble.what), _saved(waiting, t) if passing else "", t(trouble.action)])
        return {"kind": "away" if passing else "needs", "shape": "◌" if passing else "▲", "text": words}
    if needs:
        text = t("有 %(n)s 条要你看一下", n=str(needs))
        words = join_words([text, _saved(waiting, t), _left(connection, t)])
        return {"kind": "needs", "shape": "▲", "text": words}
    if not connection["online"]:
        since = t("最早 %(ago)s", ago=ago_words(oldest, now, t)) if oldest is not None else ""
        text = join_words([t("没有信号"), _saved(waiting, t) or t("照样可以记"), since])
        return {"kind": "away", "shape": "◌", "text": text}
    if connection["left"] or connection["syncing"]:
        shape, doing = ("↓", _left(connection, t)) if connection["left"] else ("↑", t("正在上传"))
        return {"kind": "ok", "shape": shape, "text": join_words([doing, _saved(waiting, t)])}
    if waiting:
        since = t("最早 %(ago)s", ago=ago_words(oldest, now, t)) if oldest is not None else ""
        return {"kind": "away", "shape": "◌", "text": join_words([t("等着上传"), _saved(waiting, t), since])}
    return {"kind": "ok", "shape": "●", "text": t("全部已上传")}


def head(title: str, *, sub: str = "", side: str = "", back: str = "", back_text: str = "") -> dict[str, Any]:
    """The coloured head of a page."""
    return {
        "title": title,
        "sub": sub,
        "has_sub": bool(sub),
        "side": side,
        "back": back,
        "back_text": back_text,
        "has_back": bool(back),
    }


def _saved(waiting: int, t: Translate) -> str:
    return t("已存本机 %(n)s 条", n=str(waiting)) if waiting else ""


def _left(connection: dict[str, Any], t: Translate) -> str:
    left = connection["left"] if connection["online"] else 0
    return t("正在下载以前的记录，还剩 %(n)s 条", n=str(left)) if left else ""
