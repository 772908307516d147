"""The form engine: reads, computes, checks and describes what a form definition says. Pure.

A definition (webapp/forms/*.json) drives the page, this check on the phone and on the server, the review
page and the export, so that a field added there appears everywhere. Measured values are decimal strings
("36.6"), counts integers, choices their ``value``; what is missing is absent. ``t(msgid, **values)``
translates. Twin: static/forms/engine.js; vectors: tests/vectors/forms.json.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from sync.ids import is_id
from webapp.care.dates import instant_at, is_date, local_date, local_time

Form = dict[str, Any]
Body = dict[str, Any]
Field = dict[str, Any]
FOLDER = Path(__file__).parent
_SPACES = (*range(9, 14), 0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F)
_BLANKS = "".join(map(chr, (*_SPACES, 0x3000, 0xFEFF)))  # what ECMAScript trims
_DECIMAL = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,6}))?")
_INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9])")
_UNTOLD = frozenset({"instant", "ref"})
INSTANT_LIMIT = 1 << 47  # ms, in the year 6429; what a change may carry


class Translate(Protocol):
    """Gives a msgid in the reader's language, its ``%(name)s`` filled."""

    def __call__(self, msgid: str, /, **values: str) -> str: ...


@cache
def load_form(kind: str) -> Form:
    """The definition of a fact's form. Raises FileNotFoundError where there is none."""
    form: Form = json.loads((FOLDER / f"{kind}.json").read_text("utf-8"))
    return form


@cache
def load_profile(kind: str) -> Form:
    """The definition of a profile. Raises FileNotFoundError where there is none."""
    form: Form = json.loads((FOLDER / "profiles" / f"{kind}.json").read_text("utf-8"))
    return form


def read_form(form: Form, data: Mapping[str, list[str]]) -> Body:
    """The body that submitted strings stand for: blanks left out, digits of any width understood.

    What cannot be read as its type stays as it was typed, for ``check_form`` to speak of.
    """
    body: Body = {}
    for field in form["fields"]:
        typed = [plain(text) for text in data.get(field["key"], [])]
        typed = [text for text in typed if text]
        if typed and field["type"] != "computed":
            body[field["key"]] = _READERS[field["type"]](typed)
    return compute(form, body)


def compute(form: Form, body: Body) -> Body:
    """The body with its computed fields made anew: BMI = kg / m², to one decimal, half up."""
    made = {k: v for k, v in body.items() if k not in _computed(form)}
    for field in form["fields"]:
        if field["type"] == "computed":
            height, weight = (_tenths(body.get(name)) for name in field["from"])
            if height and weight:
                value = (2_000_000 * weight + height * height) // (2 * height * height)
                made[field["key"]] = f"{value // 10}.{value % 10}"
    return made


def check_form(form: Form, body: Body, t: Translate, today: str | None = None) -> list[dict[str, str]]:
    """What is wrong with a body: ``[{"key", "code", "message"}]``, in order of the form.

    ``today`` (ISO) is given where somebody is typing now; without it dates in the past pass, since a log
    may arrive long after it was written.
    """
    errors: list[dict[str, str]] = []
    body = _said(form, body)
    for field in form["fields"]:
        value = body.get(field["key"])
        if value is None:
            found = ("missing", ask(field, t)) if field.get("required") else None
        else:
            found = _CHECKS[field["type"]](field, value, t)
            if found is None and field["type"] == "date" and today is not None and value < today:
                found = ("past", t("%(label)s：这一天已经过去了。", label=t(field["label"])))
        if found:
            errors.append({"key": field["key"], "code": found[0], "message": found[1]})
    return errors or _check_together(form, body, t)


def describe(form: Form, fields: Body, t: Translate) -> list[dict[str, str]]:
    """What a log says, in words, in order of the form: ``[{"key", "label", "text"}]``."""
    told = []
    for field in form["fields"]:
        value = fields.get(field["key"])
        if value is not None and field["type"] not in _UNTOLD:
            told.append(
                {"key": field["key"], "label": t(field["label"]), "text": value_text(field, value, t)}
            )
    return told


def value_text(field: Field, value: Any, t: Translate) -> str:
    """One value in words, with its unit."""
    if field["type"] in ("one", "many"):
        labels = {choice["value"]: t(choice["label"]) for choice in field["choices"]}
        chosen = value if isinstance(value, list) else [value]
        return t("、").join(labels.get(str(item), str(item)) for item in chosen)
    unit = field.get("unit", "")
    return f"{value} {t(unit)}" if unit else str(value)


def form_fields(form: Form, body: Body, errors: list[dict[str, str]], t: Translate) -> list[dict[str, Any]]:
    """What a template draws: one dict a field, of strings, lists and booleans only."""
    messages = {error["key"]: error["message"] for error in errors}
    drawn, group = [], ""
    for field in form["fields"]:
        own = field.get("group", "")
        drawn.append(_draw(field, body.get(field["key"]), messages.get(field["key"], ""), t))
        drawn[-1] |= {"starts_group": own not in ("", group), "group": t(own) if own else ""}
        group = own
    return drawn


def plain(text: str) -> str:
    """Text without outer blanks: those that JavaScript trims, so that both sides keep the same text."""
    return text.replace("\r\n", "\n").strip(_BLANKS)


def _draw(field: Field, value: Any, message: str, t: Translate) -> dict[str, Any]:
    kind, look = field["type"], field.get("look", "chips")
    chosen = [str(item) for item in value] if isinstance(value, list) else [str(value)]
    choices = [
        {
            "id": f"f-{field['key']}-{choice['value']}",
            "value": choice["value"],
            "label": t(choice["label"]),
            "shape": choice.get("shape", ""),
            "chosen": value is not None and choice["value"] in chosen,
        }
        for choice in field.get("choices", ())
    ]
    hint, unit = field.get("hint", ""), field.get("unit", "")
    return {
        "key": field["key"],
        "id": f"f-{field['key']}",
        "label": t(field["label"]),
        "hint": t(hint) if hint else "",
        "has_hint": bool(hint),
        "unit": t(unit) if unit else "",
        "value": "" if value is None or isinstance(value, list) else _shown(kind, value),
        "error": message,
        "has_error": bool(message),
        "required": bool(field.get("required")),
        "is_choice": kind in ("one", "many"),
        "is_many": kind == "many",
        "is_tiles": kind == "one" and look == "tiles",
        "is_scale": kind == "one" and look == "scale",
        "is_number": kind in ("integer", "decimal"),
        "inputmode": "numeric" if kind == "integer" else "decimal",
        "is_text": kind == "text",
        "is_date": kind == "date",
        "is_instant": kind == "instant",
        "is_hidden": kind == "ref",
        "is_computed": kind == "computed",
        "choices": choices,
    }


def _shown(kind: str, value: Any) -> str:
    return local_instant(value) if kind == "instant" and isinstance(value, int) else str(value)


def local_instant(millis: int) -> str:
    """An instant (ms) as a datetime-local input wants it, at UTC+8."""
    return f"{local_date(millis)}T{local_time(millis)}"


def _said(form: Form, body: Body) -> Body:
    """The body without what says nothing: null, and a list of choices with none chosen."""
    empty = [key for key, value in body.items() if value is None or value == []]
    if not empty:
        return body
    many = {field["key"] for field in form["fields"] if field["type"] == "many"}
    return {k: v for k, v in body.items() if v is not None and not (k in many and v == [])}


def _computed(form: Form) -> set[str]:
    return {field["key"] for field in form["fields"] if field["type"] == "computed"}


def _tenths(value: Any) -> int | None:
    """Tenths of a decimal string with at most one decimal, as an integer."""
    match = _DECIMAL.fullmatch(value) if isinstance(value, str) else None
    if match is None or len(match[2] or "") > 1:
        return None
    return int(match[1]) * 10 + int(match[2] or 0)


def _read_number(typed: list[str]) -> str:
    text = unicodedata.normalize("NFKC", typed[0]).replace(",", ".").replace("。", ".").strip(_BLANKS)
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return typed[0]
    whole, part = str(int(match[1])), (match[2] or "").rstrip("0")
    return f"{whole}.{part}" if part else whole


def _read_integer(typed: list[str]) -> int | str:
    text = _read_number(typed)
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text


def _read_instant(typed: list[str]) -> int | str:
    match = _INSTANT.match(typed[0])
    if match is None or not is_date(match[1]):
        return typed[0]
    return instant_at(match[1], int(match[2]), int(match[3]))


_READERS: dict[str, Callable[[list[str]], Any]] = {
    "one": lambda typed: typed[0],
    "many": lambda typed: typed,
    "text": lambda typed: typed[0],
    "date": lambda typed: typed[0],
    "instant": _read_instant,
    "ref": lambda typed: typed[0],
    "integer": _read_integer,
    "decimal": _read_number,
}
Found = tuple[str, str] | None


def ask(field: Field, t: Translate) -> str:
    """What to say where a required field is empty."""
    if field["type"] in ("one", "many"):
        return t("请选一项：%(label)s", label=t(field["label"]))
    return t("请填写：%(label)s", label=t(field["label"]))


def _check_choice(field: Field, value: Any, t: Translate) -> Found:
    known = [choice["value"] for choice in field["choices"]]
    if field["type"] == "one":
        if isinstance(value, str) and value in known:
            return None
    elif isinstance(value, list) and all(isinstance(item, str) and item in known for item in value):
        return None
    return "unknown_choice", t("请重新选一项：%(label)s", label=t(field["label"]))


def _check_text(field: Field, value: Any, t: Translate) -> Found:
    if isinstance(value, str) and len(value) <= field["max"]:
        return None
    return "too_long", t("%(label)s：最多写 %(max)s 个字。", label=t(field["label"]), max=str(field["max"]))


def _check_date(field: Field, value: Any, t: Translate) -> Found:
    if isinstance(value, str) and is_date(value):
        return None
    return "not_a_date", t("%(label)s：请选一个日期。", label=t(field["label"]))


def _check_instant(field: Field, value: Any, t: Translate) -> Found:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < INSTANT_LIMIT:
        return None
    return "not_a_time", t("%(label)s：请选日期和时间。", label=t(field["label"]))


def _check_ref(field: Field, value: Any, t: Translate) -> Found:
    """A record that the form speaks of, by its id; nobody types it."""
    if is_id(value):
        return None
    return "not_an_id", t("%(label)s：请从那一页再点一次。", label=t(field["label"]))


def _check_number(field: Field, value: Any, t: Translate) -> Found:
    label, text = t(field["label"]), _number_text(field, value)
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return "not_a_number", t("%(label)s：请填数字。", label=label)
    if not _is_exact(field, text):
        return "too_precise", t("%(label)s：小数点后最多 %(n)s 位。", label=label, n=str(field["decimals"]))
    limits = {"label": label, "min": str(field["min"]), "max": str(field["max"]), "value": text}
    if _within(field, text):
        return None
    guess = next((moved for moved in _moved(text) if _within(field, moved) and _is_exact(field, moved)), None)
    if guess is None:
        return "out_of_range", t("%(label)s要在 %(min)s 到 %(max)s 之间。", **limits)
    message = "%(label)s要在 %(min)s 到 %(max)s 之间。%(value)s 是不是 %(guess)s？"
    return "out_of_range", t(message, **limits, guess=guess)


def _check_computed(field: Field, value: Any, t: Translate) -> Found:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return None
    return "not_a_number", t("%(label)s：请填数字。", label=t(field["label"]))


def _number_text(field: Field, value: Any) -> str:
    """A number as it is written; "" for what is not of the field's type, so that numbers compare alike."""
    if field["type"] == "integer":
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
    return value if isinstance(value, str) else ""


_CHECKS: dict[str, Callable[[Field, Any, Translate], Found]] = {
    "ref": _check_ref,
    "one": _check_choice,
    "many": _check_choice,
    "text": _check_text,
    "date": _check_date,
    "instant": _check_instant,
    "integer": _check_number,
    "decimal": _check_number,
    "computed": _check_computed,
}


def _is_exact(field: Field, text: str) -> bool:
    """Whether a number has no more decimals than its field takes."""
    return len(text.partition(".")[2]) <= int(field.get("decimals", 0))


def _within(field: Field, text: str) -> bool:
    return _scaled(str(field["min"])) <= _scaled(text) <= _scaled(str(field["max"]))


def _scaled(text: str) -> int:
    """A decimal string in millionths, exact."""
    whole, _, part = text.partition(".")
    return int(whole) * 1_000_000 + int((part + "000000")[:6])


def _moved(text: str) -> list[str]:
    """The same digits with the point somewhere else: a tenth, a hundredth, ten and a hundred times."""
    whole, _, part = text.partition(".")
    digits, point = whole + part, len(whole)
    moved = []
    for shift in (-1, -2, 1, 2):
        place = point + shift
        if place <= 0:
            continue
        padded = digits.ljust(place, "0")
        moved.append(_read_number([f"{padded[:place]}.{padded[place:] or '0'}"]))
    return moved


def _check_together(form: Form, body: Body, t: Translate) -> list[dict[str, str]]:
    """Rules between fields, said at the field where they are mended."""
    if not any(key in form for key in ("require_one_of", "together", "below")):
        return []
    errors = []
    fields = {field["key"]: field for field in form["fields"]}
    anyone = form.get("require_one_of")
    if anyone and not any(key in body for key in anyone["keys"]):
        errors.append({"key": anyone["keys"][0], "code": "nothing", "message": t(anyone["message"])})
    for pair in form.get("together", ()):
        missing = [key for key in pair if key not in body]
        if len(missing) == 1:
            errors.append({"key": missing[0], "code": "missing", "message": ask(fields[missing[0]], t)})
    for lower, upper in form.get("below", ()):
        if lower in body and upper in body and body[lower] >= body[upper]:
            labels = {"lower": t(fields[lower]["label"]), "upper": t(fields[upper]["label"])}
            message = t("%(lower)s要比%(upper)s小，是不是写反了？", **labels)
            errors.append({"key": lower, "code": "reversed", "message": message})
    return errors
