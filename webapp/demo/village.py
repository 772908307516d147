"""Making the demo village in an installation: its ledger, its people, its cards; and saying how to get in.

Invariant: run again, it adds nothing and changes nothing that somebody did meanwhile.
"""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection, select

from sync.database import Store
from sync.rows import rows_of
from sync.schema import account, area
from sync.scope import SYSTEM
from webapp import config
from webapp.auth.accounts import create_account, grant
from webapp.cards.issue import ensure_cards
from webapp.care.dates import local_date
from webapp.demo.help import show_help
from webapp.demo.people import (
    PASSWORD,
    POSTS,
    RESPONSIBLE,
    ROOMS,
    SINCE,
    STATION,
    STATION_OPEN,
    VILLAGE,
    WORKERS,
)
from webapp.demo.rounds import make_rounds
from webapp.extensions import store_of
from webapp.field.view_models.words import role_words
from webapp.forms.catalogue import untranslated
from webapp.ledger.areas import describe_places
from webapp.ledger.commands import fold_into, new_id, now_ms, set_fields
from webapp.ledger.roster.judging import read_lines
from webapp.ledger.roster.workbook import read_sheets
from webapp.ledger.roster_import import import_lines

LEDGER = Path(__file__).with_name("青禾村三留守人员台账.xlsx")
DATA = ("qiaomen.db", "qiaomen.db-wal", "qiaomen.db-shm", "imports")


def throw_away() -> None:
    """Delete the demo's data; the installation's secret and settings stay."""
    for name in DATA:
        path = config.instance_path() / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def build_demo(app: Flask) -> None:
    """Import the ledger, make accounts and grants, describe the grids, issue the cards, tell the story."""
    store = store_of(app)
    with app.app_context():
        is_new = not _is_there(store)
        if is_new:
            lines = read_lines(read_sheets(LEDGER.read_bytes(), LEDGER.name), local_date(now_ms()))
            import_lines(store, lines, SYSTEM)
        with store.write() as tx:
            _make_workers(tx, store)
            _describe_grids(tx, store)
            describe_places(tx, store)
            _open_station(tx, store)
            for row in tx.execute(select(area.c.area_id).where(area.c.level == "grid")).all():
                ensure_cards(tx, store, row.area_id, SYSTEM)
            if is_new:
                make_rounds(tx, store)
                show_help(tx, store)


def describe_demo(host: str, port: int) -> str:
    """The address, the accounts, and what a phone on the same network needs."""
    lines = ["", "敲门演示已备好。", "", f"  在这台电脑上打开  http://{host}:{port}", ""]
    lines += [f"  账号（密码都是 {PASSWORD}）："]
    for worker in WORKERS:
        where = "、".join(worker.grids) or VILLAGE
        lines.append(f"    {worker.login:<6} {worker.name}　{role_words(worker.role, untranslated)}，{where}")
    lines += [
        "",
        "  用手机试（离线要 HTTPS 或 localhost）：",
        f"    USB 连上安卓手机，执行 adb reverse tcp:{port} tcp:{port}，手机打开 http://localhost:{port}",
        f"    同一个网络：在前面放一个有证书的反向代理，转到 http://{host}:{port}（见 docs/operate.md）；",
        f"    这台电脑在网络上的地址是 {_own_address()}",
        "",
        "  停下：Ctrl+C。数据留在 instance/，再执行 make demo 接着用；make demo-reset 从头来过。",
    ]
    return "\n".join(lines)


def _is_there(store: Store) -> bool:
    """Whether the village was imported before: what people changed since then stays as it is."""
    with store.read() as tx:
        found = tx.scalar(select(area.c.area_id).where(area.c.level == "village", area.c.name == VILLAGE))
    return found is not None


def _make_workers(tx: Connection, store: Store) -> None:
    names = {row.name: row.area_id for row in tx.execute(select(area))}
    known = set(tx.scalars(select(account.c.login)))
    for worker in WORKERS:
        if worker.login in known:
            continue
        made = create_account(tx, worker.login, worker.name, worker.phone, PASSWORD)
        for place in worker.grids or (VILLAGE,):
            grant(tx, store, made, worker.role, names[place])


def _describe_grids(tx: Connection, store: Store) -> None:
    logins = {row.login: row.account_id for row in tx.execute(select(account))}
    names = {row.name: row.area_id for row in tx.execute(select(area).where(area.c.level == "grid"))}
    changes = []
    for name, login in RESPONSIBLE.items():
        [row] = rows_of(tx, store.catalogue, [names[name]], kinds=["grid"])
        wanted = STATION | {"responsible": logins[login]}
        missing = {key: value for key, value in wanted.items() if key not in row["fields"]}
        if missing:
            changes.append(set_fields("grid", names[name], names[name], missing))
    fold_into(tx, store, changes, SYSTEM)


def _open_station(tx: Connection, store: Store) -> None:
    """The station with its rooms, and who holds which post, where nobody has said so yet."""
    ids = {row.name: row.area_id for row in tx.execute(select(area))}
    village = ids[VILLAGE]
    if rows_of(tx, store.catalogue, ids.values(), kinds=["post", "station", "room"]):
        return
    station = new_id()
    changes = [set_fields("station", village, station, STATION_OPEN)]
    changes += [set_fields("room", village, new_id(), room | {"station": station}) for room in ROOMS]
    for place, role, name, phone in POSTS:
        body = {"name": name, "role": role, "phone": phone, "from": SINCE}
        changes.append(set_fields("post", ids[place or VILLAGE], new_id(), body))
    fold_into(tx, store, changes, SYSTEM)


def _own_address() -> str:
    """This computer's address on its network, found without sending anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
