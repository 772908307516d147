"""Part of the journey: two volunteers register one household without a network; the supervisor merges them.

Each tells on their own phone of a child and an elder; both sync; both phones end with one household of two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.browser.journey import Journey
    from tests.browser.pages import Phone

DOOR = "88号"
ASHAS = {"child": {"name": "赵晓婷", "birth": "20160504"}, "elder": {"name": "赵秀英", "birth": "1950"}}
BENS = {"child": {"name": "赵小婷", "birth": "20160504"}, "elder": {"name": "赵秀英", "birth": "195003"}}


def register_without_network(journey: Journey) -> str:
    """Both register; who seems to be here already is asked about at once."""
    for who in ("asha", "ben"):  # 本 reads the grid once more, and Chinese again
        phone = journey.phone(who)
        phone.open("/field/me")
        phone.page.locator("button[value=zh_Hans]").click()
        phone.sees("要紧的电话")
        phone.upload()
    journey.server.kill()
    first = journey.phone("asha")
    home = _register(first, ASHAS)
    first.open("/field/households/new")
    _fill_household(first)
    first.save()
    first.sees("这里好像已经有这一户")
    first.shot("twin-warning", whole=True)
    first.page.locator(f'.item[href="/field/households/{home}"]').click()
    first.sees("赵晓婷")
    first.shot("registered", whole=True)
    _register(journey.phone("ben"), BENS)
    return "没有网络：阿莎登记一户一老一小；再登记一次，当场提醒；本在自己手机上也登记了这一户"


def catch_and_merge(journey: Journey) -> str:
    """What is registered twice waits at the desk; one tap makes one household of it, with its people."""
    journey.server.start()
    for who in ("asha", "ben"):
        journey.phone(who).upload()
        journey.phone(who).sees("全部已上传")
    desk = journey.desk()
    desk.open("/desk/twins")
    desk.sees("同一户？")
    desk.shot("twins", whole=True)
    desk.page.locator(".held", has_text="同一户？").locator("a.btn").click()
    desk.sees("是不是同一户？")
    assert desk.page.locator("input[name=also]:checked").count() == 2
    desk.shot("twin", whole=True)
    desk.page.locator("button", has_text="合成一份").click()
    desk.sees("合成一份了")
    assert desk.page.locator(".held").count() == 0
    return "督导台“登记了两次的”：两份放在一起，勾选好的写法，连同一老一小合成一份"


def see_one_on_both_phones(journey: Journey) -> str:
    """Both phones show one household of two, and the one who was outvoted is not left with a ghost."""
    for who in ("asha", "ben"):
        phone = journey.phone(who)
        phone.upload()
        phone.sees("全部已上传")
        phone.tab("住户")
        phone.page.fill("#q", DOOR)
        phone.page.locator("#found .item", has_text=DOOR).first.wait_for()
        phone.page.wait_for_timeout(600)
        assert phone.page.locator("#found .item").count() == 1, phone.text("#found")
        told = phone.text("#found .item")
        assert "赵小婷" in told, told
        assert "赵秀英" in told, told
        assert "赵晓婷" not in told, told
        phone.shot(f"one-{who}")
    journey.switch_off("phone-ben")
    return "两部手机都只剩一户：赵小婷、赵秀英"


def _register(phone: Phone, people: dict[str, dict[str, str]]) -> str:
    """A household and its people, registered on a phone; the household's id."""
    phone.open("/field/households/new")
    _fill_household(phone)
    phone.save()
    phone.sees("已存本机", ".toast")
    home = phone.page.url.rpartition("/")[2].partition("?")[0]
    for category, told in people.items():
        phone.page.locator(f'a[href="/field/households/{home}/people/new?category={category}"]').click()
        for field, value in told.items():
            phone.page.locator(f"#f-{field}").wait_for()
            phone.fill(field, value)
        phone.shot(f"register-{category}", whole=True)
        phone.save()
        phone.sees("已存本机", ".toast")
        phone.open(f"/field/households/{home}")
    return home


def _fill_household(phone: Phone) -> None:
    phone.page.locator("#f-door").wait_for()
    if phone.page.locator("input[name=area]").count():
        phone.page.locator("label.choice", has_text="一组").first.click()
    phone.fill("door", DOOR)
    phone.fill("title", "赵家")


TWICE = (register_without_network, catch_and_merge, see_one_on_both_phones)
