"""The whole story in a real Chromium, as people would live it: `make journey`.

A volunteer's phone logs a visit, a health check and a counselling session while the server is dead; the
supervisor returns one; it comes back corrected; cards are printed and scanned. The server process is killed
and the browser restarted in between. Each step says what it showed; pictures go to build/screenshots.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.chromium import DESK, PHONE, open_browser, playwright_driver
from tests.browser.needs_story import needs_story
from tests.browser.pages import SHOTS, Desk, Phone
from tests.browser.pairing_story import pairing_story
from tests.browser.request_story import request_story
from tests.browser.scan import cut_cards, print_pdf, read_codes
from tests.browser.server import Server
from tests.browser.twice import TWICE
from webapp.demo.people import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Playwright

LEDGER = next(Path("webapp/demo").glob("*.xlsx"))
TRUTH = json.loads(next(Path("webapp/demo").glob("*.truth.json")).read_text("utf-8"))
Step = Callable[[], str]


class Journey:
    """The story's people, their devices, and what one step leaves for the next."""

    def __init__(self, driver: Playwright, home: Path) -> None:
        self.driver, self.home = driver, home
        self.server = Server(home / "instance")
        self.contexts: dict[str, BrowserContext] = {}
        self.person = self.person_name = self.card = ""
        self.steps = 0

    def tell(self, step: Step) -> None:
        """Take one step and say what it showed."""
        started = time.monotonic()
        shown = step()
        self.steps += 1
        print(f"{self.steps:2}. {shown} ({time.monotonic() - started:.1f} s)", flush=True)

    def phone(self, who: str = "asha") -> Phone:
        """Somebody's phone, switched on if it is off."""
        return Phone(self._browser(f"phone-{who}", PHONE), self.server.url, "phone")

    def desk(self) -> Desk:
        """The supervisor's browser."""
        return Desk(self._browser("desk", DESK), self.server.url, "desk")

    def switch_off(self, who: str = "phone-asha") -> None:
        """Close a browser for real."""
        self.contexts.pop(who).close()

    def end(self) -> None:
        """Close what was opened."""
        for name in list(self.contexts):
            self.switch_off(name)
        self.server.kill()

    def _browser(self, name: str, size: dict[str, int]) -> BrowserContext:
        if name not in self.contexts:
            self.contexts[name] = open_browser(self.driver, self.home / name, size)
        return self.contexts[name]

    # -- the village ---------------------------------------------------------------------------------

    def import_village(self) -> str:
        self.server.run("demo")
        counts = json.loads(self.server.run("stats", "--json"))
        known = set(TRUTH) - {"bad_rows"}
        assert {key: counts[key] for key in known} == {key: TRUTH[key] for key in known}, counts
        assert 0 < counts["due_today"] <= counts["people"] > counts["unpaired_people"] > 0, counts
        again = json.loads(self.server.run("import-roster", str(LEDGER), "--json"))
        assert again["added"] == {"household": 0, "person": 0}
        assert [(row["sheet"], row["row"]) for row in again["held"]] == [
            (row["sheet"], row["row"]) for row in TRUTH["bad_rows"]
        ]
        return f"台账导入：{counts['households']} 户 {counts['people']} 人，与真值一致；再导一次不增加"

    # -- the phone -----------------------------------------------------------------------------------

    def sign_in_on_phone(self) -> str:
        self.server.start()
        phone = self.phone()
        phone.open("/")
        phone.shot("sign-in")
        phone.sign_in("asha", "不是这个密码")
        phone.sees("账号或密码不对")
        phone.sign_in("asha", PASSWORD)
        phone.get_ready()
        told = phone.text("#count")
        assert "kB" in told, told
        phone.shot("welcome")
        phone.page.click("#go")
        phone.page.locator(".item").first.wait_for()
        phone.shot("today")
        return f"手机登录、装好、首次同步：{told}"

    def lose_the_server(self) -> str:
        self.server.kill()
        phone = self.phone()
        phone.open("/")
        phone.page.locator(".item").first.wait_for()
        phone.tab("住户")
        phone.page.locator(".item").first.wait_for()
        phone.shot("households")
        return "服务器进程已杀掉；今天、住户照样打开"

    def log_all_well(self) -> str:
        phone = self.phone()
        phone.open("/field/today")  # tap 1: the app
        item = phone.page.locator(".item").first
        self.person_name = item.locator("b").inner_text()
        item.click()  # tap 2: the person
        phone.page.locator("main button.main").wait_for()
        self.person = phone.page.url.rpartition("/")[2]
        phone.shot("person", whole=True)
        phone.page.locator("main button.main").click()  # tap 3: all is well
        phone.sees("已存本机", ".toast")
        phone.shot("saved")
        return f"离线三次点按，记下 {self.person_name} 一切正常"

    def log_health_check(self) -> str:
        phone = self.phone()
        phone.page.locator(".tools a", has_text="健康检查").click()
        phone.page.locator("form[data-form]").wait_for()
        for field, value in {"temperature": "385", "systolic": "272", "diastolic": "98"}.items():
            phone.fill(field, value)
        phone.fill("height", "160")
        phone.fill("weight", "64")
        phone.sees("25.0", "#f-bmi")
        phone.save()
        phone.sees("385 是不是 38.5", "#errors")
        phone.shot("form-error")
        assert phone.page.input_value("#f-systolic") == "272"
        phone.fill("temperature", "３８.５")
        phone.save()
        phone.sees("已存本机", ".toast")
        phone.sees("现在就打电话")
        phone.shot("urgent", whole=True)
        return "离线记健康检查：体温 385 被拦下并提示 38.5，改好存下"

    def keep_a_draft(self) -> str:
        phone = self.phone()
        phone.open(f"/field/people/{self.person}/counselling/new")
        phone.choose("topic", "loneliness")
        phone.fill("note", "说晚上睡不着，想儿子")
        phone.sees("刚刚自动存稿", "#draft")
        self.switch_off()
        phone = self.phone()
        phone.open(f"/field/people/{self.person}/counselling/new")
        phone.sees("接着上次没写完的", "#draft")
        assert phone.page.input_value("#f-note") == "说晚上睡不着，想儿子"
        assert phone.page.is_checked("#f-topic-loneliness")
        phone.choose("mood", "2")
        phone.choose("risk", "low")
        phone.choose("how", "face_to_face")
        phone.shot("counselling", whole=True)
        phone.save()
        phone.sees("已存本机", ".toast")
        return "心理疏导写到一半关掉浏览器，重开草稿还在，离线存下"

    def log_detailed_visit(self) -> str:
        phone = self.phone()
        phone.page.locator(".tools a", has_text="详细走访").click()
        phone.page.locator("form[data-form]").wait_for()
        for field, value in (("how", "watch"), ("met", "self"), ("services", "comfort"), ("heating", "poor")):
            phone.choose(field, value)
        phone.fill("needs", "煤不够烧到过年")
        phone.shot("visit", whole=True)
        phone.save()
        phone.sees("已存本机", ".toast")
        return "离线记详细走访：需关注、取暖差、有需要"

    def restart_the_browser(self) -> str:
        self.switch_off()
        phone = self.phone()
        phone.open("/field/outbox")
        phone.sees("已存本机 4")
        phone.sees("没有信号", "#strip")
        phone.shot("outbox-away")
        return "浏览器重启，服务器还没回来：4 条都在，写着已存本机"

    def search_offline(self) -> str:
        phone = self.phone()
        phone.tab("住户")
        phone.page.fill("#q", "oyh")
        phone.page.locator("#found .item", has_text="黄宇刚").wait_for(state="detached")
        phone.page.locator("#found .item", has_text="欧阳辉").wait_for()
        phone.shot("search")
        phone.page.locator("#found .item").first.click()
        phone.sees("欧阳辉", "h1")
        phone.page.locator("header a").first.click()
        phone.page.locator("h2", has_text="住在这里").first.wait_for()
        phone.shot("household", whole=True)
        phone.tab("我")
        phone.sees("要紧的电话")
        phone.shot("me", whole=True)
        return "离线用拼音首字母 oyh 找到欧阳辉，看住户页、我的页"

    def upload(self) -> str:
        self.server.start()
        phone = self.phone()
        phone.upload()
        phone.sees("全部已上传", "#strip")
        phone.sees("已上传 4")
        phone.shot("outbox-uploaded")
        return "服务器回来，点“马上上传”：4 条都有收条"

    # -- the desk ------------------------------------------------------------------------------------

    def return_one(self) -> str:
        desk = self.desk()
        desk.open("/desk/")
        desk.sign_in("chen", PASSWORD)
        desk.sees("要你定夺", "h1")
        first = desk.text("a.log[href*='/desk/logs/']")  # after the urgent needs, which stand before all logs
        assert "272/98" in first, first
        desk.shot("queue")
        desk.open_log("272/98")
        desk.shot("log")
        desk.page.keyboard.press("r")
        desk.page.keyboard.type("高压写成了 272，是 172 吗？")
        desk.shot("returning")
        desk.page.locator("[data-return] button[type=submit]").click()
        desk.sees("已退回")
        return "督导台：272/98 排在最前；按 R 写明原因退回"

    def approve_the_rest(self) -> str:
        desk = self.desk()
        desk.page.keyboard.press("a")
        desk.sees("已批准")
        desk.open("/desk/approve-rest")
        desk.shot("approve-rest")
        desk.page.locator("button.main").click()
        desk.sees("已批准")
        desk.open("/desk/logs?state=pending")
        left = desk.page.locator("a.log").count()
        return f"按 A 批准一条，正常的看一遍一起批准；还剩 {left} 条"

    def mend_offline(self) -> str:
        phone = self.phone()
        phone.upload()
        phone.sees("需处理 1")
        phone.sees("272，是 172 吗")
        phone.shot("outbox-needs")
        self.server.kill()
        phone.page.locator(".item.needs").click()
        phone.sees("退回了")
        phone.shot("returned", whole=True)
        phone.page.locator("a", has_text="改一改").click()
        phone.page.locator("form[data-form]").wait_for()
        assert phone.page.input_value("#f-systolic") == "272"
        phone.sees("272，是 172 吗")
        phone.fill("systolic", "172")
        phone.shot("amend", whole=True)
        phone.save()
        phone.sees("已存本机", ".toast")
        self.switch_off()
        self.server.start()
        phone = self.phone()
        phone.open("/field/outbox")
        phone.upload()
        phone.sees("全部已上传", "#strip")
        return "退回的到了手机“需处理”；服务器又断、浏览器又重启，改成 172 后传上去"

    def approve_the_amendment(self) -> str:
        desk = self.desk()
        desk.open("/desk/")
        desk.open_log("172/98")
        desk.sees("这是更正")
        desk.sees("原来：272")
        desk.shot("amendment")
        desk.page.keyboard.press("a")
        desk.sees("已批准")
        phone = self.phone()
        phone.upload()
        phone.open(f"/field/people/{self.person}")
        phone.page.locator(".timeline a", has_text="172/98").click()
        phone.sees("已审核")
        phone.shot("receipt", whole=True)
        return "更正到了督导台，看得见原来是 272；批准；手机上看到陈姐已审核"

    def outdo_an_edit(self) -> str:
        self.server.kill()
        phone = self.phone()
        phone.find("oyh")
        phone.page.locator("a", has_text="改资料").click()
        phone.page.locator("form[data-form=edit]").wait_for()
        address = phone.page.url.removeprefix(self.server.url)
        phone.fill("phone", "13900000001")
        phone.shot("edit", whole=True)
        phone.save()
        phone.sees("已存本机", ".toast")
        self.switch_off()
        self.server.start()
        desk = self.desk()
        desk.open(address)
        desk.page.fill("#f-phone", "13800000002")
        desk.page.locator(".submit button").click()
        desk.sees("资料", ".toast")
        phone = self.phone()
        phone.open("/field/outbox")
        phone.upload()
        phone.sees("你写的 13900000001，现在显示 13800000002")
        phone.shot("conflict", whole=True)
        phone.page.locator("button", has_text="改回我写的").click()
        phone.page.locator("text=改回我写的").wait_for(state="detached")
        phone.upload()
        phone.sees("全部已上传", "#strip")
        desk.open(address)
        desk.page.locator("#f-phone").wait_for()
        assert desk.page.input_value("#f-phone") == "13900000001"
        return "离线改电话，督导员同时也改了：手机说出来，点一下改回，两边一样"

    def show_who_is_responsible(self) -> str:
        """The desk's grid page: a post is added; the phone says it offline, one tap from the household."""
        desk, phone = self.desk(), self.phone()
        desk.open("/desk/grid")
        desk.page.locator("h1").wait_for()
        desk.shot("grid", whole=True)
        desk.page.locator("td a", has_text="一组").click()
        desk.page.locator("h1", has_text="一组").wait_for()
        form = desk.page.locator("form[action$='/posts']")
        form.locator("[name=role]").select_option("police")
        form.locator("[name=name]").fill("郑警官")
        form.locator("[name=phone]").fill("13900000110")
        form.locator("button").click()
        desk.sees("郑警官", "table")
        desk.shot("grid-one", whole=True)
        phone.upload()
        self.server.kill()
        phone.tab("住户")
        phone.page.locator("a.item[href^='/field/households/']").first.click()
        phone.page.locator("a[href$='/responsible']").click()
        phone.sees("联络民警 郑警官", "main")
        assert phone.page.locator("a[href='tel:13900000110']").count() == 1
        phone.shot("responsible", whole=True)
        self.server.start()
        return "网格页登记一个岗位；手机没信号也看得到谁负责这一户"

    def look_around_the_desk(self) -> str:
        desk = self.desk()
        for path, name in (
            (f"/desk/people/{self.person}", "person"),
            ("/desk/people?q=oyh", "people"),
            ("/desk/phones", "phones"),
            ("/desk/quarantine", "held"),
            ("/desk/logs?state=all", "logs"),
        ):
            desk.open(path)
            desk.page.locator("h1").wait_for()
            desk.shot(name)
        return "督导台：人员、住户、手机、先放着的、全部记录"

    def import_at_the_desk(self) -> str:
        desk = self.desk()
        desk.open("/desk/roster")
        desk.shot("roster")
        desk.page.set_input_files("#file", str(LEDGER))
        desk.page.locator("button.main").click()
        desk.sees("先放着的 8 行")
        assert "0 户、0 人" in desk.text()
        desk.shot("import", whole=True)
        desk.page.locator("main button.main").click()
        desk.sees("已导入")
        held = desk.page.locator('.held:has(input[value="钱错号"])')
        held.locator("input[name=phone]").fill("13900001234")
        held.locator("button", has_text="改好了").click()
        desk.sees("先放着的 7 行")
        desk.page.locator(".held button", has_text="跳过这行").first.click()
        desk.sees("先放着的 6 行")
        counts = json.loads(self.server.run("stats", "--json"))
        assert counts["people"] == TRUTH["people"] + 1
        return "督导台导入同一本台账：新增 0，8 行放着；改对一行进台账，跳过一行"

    # -- the card ------------------------------------------------------------------------------------

    def print_and_scan_cards(self) -> str:
        desk = self.desk()
        desk.open("/desk/cards")
        desk.sees("联系卡", "h1")
        desk.shot("cards", whole=True)
        desk.page.locator("button", has_text="打印").click()
        desk.page.locator(".sheet").first.wait_for()
        desk.shot("sheet")
        pictures = print_pdf(desk.page, SHOTS / "sheet.pdf")
        codes = read_codes(cut_cards(pictures))
        shown = desk.page.locator(".front .card").count()
        pages = {code for code in codes if not code.startswith("BEGIN:VCARD")}
        assert len(pages) == shown, (len(pages), shown)
        assert len(codes) == 3 * shown, "正面一个码，反面两个"
        [contact] = set(codes) - pages
        assert "TEL:120" in contact
        phone = self.phone()
        self.card = min(pages).removeprefix(self.server.url.upper())
        phone.open(self.card)
        phone.sees("有事就打电话", "h1")
        phone.shot("card", whole=True)
        phone.open("/C/" + "Z" * 26)
        phone.sees("这张卡现在不能用")
        phone.shot("card-unknown")
        desk.open("/desk/cards")
        desk.sees("印过的")
        return f"印出 {len(pictures)} 页 A4、{shown} 张卡，每个码都扫得开，打开的是公开页"

    # -- others --------------------------------------------------------------------------------------

    def show_it_wide(self) -> str:
        name = "wide"
        self.contexts[name] = open_browser(self.driver, self.home / name, DESK)
        wide = Phone(self.contexts[name], self.server.url, name)
        wide.open("/")
        wide.sign_in("asha", PASSWORD)
        wide.get_ready()
        person = f"/field/people/{self.person}"
        for path, shot in (
            ("/field/today", "today"),
            ("/field/households", "households"),
            (person, "person"),
            (f"{person}/visit/new", "visit"),
            (f"{person}/health_check/new", "health-check"),
            (f"{person}/counselling/new", "counselling"),
            ("/field/outbox", "outbox"),
            ("/field/me", "me"),
        ):
            wide.open(path)
            wide.page.locator("main").wait_for()
            wide.shot(shot)
        wide.open(person)
        wide.page.locator("header a").first.click()
        wide.page.locator("h2", has_text="住在这里").first.wait_for()
        wide.shot("household")
        self.switch_off(name)
        return "手机的每一页在电脑上也好看"

    def enrol_by_code(self) -> str:
        desk = self.desk()
        desk.open("/desk/phones")
        row = desk.page.locator("tr", has_text="ben")
        row.locator("button", has_text="出码").click()
        desk.page.locator(".enrol svg").wait_for()
        desk.shot("enrol")
        link = desk.text(".enrol small").strip()
        phone = self.phone("ben")
        phone.page.goto(link)
        phone.sees("这部手机给 本 用")
        phone.shot("enrol")
        phone.page.click("button.main")
        phone.get_ready()
        phone.page.click("#go")
        phone.page.locator(".item").first.wait_for()
        phone.tab("我")
        phone.page.locator("button", has_text="English").click()
        phone.sees("Important numbers")
        phone.tab("Today")
        phone.shot("today-english")
        self.switch_off("phone-ben")
        return "扫码登记本的手机，不用密码；换成英文也齐全"

    def work_without_a_worker(self) -> str:
        browser = self.driver.chromium.launch_persistent_context(
            str(self.home / "plain"),
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu"],
            viewport=PHONE,  # type: ignore[arg-type]  # two integers by name, as it wants
            java_script_enabled=False,
            service_workers="block",
        )
        self.contexts["plain"] = browser
        phone = Phone(browser, self.server.url, "plain")
        phone.open("/field/today")
        phone.sign_in("li", PASSWORD)
        phone.open("/field/today")
        phone.page.locator(".item").first.click()
        phone.page.locator("main button.main").click()
        phone.sees("已上传", ".toast")
        phone.shot("saved")
        return "没有脚本、没有离线功能的浏览器：同样的网址由服务器回答，也能记"


def main() -> int:
    """Live the story; 0 where every step showed what it must."""
    home = Path(tempfile.mkdtemp(prefix="qiaomen-journey-"))
    shutil.rmtree(SHOTS, ignore_errors=True)
    with playwright_driver() as driver:
        journey = Journey(driver, home)
        steps: list[Step] = [
            journey.import_village,
            journey.sign_in_on_phone,
            journey.lose_the_server,
            journey.log_all_well,
            journey.log_health_check,
            journey.keep_a_draft,
            journey.log_detailed_visit,
            journey.restart_the_browser,
            journey.search_offline,
            journey.upload,
            journey.return_one,
            journey.approve_the_rest,
            journey.mend_offline,
            journey.approve_the_amendment,
            journey.outdo_an_edit,
            *needs_story(journey),
            journey.show_who_is_responsible,
            *pairing_story(journey),
            journey.look_around_the_desk,
            journey.import_at_the_desk,
            journey.print_and_scan_cards,
            *request_story(journey),
            journey.show_it_wide,
            journey.enrol_by_code,
            *(partial(step, journey) for step in TWICE),
            journey.work_without_a_worker,
        ]
        try:
            for step in steps:
                journey.tell(step)
        finally:
            _keep_last_pictures(journey)
            journey.end()
    shutil.rmtree(home, ignore_errors=True)
    print(f"journey: {journey.steps} steps passed")
    return 0


def _keep_last_pictures(journey: Journey) -> None:
    """Where a step failed, what each browser showed then."""
    if sys.exc_info()[0] is None:
        return
    for name, context in journey.contexts.items():
        for page in context.pages:
            page.screenshot(path=str(SHOTS / f"failed-{name}.png"), full_page=True)


if __name__ == "__main__":
    sys.exit(main())
