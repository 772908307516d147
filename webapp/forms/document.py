"""What `make documents` writes: docs/forms.md, docs/care.md, and the table of sounds.

A test compares them, so that a field, a threshold or a source added to the JSON cannot be missing there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from pypinyin import Style, pinyin

from webapp.forms.catalogue import PROFILES
from webapp.forms.engine import load_form, load_profile
from webapp.forms.kinds import FACTS
from webapp.ledger.roster.cells import SURNAME_READINGS

ROOT = Path(__file__).parents[2]
CARE = Path(__file__).parents[1] / "care"
TYPES = {
    "one": "选一个",
    "many": "可多选",
    "text": "文字",
    "date": "日期",
    "instant": "日期和时间",
    "integer": "整数",
    "decimal": "小数",
    "computed": "自动算",
    "phone": "电话",
    "list": "列表",
}
ATTENTION = {"urgent": "▲ 紧急", "watch": "◆ 需关注"}
REASONS = {
    "risk_high": "风险高的人",
    "risk_watch": "要多留心的人",
    "attention": "最近一次见面是紧急或需关注的人",
    "alone": "一个人住的老人",
    "everybody": "每个人",
    "parents_away": "父母都外出或一方外出的孩子",
    "with_guardian": "父母都外出、由别人照看的孩子",
    "third_plan": "第三份工作计划要结对的孩子（初一到 18 岁）",
}
UNITS = {"day": "天", "week": "周", "month": "月", "quarter": "季"}
BOUNDS = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<", "is": "="}


def write_forms() -> str:
    """docs/forms.md."""
    lines = [
        "# 表单",
        "",
        "由 `webapp/forms/*.json` 生成（`make documents`）。",
        "一个字段写在那里，页面、两种语言的检查、审核页就都有了。",
        "",
        "加字段：在 JSON 里加一项，标签写中文，`make messages` 后补英文。",
        "改含义：加新字段，不改旧字段；旧手机传来的照收。",
    ]
    for kind in FACTS:
        form = load_form(kind)
        lines += ["", f"## {form['title']}（`{kind}`，第 {form['version']} 版）", ""]
        lines += _table(form["fields"])
        lines += [f"- {rule}" for rule in _rules(form)]
    lines += ["", "# 资料"]
    for kind in PROFILES:
        profile = load_profile(kind)
        lines += ["", f"## {profile['title']}（`{kind}`）", "", *_table(profile["fields"])]
    return "\n".join(lines) + "\n"


def write_care() -> str:
    """docs/care.md."""
    rules = json.loads((CARE / "thresholds.json").read_text("utf-8"))
    rhythm = json.loads((CARE / "rhythm.json").read_text("utf-8"))
    lines = [
        "# 规则与出处",
        "",
        "由 `webapp/care/*.json` 生成（`make documents`）。手机和服务器读同一份，用同一组用例检查。",
        "",
        "## 哪些记录排在前面",
        "",
        "每一组只取最先符合的一条。",
        "",
        "| 表单 | 符合什么 | 提示 | 说法 | 出处 |",
        "|---|---|---|---|---|",
    ]
    for group in rules["groups"]:
        for rule in group["rules"]:
            source = rules["sources"][rule.get("source", group["source"])]
            title = load_form(group["kind"])["title"]
            said = f"{ATTENTION[rule['attention']]} | {rule['reason']} | {source}"
            lines.append(f"| {title} | {_conditions(group['kind'], rule)} | {said} |")
    lines += ["", "## 该去看谁", "", "| 节奏 | 谁 | 多久一次 | 哪些记录算去过 | 节假日 | 出处 |"]
    lines += ["|---|---|---|---|---|---|", *(_rhythm(rule) for rule in rhythm["rules"])]
    birthday = rhythm["birthday"]
    early = f"提前 {birthday['lead']} 天"
    lines.append(
        f"| {birthday['label']} | 登记了生日的人 | {early} | 当天去过 | 照样 | {birthday['source']} |"
    )
    lines += ["| 约好的日子 | 表单里写了“下次什么时候再来”的人 | 到那天 | 到那天或以后去过 | 照样 | 写的人 |"]
    lines += ["| 先去看看 | 最近一次见面的记录是紧急的人 | 马上 | 之后又见过一面 | 照样 | 上表 |"]
    lines += ["", "到期日是一天、一周（周一到周日）、一月、一季的最后一天。", *_holidays()]
    return "\n".join(lines) + "\n"


def _rhythm(rule: dict[str, Any]) -> str:
    who = "；".join(dict.fromkeys(REASONS[each["because"]] for each in rule["who"]))
    facts = "、".join(_fact_title(kind) for kind in rule["facts"] if kind in FACTS)
    often = f"每 {rule['every']} {UNITS[rule['unit']]}".replace(" 1 ", "")
    holidays = "停，顺延到放假后第一天" if rule["holidays"] == "pause" else "照样"
    return f"| {rule['label']} | {who} | {often} | {facts} | {holidays} | {rule['source']} |"


def _fact_title(kind: str) -> str:
    return str(load_form(kind)["title"])


def _holidays() -> Iterator[str]:
    table = json.loads((CARE / "holidays.json").read_text("utf-8"))
    yield ""
    yield "## 节假日"
    yield ""
    years = "、".join(table["announced"]["years"])
    yield f"- {years} 年：{table['announced']['source']}"
    yield f"- 别的年份：{table['rule']['source']}"
    yield f"- 农历：{table['lunar']['source']}"


def _table(fields: list[dict[str, Any]]) -> list[str]:
    lines = ["| 字段 | 名称 | 填什么 | 限制 |", "|---|---|---|---|"]
    return lines + [f"| `{f['key']}` | {f['label']} | {_what(f)} | {_limits(f)} |" for f in fields]


def _what(field: dict[str, Any]) -> str:
    choices = "、".join(choice["label"] for choice in field.get("choices", ()))
    kind = TYPES.get(field["type"], "关联")
    return f"{kind}：{choices}" if choices else kind


def _limits(field: dict[str, Any]) -> str:
    found = []
    if "min" in field:
        found.append(f"{field['min']}–{field['max']} {field['unit']}")
    elif "max" in field:
        found.append(f"最多 {field['max']} 字")
    marks = (("required", "必填"), ("sensitive", "敏感"), ("private", "不下发到手机"))
    return "；".join([*found, *(word for mark, word in marks if field.get(mark))])


def _rules(form: dict[str, Any]) -> Iterator[str]:
    labels = {field["key"]: field["label"] for field in form["fields"]}
    if "require_one_of" in form:
        yield form["require_one_of"]["message"]
    for pair in form.get("together", ()):
        yield f"{labels[pair[0]]}和{labels[pair[1]]}要一起填"
    for lower, upper in form.get("below", ()):
        yield f"{labels[lower]}要比{labels[upper]}小"


def _conditions(kind: str, rule: dict[str, Any]) -> str:
    fields = {field["key"]: field for field in load_form(kind)["fields"]}
    told = []
    for condition in rule.get("all") or rule["any"]:
        field = fields[condition["field"]]
        name, value = next((name, condition[name]) for name in BOUNDS if name in condition)
        words = {choice["value"]: choice["label"] for choice in field.get("choices", ())}
        told.append(f"{field['label']} {BOUNDS[name]} {words.get(value, value)}")
    return ("，并且 " if "all" in rule else " 或 ").join(told)


def write_sounds() -> str:
    """webapp/care/sounds.json: the usual reading of each character of GB 2312, by pypinyin's dictionary."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    read = [_usual_reading(place) for place in product(range(0xB0, 0xF8), range(0xA1, 0xFF))]
    syllables = sorted({each for each in read if each})
    place_of = {
        each: "".join(map(digits.__getitem__, divmod(place, 36))) for place, each in enumerate(syllables)
    }
    places = "".join(place_of.get(each, "  ") for each in read)
    told = {"syllables": " ".join(syllables), "surnames": SURNAME_READINGS, "places": places}
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _usual_reading(place: tuple[int, int]) -> str:
    try:
        character = bytes(place).decode("gb2312")
    except UnicodeDecodeError:
        return ""
    return str(pinyin(character, style=Style.NORMAL)[0][0])


DOCUMENTS = {
    "docs/forms.md": write_forms,
    "docs/care.md": write_care,
    "webapp/care/sounds.json": write_sounds,
}


if __name__ == "__main__":
    for name, write in DOCUMENTS.items():
        (ROOT / name).write_text(write(), "utf-8")
