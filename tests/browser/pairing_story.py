"""Pairing and Today, part of `make journey`: assigned in bulk at the desk, seen and ended on the phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.journey import Journey

WHY = "孩子跟父母去城里上学了"


def pairing_story(journey: Journey) -> list[Callable[[], str]]:
    """Its steps, for the journey to take; each signed-in device is as the steps before left it."""
    told: dict[str, str] = {}
    return [
        lambda: assign_in_bulk(journey, told),
        lambda: see_it_on_the_phone(journey, told),
        lambda: end_it_offline(journey, told),
    ]


def assign_in_bulk(journey: Journey, told: dict[str, str]) -> str:
    desk = journey.desk()
    desk.open("/desk/pairings")
    desk.sees("户没有人结对")
    bare = desk.page.locator("table tr", has_text="还没有").filter(has=desk.page.locator("[name=person]"))
    told["name"] = bare.first.locator("b").inner_text()
    number = bare.count()
    for place in range(number):
        bare.nth(place).locator("[name=person]").check()
    desk.page.locator("main form button.main").click()
    desk.sees("再选由谁结对", "[role=alert]")
    desk.page.locator("label.check.words", has_text="阿莎").locator("input").check()
    desk.page.locator("main form button.main").click()
    desk.sees("就这样定")
    desk.shot("pairings-preview")
    desk.page.locator("button[name=sure]").click()
    desk.sees(f"安排了 {number} 对")
    desk.sees("户户都有人结对")
    desk.shot("pairings", whole=True)
    return f"督导台一次安排 {number} 对，先看后定；户户都有人结对"


def see_it_on_the_phone(journey: Journey, told: dict[str, str]) -> str:
    phone = journey.phone()
    phone.upload()
    phone.tab("今天")
    phone.sees("与我结对的人", "h2")
    phone.shot("today-paired", whole=True)
    titles = phone.page.locator("main h2").all_inner_texts()
    order = ["先去这里", "好些天没人去了", "与我结对的人", "今天一敲门", "本周一登门"]
    assert [title for title in titles if title in order] == [each for each in order if each in titles], titles
    details = phone.page.locator("h2:has-text('与我结对的人') ~ .item small").all_inner_texts()
    doors = [int(found[1]) for text in details if (found := re.match(r"一组 (\d+)号", text))]
    inside = doors[: next((n for n in range(1, len(doors)) if doors[n] < doors[n - 1]), len(doors))]
    assert len(inside) > 1, details
    phone.tab("我")
    phone.sees("与我结对的人", "h2")
    phone.page.locator(".item", has_text=told["name"]).first.click()
    phone.sees("结对人", "#paired")
    phone.page.locator(".pairing", has_text="阿莎").first.wait_for()
    phone.shot("paired", whole=True)
    return f"手机上“今天”先急后近、按门牌走；{told['name']} 的页上写着结对人"


def end_it_offline(journey: Journey, told: dict[str, str]) -> str:
    journey.server.kill()
    phone = journey.phone()
    phone.page.locator(".pairing a", has_text="结束结对").click()
    phone.fill("until", "2020-01-01")
    phone.save()
    phone.sees("结束的日子比开始还早", "#errors")
    phone.fill("until", phone.page.evaluate("new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10)"))
    phone.fill("why", WHY)
    phone.shot("pairing-end")
    phone.save()
    phone.sees("已存本机", ".toast")
    phone.tab("待传")
    phone.sees(f"结对 {told['name']}")
    journey.server.start()
    phone.upload()
    phone.sees("全部已上传", "#strip")
    desk = journey.desk()
    desk.open("/desk/pairings")
    desk.page.locator("table tr", has_text=told["name"]).locator("small", has_text="到").first.wait_for()
    return f"离线结束和 {told['name']} 的结对，写明原因；联网后督导台看得到"
