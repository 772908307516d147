"""The one catalogue of what can go wrong in an exchange. Pure.

A code is stable: it travels on the wire, chooses the message on the phone, and is what logs and tests
say. ``what`` tells what happened and ``action`` what the person can do, in plain Chinese (msgids).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One entry: its stable code, the HTTP status where it refuses a whole request, and its words."""

    code: str
    http: int
    what: str
    action: str


_ALL = (
    # whole requests
    Problem("broken_body", 400, "传上来的内容不完整", "东西还在手机里，稍后会自动再传"),
    Problem("body_too_large", 413, "一次传得太多", "东西还在手机里，会分几次传"),
    Problem("too_many_changes", 413, "一次传得太多", "东西还在手机里，会分几次传"),
    Problem("unknown_protocol", 400, "这个版本太旧，服务器认不出", "请更新后再传，东西还在手机里"),
    Problem("sign_in_again", 401, "登录过期了", "请重新登录，手机里的记录不会丢"),
    Problem("device_revoked", 403, "这部手机已被停用", "请找督导员，手机里的记录不会丢"),
    Problem("no_areas", 403, "这个账号还没有分到网格", "请找督导员分配网格"),
    Problem("busy", 503, "服务器正忙", "稍后会自动再传"),
    # single changes, rejected
    Problem("malformed", 400, "这条记录的格式不对", "请联系管理员，原文留在手机里"),
    Problem("too_large", 413, "这条记录太长", "请把文字写短些再存"),
    Problem("id_reused", 409, "同一个编号传来了两份不同的内容", "请联系管理员，两份都留着"),
    # single changes, quarantined: kept for a supervisor to decide
    Problem("foreign_area", 403, "这条记录不在你负责的网格", "督导员会处理，不用再写"),
    Problem("unknown_kind", 422, "服务器还不认识这种记录", "督导员会处理，不用再写"),
    Problem("unknown_record", 404, "找不到要改的那条记录", "督导员会处理，不用再写"),
    Problem("unknown_person", 404, "找不到这条记录说的人", "督导员会处理，不用再写"),
    Problem("invalid_fields", 422, "有几项填得不对", "督导员会处理，不用再写"),
    Problem("not_author", 403, "这条记录是别人写的", "督导员会处理，不用再写"),
    Problem("not_allowed", 403, "你的角色不能做这一步", "请找督导员"),
    Problem("stale_review", 409, "这条记录已经有人处理过", "刷新后再看一眼"),
)
PROBLEMS = {problem.code: problem for problem in _ALL}


class ProblemError(Exception):
    """A problem raised: ``code`` is one of ``PROBLEMS``; ``detail`` helps whoever reads the log."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.problem = PROBLEMS[code]
        self.code = code
        self.detail = detail
