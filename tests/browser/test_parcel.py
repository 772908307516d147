"""A phone that reaches no network hands its outbox over as a file; the phone itself comes back later.

Exported without a network, the phone is lost, the file imported at the desk; then the phone turns up after
all and offers the same: everything is there once.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from sync.database import open_store
from sync.rows import rows_of
from sync.schema import area, audit, receipt
from tests.browser.chromium import DESK, PHONE, open_browser, playwright_driver
from tests.browser.pages import Desk, Phone
from webapp.demo.people import PASSWORD
from webapp.forms.catalogue import build_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Playwright

    from tests.browser.server import Server

pytestmark = pytest.mark.browser
SHARE = """navigator.canShare = ({ files }) => files.every((file) => file.type === "text/plain");
navigator.share = async ({ files: [file] }) => {
  console.log(`shared ${file.name} ${(await file.text()).slice(0, 16)}`);
};"""


@pytest.fixture
def driver() -> Iterator[Playwright]:
    with playwright_driver() as started:
        yield started


@pytest.fixture
def server(demo_server: Callable[[Path], Server], tmp_path: Path) -> Iterator[Server]:
    made = demo_server(tmp_path / "instance")
    made.start()
    yield made
    made.kill()


def get_ready(browser: BrowserContext, server: Server) -> Phone:
    """阿莎's phone, just enrolled."""
    phone = Phone(browser, server.url, "parcel")
    phone.open("/")
    phone.sign_in("asha", PASSWORD)
    phone.get_ready()
    return phone


def write_offline(phone: Phone) -> None:
    """A visit that is saved, with words of its own, and a counselling session that is not finished."""
    phone.open("/field/today")
    phone.page.locator(".item").first.click()
    phone.page.locator(".tools a", has_text="详细走访").click()
    phone.page.locator("form[data-form]").wait_for()
    phone.choose("how", "watch")
    phone.choose("met", "self")
    phone.fill("needs", "只在手机里的话")
    phone.save()
    phone.sees("已存本机", ".toast")
    phone.page.locator(".tools a", has_text="心理疏导").click()
    phone.page.locator("form[data-form]").wait_for()
    phone.fill("note", "写到一半的话")
    phone.sees("刚刚自动存稿", "#draft")


def test_exported_offline_lost_imported_and_back_again_everything_is_there_once(
    driver: Playwright, server: Server, tmp_path: Path
) -> None:
    browser = open_browser(driver, tmp_path / "phone", PHONE)
    phone = get_ready(browser, server)
    server.kill()
    write_offline(phone)
    phone.open("/field/outbox")
    phone.sees("没有信号 · 已存本机 1 条", "#strip")
    with phone.page.expect_download() as begun:
        phone.page.click("#export")
    phone.sees("已导出 敲门待传-", "#exported")
    phone.shot("exported", whole=True)
    assert re.fullmatch(r"敲门待传-\d{8}-\d{4}\.txt", begun.value.suggested_filename)
    file = tmp_path / begun.value.suggested_filename
    begun.value.save_as(file)
    text = file.read_text("utf-8")
    assert text.startswith("QIAOMEN PARCEL 1\n敲门：")
    assert "的话" not in text
    phone.sees("已存本机 1")  # nothing has left the phone
    browser.close()
    shutil.copytree(tmp_path / "phone", tmp_path / "found again")
    shutil.rmtree(tmp_path / "phone")

    server.start()
    import_at_the_desk(driver, server, tmp_path, file)
    assert what_is_there(server) == (["只在手机里的话"], 1, 1)

    browser = open_browser(driver, tmp_path / "found again", PHONE)
    phone = Phone(browser, server.url, "parcel")
    phone.open("/field/outbox")
    phone.upload()
    phone.sees("全部已上传", "#strip")
    phone.sees("已上传 1")
    browser.close()
    assert what_is_there(server) == (["只在手机里的话"], 1, 1)


def test_where_there_is_a_share_sheet_the_file_goes_there(
    driver: Playwright, server: Server, tmp_path: Path
) -> None:
    browser = open_browser(driver, tmp_path / "phone", PHONE)
    said: list[str] = []
    browser.pages[0].add_init_script(SHARE)
    browser.pages[0].on("console", lambda message: said.append(message.text))
    phone = get_ready(browser, server)
    phone.open("/field/outbox")
    assert phone.page.locator("#export").count() == 0  # nothing waits: there is nothing to hand over
    server.kill()
    write_offline(phone)
    phone.open("/field/outbox")
    phone.page.click("#export")
    phone.sees("已导出", "#exported")
    browser.close()
    shared = [line for line in said if line.startswith("shared ")]
    assert len(shared) == 1
    assert re.fullmatch(r"shared 敲门待传-\d{8}-\d{4}\.txt QIAOMEN PARCEL 1", shared[0])


def import_at_the_desk(driver: Playwright, server: Server, home: Path, file: Path) -> None:
    """陈姐 looks at the file, and imports it."""
    desk = Desk(open_browser(driver, home / "desk", DESK), server.url, "parcel-desk")
    desk.open("/desk/phones")
    desk.sign_in("chen", PASSWORD)
    desk.open("/desk/phones")
    desk.shot("phones", whole=True)
    desk.page.set_input_files("#file", str(file))
    desk.page.locator("form.upload button").click()
    desk.sees("阿莎 的手机导出的文件", "h1")
    assert "的话" not in desk.text()
    desk.shot("before", whole=True)
    desk.page.locator("main button.main").click()
    desk.sees("新收下 1 条，早就有的 0 条")
    desk.sees("写到一半的话")
    desk.shot("after", whole=True)
    desk.page.context.close()


def what_is_there(server: Server) -> tuple[list[str], int, int]:
    """The words of the visits written offline, how many receipts of them there are, and rows of the audit."""
    store = open_store(f"sqlite:///{server.instance / 'qiaomen.db'}", build_catalogue())
    try:
        with store.read() as tx:
            areas = list(tx.scalars(select(area.c.area_id)))
            known = rows_of(tx, store.catalogue, areas, kinds=["visit"])
            visits = [row for row in known if "只在手机" in row["fields"].get("needs", "")]
            ids = [row["id"] for row in visits]
            receipts = tx.execute(select(receipt.c.change_id).where(receipt.c.change_id.in_(ids))).all()
            imports = tx.execute(select(audit.c.audit_id).where(audit.c.action == "import_parcel")).all()
    finally:
        store.close()
    return [str(row["fields"]["needs"]) for row in visits], len(receipts), len(imports)
