"""Files that phones exported: looked at, then imported. Part of the desk.

Invariant: of what a file holds nobody sees more than whose it is and how much, until somebody who may import
it has; a file lies here sealed, and is deleted once it was imported or a day old.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from flask import abort, current_app, redirect, request, url_for
from sqlalchemy import Connection

from sync.errors import PROBLEMS
from sync.parcel import LARGEST_FILE, Contents, Parcel, ParcelError, open_parcel, read_parcel
from sync.rows import rows_of
from webapp.auth.access import current_caller, desk_areas, desk_required
from webapp.care.dates import local_date
from webapp.desk.parcel_import import Sender, find_sender, import_parcel, may_import
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.outbox import OPS
from webapp.field.view_models.words import kind_words, moment_words
from webapp.forms.engine import load_form, value_text
from webapp.forms.kinds import FACTS
from webapp.ledger.commands import now_ms

Answer = Any
KEPT = 86_400_000
MOST_DRAFTS = 200
WORDS = {
    "not_a_parcel": ("这不是手机导出的文件", "在手机的“待传”里点“导出到文件”，选那个文件。"),
    "newer": ("这份文件是更新的版本导出的", "请管理员先升级服务器，再导入。"),
    "too_large": ("文件太大", "手机导出的文件不会超过 4 MB。请看看是不是选错了文件。"),
    "wrong_installation": ("这是别的站点的手机导出的", "请交给那个站点的督导员，这里打不开。"),
    "damaged": ("文件坏了，或者被改过", "请在手机上再导出一次，把文件原样送来，不要打开另存。"),
    "unknown_phone": ("认不出是哪部手机导出的", "什么也没有导入。请管理员看一下这部手机登记过没有。"),
    "not_yours": ("这部手机的人不归你管", "请交给管他所有网格的督导员，或者管理员。"),
}
STATUS = {"not_yours": 403, "too_large": 413}


@blueprint.post("/parcels")
@desk_required
def upload_parcel() -> Answer:
    """Look at a file: nothing is imported yet."""
    file = request.files.get("file")
    data = file.stream.read(LARGEST_FILE + 1) if file else b""
    try:
        parcel = read_parcel(data)
        with store_of(current_app).read() as tx:
            _open(tx, parcel)
    except ParcelError as error:
        return _problem(error)
    _forget_old()
    _path(parcel.digest).write_bytes(data)
    return redirect(url_for("desk.show_parcel", digest=parcel.digest), 303)


@blueprint.get("/parcels/<digest>")
@desk_required
def show_parcel(digest: str) -> Answer:
    """Whose file it is, and how much is in it."""
    try:
        parcel = _stored(digest)
        with store_of(current_app).read() as tx:
            sender, contents = _open(tx, parcel)
    except ParcelError as error:
        return _problem(error)
    return render_desk("desk/parcel.html", "phones", parcel=_preview(parcel, sender, contents), outcome=None)


@blueprint.post("/parcels/<digest>/import")
@desk_required
def carry_out_parcel(digest: str) -> Answer:
    """Import a file as its phone's own exchange would have been taken."""
    store = store_of(current_app)
    try:
        parcel = _stored(digest)
        with store.read() as tx:
            sender, contents = _open(tx, parcel)
            drafts = _drafts(tx, contents)
        counts = import_parcel(store, current_caller(), parcel, contents, now_ms())
    except ParcelError as error:
        return _problem(error)
    _path(digest).unlink(missing_ok=True)
    outcome = _outcome(counts) | {"drafts": drafts}
    return render_desk(
        "desk/parcel.html", "phones", parcel=_preview(parcel, sender, contents), outcome=outcome
    )


def _open(tx: Connection, parcel: Parcel) -> tuple[Sender, Contents]:
    """Open a parcel for who may import it; raises ParcelError."""
    contents = open_parcel(store_of(current_app).file_key(tx), parcel)
    sender = find_sender(tx, parcel, contents, now_ms())
    if not may_import(current_caller(), sender):
        raise ParcelError("not_yours")
    return sender, contents


def _problem(error: ParcelError) -> Answer:
    message, advice = WORDS[error.code]
    page = render_desk("desk/parcel_problem.html", "phones", message=t(message), advice=t(advice))
    return page, STATUS.get(error.code, 422)


def _preview(parcel: Parcel, sender: Sender, contents: Contents) -> dict[str, Any]:
    """Whose and how much: no word of what was written."""
    kinds = Counter(_what(each) for each in contents.changes)
    return {
        "digest": parcel.digest,
        "name": sender.name,
        "device": sender.device_name,
        "when": moment_words(parcel.made_at, local_date(now_ms()), t),
        "stopped": bool(sender.caller.stopped),
        "counts": [(what, str(number)) for what, number in kinds.most_common()],
        "total": str(len(contents.changes)),
        "drafts": str(len(contents.drafts)) if contents.drafts else "",
    }


def _what(change: Any) -> str:
    """What sort of change it is, in words."""
    op, kind = (change.get("op"), change.get("kind")) if isinstance(change, dict) else (None, None)
    if op == "record" and isinstance(kind, str):
        return kind_words(kind, t)
    return t(OPS[op]) if op in OPS else t("认不出的")


def _outcome(counts: Counter[tuple[str, str]]) -> dict[str, Any]:
    """What became of the changes, in words."""
    total: Counter[str] = Counter()
    why: Counter[str] = Counter()
    for (status, code), number in counts.items():
        total[status] += number
        if status in ("quarantined", "rejected"):
            why[t(PROBLEMS[code].what) if code in PROBLEMS else code] += number
    return {
        "taken": str(total["accepted"] + total["conflict"]),
        "known": str(total["duplicate"]),
        "held": str(total["quarantined"]) if total["quarantined"] else "",
        "refused": str(total["rejected"]) if total["rejected"] else "",
        "why": [(words, str(number)) for words, number in why.most_common()],
    }


def _drafts(tx: Connection, contents: Contents) -> list[dict[str, Any]]:
    """Drafts about people of one's own desk, to be asked about: nobody has said that they are done."""
    ids = {each["person"] for each in contents.drafts}
    found = rows_of(
        tx, store_of(current_app).catalogue, desk_areas(current_caller()), kinds=["person"], ids=ids
    )
    names = {row["id"]: row["fields"].get("name", "") for row in found}
    return [
        {
            "title": f"{kind_words(each['kind'], t)} {names[each['person']]}",
            "lines": _lines(each["kind"], each["body"]),
        }
        for each in contents.drafts[:MOST_DRAFTS]
        if each["person"] in names
    ]


def _lines(kind: str, body: dict[str, Any]) -> list[dict[str, str]]:
    """What is filled in, field by field; what this build does not know stays out."""
    fields = load_form(kind)["fields"] if kind in FACTS else []
    return [
        {"label": t(field["label"]), "text": value_text(field, body[field["key"]], t)}
        for field in fields
        if body.get(field["key"]) not in (None, "", []) and field["key"] != "occurred_at"
    ]


def _stored(digest: str) -> Parcel:
    if not re.fullmatch("[0-9a-f]{64}", digest) or not _path(digest).exists():
        abort(404)
    return read_parcel(_path(digest).read_bytes())


def _path(digest: str) -> Path:
    folder = Path(current_app.instance_path) / "parcels"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{digest}.txt"


def _forget_old() -> None:
    for path in _path("").parent.glob("*.txt"):
        if path.stat().st_mtime * 1000 < now_ms() - KEPT:
            path.unlink(missing_ok=True)
