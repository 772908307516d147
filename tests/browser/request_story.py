"""A household's request, part of `make journey`: by its card, without scripts; on desk and phone; "done"
when the card is scanned again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.chromium import EXECUTABLE
from tests.browser.pages import Phone

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.journey import Journey

NARROW = {"width": 320, "height": 640}
NOTE = "屋顶漏雨，床都湿了"
WHAT = f"家里有困难：{NOTE}"


def request_story(journey: Journey) -> list[Callable[[], str]]:
    """Its steps, for the journey to take once a card was printed and scanned."""
    return [lambda: ask_by_the_card(journey), lambda: see_to_it(journey), lambda: scan_again(journey)]


def ask_by_the_card(journey: Journey) -> str:
    home = _household(journey)
    home.open(journey.card)
    home.sees("请人来一趟")
    assert home.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    home.page.locator("a.call", has_text="家里有困难").click()
    home.page.fill("#note", NOTE)
    home.shot("ask", whole=True)
    home.page.locator("button", has_text="请人来").click()
    home.sees("今天收到了", ".asked")
    assert NOTE not in home.text("body")
    home.shot("asked", whole=True)
    home.open(f"{journey.card}?size=large")
    home.shot("large", whole=True)
    return "一户扫了墙上的卡，没有脚本、320 宽也能请人来；网页只说收到了"


def see_to_it(journey: Journey) -> str:
    desk = journey.desk()
    desk.open("/desk/needs")
    desk.sees(WHAT)
    desk.shot("needs-card")
    phone = journey.phone()
    phone.open("/field/outbox")
    phone.upload()
    phone.open("/field/needs")
    phone.page.locator(".item", has_text=WHAT).click()
    phone.page.locator("button.main, a.btn.main").first.click()
    phone.open("/field/outbox")
    phone.upload()
    phone.sees("全部已上传", "#strip")
    desk.open("/desk/needs")
    desk.page.locator("a.log", has_text=WHAT).first.click()
    desk.sees("有人在办")
    home = _household(journey)
    home.open(journey.card)
    home.sees("有人", ".asked")
    return "督导台、志愿者的手机都看得见；接下以后，卡的网页说有人在办"


def scan_again(journey: Journey) -> str:
    desk = journey.desk()
    desk.open("/desk/needs")
    desk.page.locator("a.log", has_text=WHAT).first.click()
    desk.page.locator("textarea[name=result]").fill("换了瓦，不漏了")
    desk.page.locator("button", has_text="办结").click()
    desk.sees("换了瓦")
    home = _household(journey)
    home.open(journey.card)
    home.sees("办好了", ".asked")
    assert "换了瓦" not in home.text("body")
    home.shot("done", whole=True)
    return "办结以后再扫一次：办好了；办了什么不在网页上"


def _household(journey: Journey) -> Phone:
    """A hand-me-down phone, narrow, with scripts off."""
    if "household" not in journey.contexts:
        journey.contexts["household"] = journey.driver.chromium.launch_persistent_context(
            str(journey.home / "household"),
            executable_path=EXECUTABLE,
            args=["--no-sandbox", "--disable-gpu"],
            viewport=NARROW,  # type: ignore[arg-type]  # two integers by name, as it wants
            java_script_enabled=False,
            service_workers="block",
        )
    return Phone(journey.contexts["household"], journey.server.url, "household")
