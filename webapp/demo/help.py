"""What a newcomer finds of needs, plans and clinics in the demo village: a few of each, in its third grid.

Invariant: made with the village, once, through the fold, by its supervisor.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from sync.database import Store
from sync.rows import rows_of
from sync.schema import account, area
from sync.scope import load_caller
from webapp.care.dates import DAY, add_days, local_date
from webapp.field.view_models.need import raise_need, take_step
from webapp.ledger.commands import fold_into, new_id, now_ms, set_fields

Row = dict[str, Any]
GRID, CADRE, SUPERVISOR = "青禾村三组", "zhao", "chen"
NEEDS = (
    ("elder", {"what": "降压药快吃完了，腿脚不好去不了镇上", "category": "health", "urgency": "urgent"}),
    ("elder", {"what": "屋顶漏雨，想找人看看", "category": "living", "urgency": "soon"}),
    ("child", {"what": "想找人辅导数学", "category": "culture", "urgency": "normal"}),
)


def show_help(tx: Connection, store: Store) -> None:
    """Needs of three people, a plan with two steps, a free clinic in three days."""
    logins = {row.login: row.account_id for row in tx.execute(select(account))}
    supervisor = load_caller(tx, logins[SUPERVISOR], None, now_ms())
    grid = tx.scalar(select(area.c.area_id).where(area.c.level == "grid", area.c.name == GRID))
    if supervisor is None or grid is None:
        return
    people = rows_of(tx, store.catalogue, [grid], kinds=["person"])
    made = [set_fields("session", grid, new_id(), _clinic())]
    for place, (category, said) in enumerate(NEEDS):
        person = _some(people, category, place)
        made += _need(person, said, place, logins[CADRE]) if person else []
    child = _some(people, "child", len(NEEDS) - 1)
    made += _plan(child) if child else []
    fold_into(tx, store, made, supervisor)


def _clinic() -> dict[str, str]:
    day = add_days(local_date(now_ms()), 3)
    place = {"place": "青禾村村委会一楼", "organiser": "柳林镇卫生院"}
    return {"title": "冬季义诊", "form": "clinic", "date": day} | place


def _need(person: Row, said: dict[str, str], place: int, cadre: str) -> list[dict[str, Any]]:
    """The first waits for somebody, the second is late and with a department, the third is met."""
    need, raised = new_id(), raise_need(person, said, "visit", now_ms() - 3 * DAY)
    if place == 1:
        raised["body"]["due"] = add_days(local_date(now_ms()), -1)
    row: Row = {"id": need, "area": person["area"], "fields": raised["body"]}
    changes = [set_fields("need", person["area"], need, raised["body"], raised["base"])]
    handed, closed = ("handed", {"department": "service"}), ("closed", {"result": "林老师每周三来辅导"})
    steps: tuple[list[tuple[str, dict[str, str]]], ...] = ([], [handed], [closed])
    for step, typed in steps[place]:
        made = take_step(row, step, typed, cadre)
        changes.append(set_fields("need", person["area"], need, made["body"], made["base"]))
    return changes


def _plan(child: Row) -> list[dict[str, Any]]:
    today, plan, area = local_date(now_ms()), new_id(), child["area"]
    body = {"person": child["id"], "study": "数学跟不上，语文还好", "aims": "期末数学及格", "state": "active"}
    body |= {"from": add_days(today, -30), "until": add_days(today, 60)}
    steps = (
        {"what": "每周三放学后辅导一小时", "who": "林老师", "due": add_days(today, 7)},
        {"what": "配一副眼镜", "who": "村里", "done_on": add_days(today, -5), "effect": "看得清黑板了"},
    )
    about = {"person": child["id"], "plan": plan}
    return [set_fields("care_plan", area, plan, body)] + [
        set_fields("plan_step", area, new_id(), about | step) for step in steps
    ]


def _some(people: list[Row], category: str, place: int) -> Row | None:
    """One of the people of a category, by place, so that not everything is about one."""
    found = [row for row in people if row["fields"].get("category") == category]
    return found[place % len(found)] if found else None
