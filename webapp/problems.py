"""Pages for what goes wrong, in plain words that say what to do next."""

from __future__ import annotations

from flask import Flask, render_template
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException


def init_app(app: Flask) -> None:
    """Answer every HTTP error with a page; unexpected ones are logged by Flask first."""
    app.register_error_handler(HTTPException, _show_problem)


def _show_problem(error: HTTPException) -> tuple[str, int]:
    code = error.code or 500
    words = {
        403: (_("这一页不是给你看的"), _("如果你觉得应该能看，请找督导员。")),
        404: (_("这里没有这一页"), _("可能网址写错了，或者东西已经搬走。")),
        405: (_("这一步做不了"), _("请回到前一页，再点一次按钮。")),
        413: (_("文件太大"), _("台账要在 20 MB 以内。请看看是不是选错了文件。")),
    }
    broken = (_("出了点问题"), _("已经存下的都在。请过一会儿再试，还不行就告诉管理员。"))
    message, advice = words.get(code, broken)
    return render_template("auth/problem.html", message=message, advice=advice), code
