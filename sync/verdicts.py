"""Judging a change before anything is done with it. Pure.

A verdict is a value in the words of the protocol: ``accepted``, or ``quarantined`` or ``rejected`` with a
code of ``sync.errors``. Whether an edit is a conflict shows only when it is merged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync.catalogue import Kind
from sync.change import Change
from sync.overlay import Row
from sync.scope import Caller

FACT_OPS = frozenset({"record", "amend", "void", "review"})


@dataclass(frozen=True)
class Known:
    """What the server holds that a change speaks of; None where it holds nothing.

    ``subject`` is the person that a profile's change names in its fields; ``missing`` the kind of what else
    it names there and the area does not hold. ``gone`` is how what it speaks of went: "left" (to another
    area), "erased", or "" where it did not; ``above`` says whether the area lies above the grids.
    """

    target: Row | None
    amended: Row | None
    person: Row | None
    subject: Row | None
    area_exists: bool
    gone: str = ""
    missing: str = ""
    above: bool = False


@dataclass(frozen=True)
class Verdict:
    """``status`` and ``code``; ``detail`` lists form errors by field."""

    status: str
    code: str = ""
    detail: list[dict[str, Any]] | None = None


ACCEPTED = Verdict("accepted")


def judge_change(change: Change, kind: Kind | None, caller: Caller, known: Known) -> Verdict:
    """The verdict on a change that has not come before."""
    if known.gone == "erased":
        return Verdict("rejected", "erased_person")
    code = _why_held(change, kind, caller, known)
    if kind is None or code:
        return _held(code)
    if kind.family == "profile":
        return _judge_set(change, kind, caller, known)
    return _JUDGES[change.op](change, kind, caller, known)


def _why_held(change: Change, kind: Kind | None, caller: Caller, known: Known) -> str:
    """The code for which a change of any operation is held; "" where there is none."""
    if caller.stopped:
        return caller.stopped
    if not caller.may_read(change.area) or not known.area_exists:
        return "foreign_area"
    if kind is None or (change.op in FACT_OPS) != (kind.family == "fact"):
        return "unknown_kind"
    return _why_not_there(change, kind, caller, known)


def _why_not_there(change: Change, kind: Kind, caller: Caller, known: Known) -> str:
    """The code for which a change of a known kind is not for this area, or not theirs there."""
    if not kind.may_live(known.above) or (known.above and _is_about_somebody(change)):
        return "wrong_level"
    if not caller.may_write(change.area):
        return "not_allowed"
    if known.gone == "left":
        return "moved_away"
    return "unknown_record" if known.target is not None and known.target["kind"] != change.kind else ""


def _is_about_somebody(change: Change) -> bool:
    """Whether a change names a person or a household: whatever its kind, that stays in a grid."""
    spoken = change.raw.keys() | change.body.keys()
    return bool(spoken & {"person", "household"})


def _judge_set(change: Change, kind: Kind, caller: Caller, known: Known) -> Verdict:
    """Who does not review sets only what the definition marks: for the phone, or for a record that is new.

    A field that this build does not know waits for the one that does (``invalid_fields``, replayed).
    """
    stored = known.target["fields"] if known.target is not None else None
    code = kind.judge(change.body, change.base, stored, bool(change.resolves)) or _who_is_not_here(
        kind, change, known
    )
    if code:
        return _held(code)
    errors = kind.check(change.body)
    if not caller.may_review(change.area):
        allowed = kind.phone if stored is not None else kind.register
        if not allowed or change.body.keys() & kind.fields - allowed:
            return _held("not_allowed")
        if not kind.own(change.body, stored, caller.account):
            return _held("not_allowed")
        unknown = sorted(change.body.keys() - kind.fields)
        errors = errors + [{"key": name, "code": "unknown_field", "message": name} for name in unknown]
    return Verdict("quarantined", "invalid_fields", errors) if errors else ACCEPTED


def _who_is_not_here(kind: Kind, change: Change, known: Known) -> str:
    """A profile about a person is about one of its area, and so is whoever else it names there."""
    if known.missing:
        return f"unknown_{known.missing}"
    if "person" not in kind.fields or change.body.get("person") is None:
        return ""
    return "" if known.subject is not None and known.subject["kind"] == "person" else "unknown_person"


def _judge_record(change: Change, kind: Kind, caller: Caller, known: Known) -> Verdict:
    del caller
    if known.person is None or known.person["kind"] != "person":
        return _held("unknown_person")
    errors = kind.check(change.body)
    if errors:
        return Verdict("quarantined", "invalid_fields", errors)
    return ACCEPTED


def _judge_amend(change: Change, kind: Kind, caller: Caller, known: Known) -> Verdict:
    if known.amended is None or known.amended["kind"] != change.kind:
        return _held("unknown_record")
    if known.amended.get("person") != change.person:
        return _held("unknown_person")
    if not _owns(known.amended, change, caller):
        return _held("not_author")
    return _judge_record(change, kind, caller, known)


def _judge_void(change: Change, kind: Kind, caller: Caller, known: Known) -> Verdict:
    del kind
    if known.target is None:
        return _held("unknown_record")
    return ACCEPTED if _owns(known.target, change, caller) else _held("not_author")


def _judge_review(change: Change, kind: Kind, caller: Caller, known: Known) -> Verdict:
    del kind
    if not caller.may_review(change.area):
        return _held("not_allowed")
    if known.target is None:
        return _held("unknown_record")
    if known.target["state"] in ("amended", "void"):
        return _held("stale_review")
    return ACCEPTED


def _owns(row: Row, change: Change, caller: Caller) -> bool:
    return row.get("author") == caller.account or caller.may_review(change.area)


def _held(code: str) -> Verdict:
    return Verdict("quarantined", code)


_JUDGES = {
    "record": _judge_record,
    "amend": _judge_amend,
    "void": _judge_void,
    "review": _judge_review,
}
