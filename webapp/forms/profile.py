"""A profile's fields as somebody types them: read, checked with a plain message each, and drawn. Pure.

Which fields, their limits and when they are asked stand in the definition (webapp/forms/profiles/*.json):
``phone`` may be corrected on the phone, ``register`` given with a new record, ``who`` are the categories
that are asked; ``named`` is a name of somebody, ``past`` a day that has come, ``order`` pairs of days in
their order.
What cannot be read stays as typed. Twin: static/forms/profile.js; vectors: tests/vectors/profile.json.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from webapp.care.dates import is_date
from webapp.forms.engine import Field, Form, Translate, ask, plain

LONGEST = 200
OLDEST = "1900"
# What has no shape of its own: control characters, marks that turn the writing around, marks of no width.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb]"
)
# Pictures and what joins them: no name has them. (Unicode emoji-data; ranges, so that both languages agree.)
_PICTURES = re.compile(
    "[\u200c\u200d\u20e3\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff\U000e0000-\U000e007f]"
)
_DAY = re.compile(r"([0-9]{4})\s*[年./-]\s*([0-9]{1,2})(?:\s*[月./-]\s*(?:([0-9]{1,2})\s*[日号]?)?)?")
_PACKED = re.compile(r"([0-9]{4})(?:([0-9]{2})([0-9]{2})?)?年?")
Typed = dict[str, Any]
Error = dict[str, str]


def part_fields(form: Form, part: str) -> list[Field]:
    """The fields of a page of data: "edit" and "state" on the phone, "desk" all that a person may type."""
    typed = [f for f in form["fields"] if not f.get("derived") and f["type"] not in ("household", "list")]
    if part == "desk":
        return typed
    return [f for f in typed if f.get("phone") and bool(f.get("apart")) == (part == "state")]


def asked_fields(form: Form, category: str) -> list[Field]:
    """The fields that are asked when somebody of this category, or a household (""), is registered."""
    asked = [f for f in form["fields"] if f.get("register") and (f.get("phone") or f.get("asked"))]
    return [f for f in asked if not f.get("derived") and is_for(f, category)]


def is_for(field: Field, category: str) -> bool:
    """Whether a field is about people of this category."""
    return category in field.get("who", (category,))


def read_typed(fields: list[Field], data: Mapping[str, list[str]], prefix: str = "") -> Typed:
    """What was sent under ``prefix``: for each field its value, None where it is empty."""
    return {field["key"]: _read(field, data.get(prefix + field["key"], [])) for field in fields}


def check_typed(form: Form, typed: Typed, body: Typed, t: Translate, today: str) -> list[Error]:
    """What is wrong with the values of ``body``, a part of ``typed``: ``[{"key", "code", "message"}]``."""
    errors = []
    for field in form["fields"]:
        value = body.get(field["key"])
        found = _find_fault(field, value, t, today) if value is not None else None
        if found:
            errors.append({"key": field["key"], "code": found[0], "message": found[1]})
    return errors or _check_order(form, typed, body, t)


def check_required(fields: list[Field], typed: Typed, t: Translate) -> list[Error]:
    """The required fields that are empty."""
    missing = [field for field in fields if field.get("required") and typed.get(field["key"]) is None]
    return [{"key": field["key"], "code": "missing", "message": ask(field, t)} for field in missing]


def text_fault(field: Field, text: str) -> str:
    """The code of what is wrong with a text wherever it comes from; "" where nothing is."""
    if len(text) > field.get("max", LONGEST):
        return "too_long"
    if _UNSEEN.search(text):
        return "unseen"
    return "not_a_name" if field.get("named") and _PICTURES.search(text) else ""


def draw_field(field: Field, value: Any, seen: Any, message: str, t: Translate) -> dict[str, Any]:
    """What shared/_profile_field.html draws: strings, lists and booleans only."""
    kind, text, hint = field["type"], "" if value is None else str(value), field.get("hint", "")
    picked = kind == "date" and field.get("look") != "typed" and (not text or is_date(text))
    return {
        "key": field["key"],
        "id": f"f-{field['key']}",
        "label": t(field["label"]),
        "hint": t(hint) if hint else "",
        "has_hint": bool(hint),
        "value": text,
        "seen": "" if seen is None else str(seen),
        "is_phone": kind == "phone",
        "is_text": kind == "text",
        "is_number": kind == "integer" or (kind == "date" and not picked),
        "is_date": picked,
        "is_choice": kind == "one",
        "choices": [
            {
                "id": f"f-{field['key']}-{choice['value']}",
                "value": choice["value"],
                "label": t(choice["label"]),
                "chosen": choice["value"] == text,
            }
            for choice in field.get("choices", ())
        ],
        "required": bool(field.get("required")),
        "error": message,
        "has_error": bool(message),
    }


def draw_fields(
    fields: list[Field], typed: Typed, seen: Typed, errors: list[Error], t: Translate, *, folded: bool = False
) -> list[dict[str, Any]]:
    """Fields in their order, each group under its heading; ``folded``: what was left empty is folded away.

    The first group, and one in which somebody wrote something, stay open.
    """
    said = {error["key"]: error["message"] for error in errors}
    groups = [field.get("group", "") for field in fields]
    told = {group for field, group in zip(fields, groups, strict=True) if typed.get(field["key"]) is not None}
    drawn = []
    for place, (field, group) in enumerate(zip(fields, groups, strict=True)):
        key, folds = field["key"], folded and group not in ("", groups[0])
        starts = group != "" and (place == 0 or groups[place - 1] != group)
        ends = place + 1 == len(fields) or groups[place + 1] != group
        drawn.append(draw_field(field, typed.get(key), seen.get(key), said.get(key, ""), t))
        drawn[-1] |= {"starts_group": starts and not folds, "group": t(group) if group else ""}
        drawn[-1] |= {"starts_fold": starts and folds, "ends_fold": ends and folds, "is_open": group in told}
    return drawn


def door_number(door: str | None) -> int | None:
    """The number that a door is sorted and found by; None where it has none."""
    found = re.search(r"[0-9]{1,6}", unicodedata.normalize("NFKC", door or ""))
    return int(found[0]) if found else None


def read_day(text: str) -> str:
    """A day, or a month or a year where no more was written, as ISO; what is no date stays as it was."""
    match = _DAY.fullmatch(text) or _PACKED.fullmatch(text)
    if match is None:
        return text
    whole = "-".join(part.rjust(2, "0") for part in match.groups() if part)
    return whole if is_date(_whole_day(whole)) else text


def _read(field: Field, texts: list[str]) -> Any:
    text = plain(texts[0]) if texts else ""
    if not text:
        return None
    if field["type"] in ("phone", "date", "integer"):
        text = plain(unicodedata.normalize("NFKC", text))
    if field["type"] == "date":
        return read_day(text)
    if field["type"] == "integer" and re.fullmatch(r"[0-9]{1,6}", text):
        return int(text)
    return text


def _find_fault(field: Field, value: Any, t: Translate, today: str) -> tuple[str, str] | None:
    label = t(field["label"])
    if field["type"] == "one":
        known = [choice["value"] for choice in field["choices"]]
        return None if value in known else ("unknown_choice", t("请重新选一项：%(label)s", label=label))
    if field["type"] == "date":
        return _find_date_fault(field, value, label, t, today)
    if field["type"] == "integer":
        return _find_number_fault(field, value, label, t)
    code = text_fault(field, str(value))
    words = {
        "too_long": t("%(label)s：最多写 %(max)s 个字。", label=label, max=str(field.get("max", LONGEST))),
        "unseen": t("%(label)s：里面有看不见的字符，请删掉重新打一遍。", label=label),
        "not_a_name": t("%(label)s：只写名字，不要表情和符号。", label=label),
    }
    return (code, words[code]) if code else None


def _find_date_fault(
    field: Field, value: Any, label: str, t: Translate, today: str
) -> tuple[str, str] | None:
    whole = _whole_day(str(value))
    if not is_date(whole) or whole < OLDEST:
        return "not_a_date", t("%(label)s：看不懂这个日期。请写成 1949-03-02，或者 1949年3月。", label=label)
    if field.get("past") and str(value) > today[: len(str(value))]:
        return "future", t("%(label)s：还没到这一天，请核对一下。", label=label)
    return None


def _whole_day(text: str) -> str:
    """The first day of what may be a year or a month only."""
    return text + {len("1949"): "-01-01", len("1949-03"): "-01"}.get(len(text), "")


def _find_number_fault(field: Field, value: Any, label: str, t: Translate) -> tuple[str, str] | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return "not_a_number", t("%(label)s：请填数字。", label=label)
    lowest, highest = field.get("min", 0), field.get("max", 999_999)
    if value < lowest and "too_small" in field:
        return "too_small", t(field["too_small"]["message"])
    if lowest <= value <= highest:
        return None
    limits = {"label": label, "min": str(lowest), "max": str(highest)}
    return "out_of_range", t("%(label)s要在 %(min)s 到 %(max)s 之间。", **limits)


def _check_order(form: Form, typed: Typed, body: Typed, t: Translate) -> list[Error]:
    labels = {field["key"]: t(field["label"]) for field in form["fields"]}
    errors = []
    for earlier, later in form.get("order", ()):
        first, last = typed.get(earlier), typed.get(later)
        if (earlier in body or later in body) and first and last and last < first:
            said = {"later": labels[later], "earlier": labels[earlier]}
            message = t("“%(later)s”不能比“%(earlier)s”还早，是不是写反了？", **said)
            errors.append({"key": later, "code": "reversed", "message": message})
    return errors
