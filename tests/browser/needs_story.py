"""A need's story, part of `make journey`: raised on a visit offline, urgent on the desk, handed over,
answered, seen by the volunteer on the phone, closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.journey import Journey

WHAT = "血压药吃完了，镇上的药店没有"


def needs_story(journey: Journey) -> list[Callable[[], str]]:
    """Its steps, for the journey to take; each signed-in device is as the steps before left it."""
    return [
        lambda: raise_on_a_visit(journey),
        lambda: hand_to_the_clinic(journey),
        lambda: close_on_the_phone(journey),
    ]


def raise_on_a_visit(journey: Journey) -> str:
    journey.server.kill()
    phone = journey.phone()
    phone.find("oyh")
    phone.page.locator(".tools a", has_text="详细走访").click()
    phone.page.locator("form[data-form=visit]").wait_for()
    phone.choose("how", "watch")
    phone.fill("needs", WHAT)
    phone.save()
    phone.sees("写到了需要什么")
    phone.page.locator(".notice + .btn", has_text="提一个需求").click()
    phone.page.locator("form[data-form=need]").wait_for()
    assert phone.page.input_value("#f-what") == WHAT
    phone.save()
    phone.sees("请选一项：急不急", "#errors")
    phone.choose("urgency", "urgent")
    phone.choose("category", "health")
    phone.shot("need-raise", whole=True)
    phone.save()
    phone.sees("已存本机", ".toast")
    phone.shot("need", whole=True)
    phone.open("/field/today")
    phone.sees(WHAT)
    phone.shot("today-needs")
    return "离线走访写到需要什么，一点提成需求，很急；“今天”看得到"


def hand_to_the_clinic(journey: Journey) -> str:
    journey.server.start()
    phone = journey.phone()
    phone.open("/field/outbox")
    phone.upload()
    phone.sees("全部已上传", "#strip")
    desk = journey.desk()
    desk.open("/desk/")
    desk.sees("急的需求")
    desk.shot("queue-needs")
    desk.page.locator("a.log", has_text=WHAT).first.click()
    desk.page.locator(".verdicts").wait_for()
    desk.page.select_option("select[name=department]", "clinic")
    desk.page.locator("button", has_text="转给部门").click()
    desk.sees("已转部门")
    desk.page.locator("textarea[name=answer]").fill("药送到了卫生室，明天可以拿")
    desk.page.locator("button", has_text="记下答复").click()
    desk.sees("部门已答复")
    desk.shot("need", whole=True)
    desk.open("/desk/needs")
    desk.sees(WHAT)
    desk.shot("needs")
    return "督导台最前面就是它；转给卫生院，记下答复，一步一步都在"


def close_on_the_phone(journey: Journey) -> str:
    phone = journey.phone()
    phone.open("/field/outbox")
    phone.upload()
    phone.open("/field/needs")
    phone.page.locator(".item", has_text=WHAT).click()
    phone.sees("药送到了卫生室")
    phone.shot("need-answered", whole=True)
    journey.server.kill()
    phone.page.locator("a.btn.main", has_text="办结").click()
    phone.page.locator("form[data-form=need]").wait_for()
    phone.save()
    phone.sees("请填写：办得怎么样", "#errors")
    phone.fill("result", "陪着去拿了药，够吃一个月")
    phone.save()
    phone.sees("办结", "header")
    journey.server.start()
    phone.open("/field/outbox")
    phone.upload()
    desk = journey.desk()
    desk.open("/desk/needs?state=closed")
    desk.page.locator("a.log", has_text=WHAT).first.click()
    desk.sees("够吃一个月")
    desk.shot("need-closed", whole=True)
    return "手机上看到卫生院的答复；离线办结，不写结果办不了；督导台看得到结果"
