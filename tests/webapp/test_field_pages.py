"""The phone's pages where there is no worker: search, receipts, corrections, and whose log is whose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    from tests.world import World

    Client = Callable[[str], FlaskClient]

HTMX = {"HX-Request": "true"}
VISIT = {"how": "watch", "met": ["self", "neighbour"], "living": "poor", "note": "屋顶漏雨 <b>"}


class Site:
    """The application over the small world, and who is signed in to it."""

    def __init__(self, app: Flask, world: World, browser: Client) -> None:
        self.app, self.world, self.browser = app, world, browser

    def person(self, short: str = "xiaoming") -> str:
        return f"/field/people/{self.world.people[short]}"

    def visited(self, client: FlaskClient, **form: Any) -> str:
        """The id of a visit somebody records with the form."""
        answer = client.post(f"{self.person()}/visit/new", data=VISIT | form)
        assert answer.status_code == 303, answer.text
        return answer.location.partition("saved=")[2]

    def review(self, fact: str, verdict: str, reason: str) -> None:
        body = {"verdict": verdict, "reason": reason}
        [status] = self.world.fold("chen", self.world.change("review", "visit", fact, "一组", body))
        assert status["status"] == "accepted", status


@pytest.fixture
def site(app: Flask, village: World, client_for: Client) -> Site:
    return Site(app, village, client_for)


@pytest.mark.parametrize("path", ["today", "households", "outbox", "me", "strip"])
def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(site: Site, path: str) -> None:
    answer = site.app.test_client().get(f"/field/{path}")
    assert answer.status_code == 302
    assert answer.location == f"/auth/sign-in?next=/field/{path}"


def test_a_page_is_whole_for_a_browser_and_a_part_for_htmx(site: Site) -> None:
    asha = site.browser("asha")
    whole, part = asha.get("/field/today").text, asha.get("/field/today", headers=HTMX).text
    assert whole.startswith("<!doctype html>")
    assert part.startswith("<title>今天")
    restored = asha.get("/field/today", headers=HTMX | {"HX-History-Restore-Request": "true"}).text
    assert restored.startswith("<!doctype html>")


def test_today_names_who_is_due_in_the_grids_of_the_volunteer_only(site: Site) -> None:
    text = site.browser("asha").get("/field/today").text
    assert "好些天没人去了" in text  # registered long ago, and nobody came since
    assert "黄桂兰" in text
    assert "王小明" in text
    assert "刘春梅" not in text  # the second grid is not Asha's
    assert "钱福" not in text


@pytest.mark.parametrize(
    ("query", "found", "hidden"),
    [
        ("小明", "王小明", "黄桂兰"),
        ("wxm", "王小明", "黄桂兰"),
        ("Wang Xiao Ming", "王小明", "黄桂兰"),
        ("hgl", "黄桂兰", "王小明"),
        ("12号", "黄桂兰", "王小明"),
        ("王家", "王淑英", "黄桂兰"),
        ("１２号", "黄桂兰", "王小明"),
    ],
)
def test_search_finds_by_characters_pinyin_initials_and_door(
    site: Site, query: str, found: str, hidden: str
) -> None:
    text = site.browser("asha").get("/field/households", query_string={"q": query}).text
    assert found in text
    assert hidden not in text


def test_a_search_that_finds_nobody_says_what_else_to_try(site: Site) -> None:
    text = site.browser("asha").get("/field/households?q=不在这里").text
    assert "没有找到" in text
    assert "电话后四位" in text


def test_one_tap_records_that_all_is_well_and_can_be_undone(site: Site) -> None:
    asha = site.browser("asha")
    saved = asha.post(f"{site.person()}/visit/well", follow_redirects=True).text
    assert "✓ 已上传 · 走访" in saved
    undo = saved.split('class="toast"')[1].split('action="')[1].split('"')[0]
    undone = asha.post(undo, follow_redirects=True).text
    assert "toast" not in undone
    assert "还没有记录" in undone


def test_a_visit_with_an_instant_of_its_own_is_shown_at_that_instant(site: Site) -> None:
    asha = site.browser("asha")
    fact = site.visited(asha, occurred_at="2025-11-20T09:30")
    page = asha.get(f"{site.person()}/facts/{fact}").text
    assert "11月20日" in page
    assert "屋顶漏雨 &lt;b&gt;" in page
    assert "督导员审核" in page


def test_a_returned_visit_shows_its_reason_and_is_corrected(site: Site) -> None:
    asha = site.browser("asha")
    fact = site.visited(asha)
    site.review(fact, "returned", "屋顶哪里漏？")
    assert "有 1 条要你看一下" in asha.get("/field/strip").text
    assert "屋顶哪里漏？" in asha.get("/field/outbox").text
    form = asha.get(f"{site.person()}/facts/{fact}/amend").text
    assert "屋顶哪里漏？" in form
    assert "屋顶漏雨 &lt;b&gt;</textarea>" in form
    answer = asha.post(f"{site.person()}/facts/{fact}/amend", data=VISIT | {"note": "灶房上面漏"})
    assert answer.status_code == 303
    assert "这条记录已经改过" in asha.get(f"{site.person()}/facts/{fact}").text
    assert "全部已上传" in asha.get("/field/strip").text
    history = asha.get(site.person()).text.split('class="timeline"')[1].split("</ol>")[0]
    assert history.count("<li") == 1


def test_an_urgent_visit_gives_the_number_to_call_at_once(site: Site) -> None:
    asha = site.browser("asha")
    answer = asha.post(f"{site.person()}/visit/new", data={"how": "urgent"}, follow_redirects=True)
    assert "现在就打电话" in answer.text
    assert 'href="tel:120"' in answer.text


def test_a_colleague_reads_a_log_but_is_told_that_it_is_not_theirs_to_take_back(site: Site) -> None:
    fact = site.visited(site.browser("asha"))
    ben = site.browser("ben")
    page = ben.get(f"{site.person()}/facts/{fact}").text
    assert "屋顶漏雨" in page
    assert "收回这条" not in page
    answer = ben.post(f"{site.person()}/facts/{fact}/void")
    assert answer.status_code == 409
    assert "没有收回" in answer.text
    assert "这条记录已收回" not in ben.get(f"{site.person()}/facts/{fact}").text


def test_language_and_size_of_text_are_kept(site: Site) -> None:
    asha = site.browser("asha")
    asha.post("/field/me", data={"language": "en"})
    asha.post("/field/me", data={"text_size": "large"})
    asha.post("/field/me", data={"language": "xx", "text_size": "huge"})
    page = asha.get("/field/me").text
    assert 'lang="en"' in page
    assert 'class="text-large"' in page


def test_signing_out_ends_the_session(site: Site) -> None:
    asha = site.browser("asha")
    assert asha.post("/field/me", data={"sign_out": "yes"}).location == "/auth/sign-in"
    assert asha.get("/field/today").status_code == 302


def test_no_page_is_kept_by_a_cache_and_none_needs_inline_code(site: Site) -> None:
    asha = site.browser("asha")
    fact = site.visited(asha)
    for path in (
        "/field/today",
        site.person(),
        f"{site.person()}/facts/{fact}",
        f"{site.person()}/counselling/new",
    ):
        answer = asha.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert " style=" not in answer.text
