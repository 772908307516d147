"""What has been going on in the demo village: who is paired with whom, who was visited when, who is away.

Invariant: it is written once, with the village, through the fold as the people of the village would have; the
same people get the same story every time, counted back from the day it is made.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from sync.database import Store
from sync.rows import rows_of
from sync.schema import account, area
from sync.scope import SYSTEM, load_caller
from webapp.care.dates import add_days, instant_at, local_date
from webapp.demo.people import RESPONSIBLE
from webapp.field.book import SHELVES
from webapp.field.view_models.shelf import Shelf
from webapp.ledger.commands import fold_into, new_id, now_ms, record_fact, review_fact, set_fields

PAIRED = {
    "青禾村一组": ("asha", "ben"),
    "青禾村二组": ("asha",),
    "青禾村三组": ("zhao",),
}
SUPERVISOR = "chen"
# By turns along the way: how many days ago somebody came, and how they were; None where nobody came yet.
ROUNDS = ((1, "well"), (10, "well"), (2, "watch"), None, (3, "well"), (25, "well"), (6, "well"))


def make_rounds(tx: Connection, store: Store) -> None:
    """Pairings, visits of the last weeks, and one person of each grid who is away."""
    logins = {row.login: row.account_id for row in tx.execute(select(account))}
    for grid, cadre in RESPONSIBLE.items():
        found = tx.scalar(select(area.c.area_id).where(area.c.level == "grid", area.c.name == grid))
        if found is None:
            continue
        shelf = _shelf(tx, store, found)
        people = sorted(shelf.people.values(), key=shelf.walk_key)
        members = [logins[login] for login in PAIRED.get(grid, ())]
        fold_into(tx, store, [*_pairings(shelf, people, members), *_away(shelf, people)], SYSTEM)
        _visit(tx, store, people, (logins[cadre], logins[SUPERVISOR]))


def _shelf(tx: Connection, store: Store, grid: str) -> Shelf:
    book: dict[str, Any] = {shelf: [] for shelf in SHELVES.values()}
    for row in rows_of(tx, store.catalogue, [grid], kinds=["grid", "household", "person"]):
        book[SHELVES[row["kind"]]].append(row)
    return Shelf(book | {"summaries": {}}, local_date(now_ms()))


def _pairings(shelf: Shelf, people: list[dict[str, Any]], members: list[str]) -> list[dict[str, Any]]:
    """Two of three households have somebody, by turns; a third waits to be assigned."""
    changes = []
    homes = list(dict.fromkeys(row["fields"].get("household", "") for row in people))
    for row in people:
        place = homes.index(row["fields"].get("household", ""))
        if members and place % 3 != 2:
            body = {"person": row["id"], "member": members[place % len(members)], "state": "agreed"}
            body |= {"role": "结对帮扶人", "from": add_days(shelf.today, -120)}
            changes.append(set_fields("pairing", row["area"], new_id(), body))
    return changes


def _away(shelf: Shelf, people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    elders = [row for row in people if row["fields"].get("category") == "elder"]
    if len(elders) < 2:
        return []
    gone, watched = elders[1], elders[0]
    body = {"away_from": add_days(shelf.today, -4), "away_until": add_days(shelf.today, 20)}
    body["away_why"] = "去女儿家住一阵"
    return [
        set_fields("person", gone["area"], gone["id"], body),
        set_fields("person", watched["area"], watched["id"], {"risk": "watch"}),
    ]


def _visit(tx: Connection, store: Store, people: list[dict[str, Any]], who: tuple[str, str]) -> None:
    """Visits by the cadre, looked through by the supervisor."""
    now = now_ms()
    cadre, supervisor = (load_caller(tx, each, None, now) for each in who)
    if cadre is None or supervisor is None:
        return
    today = local_date(now)
    visits = []
    for place, row in enumerate(people):
        came = ROUNDS[place % len(ROUNDS)]
        if came is not None:
            days, how = came
            at = instant_at(add_days(today, -days), 9 + place % 8, 10 * (place % 6))
            visits.append(record_fact("visit", row, {"how": how, "met": ["self"]}, at))
    fold_into(tx, store, visits, cadre)
    fold_into(tx, store, [review_fact(change, "approved") for change in visits], supervisor)
