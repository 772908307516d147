"""Phones with a bug each: what the rules of docs/phone-store.md are there for."""

from __future__ import annotations

from typing import Any

from tests.simulation.disk import Writing
from tests.simulation.network import PORTAL
from tests.simulation.phone import Entry, Phone, Reply, Row


class CursorBeforePage(Phone):
    """The cursor is on disk before the rows that it speaks of."""

    def put_cursor(self, tx: Writing, area: str, cursor: dict[str, Any]) -> None:
        del tx
        with self.disk.transaction() as own:
            own.put("cursors", area, cursor)


class EpochNotReoffered(Phone):
    """A restored server is not offered again what it had taken."""

    def offer_again(self, entry: Entry) -> Entry:
        return entry


class OutboxByPosition(Phone):
    """The answer's statuses are taken to be those of the first that wait."""

    def _settle_statuses(self, answer: dict[str, Any], epoch: str | None) -> None:
        waiting = [each["change"]["id"] for each in self.waiting()]
        pairs = zip(answer["statuses"], waiting, strict=False)
        moved = [status | {"id": made} for status, made in pairs]
        super()._settle_statuses(answer | {"statuses": moved}, epoch)


class PurgeSkipped(Phone):
    """A lost area stays on the phone."""

    def purge(self, tx: Writing, area: str) -> None:
        tx.delete("cursors", area)


class ErasedCopyKept(Phone):
    """What this phone wrote about an erased person stays in its outbox."""

    def bury(self, tx: Writing, area: str, row: Row) -> None:
        tx.delete_row(area, row["id"])


class TombstoneIgnored(Phone):
    """A record that left is kept as it was."""

    def bury(self, tx: Writing, area: str, row: Row) -> None:
        """Nothing is done."""


class PortalAcknowledges(Phone):
    """Any "200 OK" counts as the server's."""

    def hear(self, reply: Reply, now: int) -> bool:
        if reply.data == PORTAL and reply.status == 200:
            with self.disk.transaction() as tx:
                for entry in self.waiting():
                    tx.put("outbox", entry["change"]["id"], entry | {"state": "acknowledged", "at": now})
            return False
        return super().hear(reply, now)


class SentIsDone(Phone):
    """What was sent is forgotten, whether or not it arrived."""

    def ask(self, curious: bool = False) -> tuple[bytes, dict[str, str]]:
        request = super().ask(curious)
        with self.disk.transaction() as tx:
            for entry in self.waiting():
                tx.delete("outbox", entry["change"]["id"])
        return request


class RejectedDropped(Phone):
    """What the server held is dropped without a word where the area was lost; so is what waits for it."""

    def _lose(self, area: str) -> None:
        with self.disk.transaction() as tx:
            for entry in self.waiting():
                if entry["change"]["area"] == area:
                    tx.delete("outbox", entry["change"]["id"])
        super()._lose(area)


class GapNotChecked(Phone):
    """A page is taken wherever it starts and whatever it lacks."""

    def check_joins(self, page: dict[str, Any], seq: int, count: int) -> None:
        """Nothing is compared."""


class PurgeConfirmedTooEarly(Phone):
    """The server is told that a lost area is forgotten while what was written for it still waits."""

    def _lose(self, area: str) -> None:
        super()._lose(area)
        with self.disk.transaction() as tx:
            purged = self.disk.stores["meta"].get("purged") or ()
            tx.put("meta", "purged", tuple(sorted({*purged, area})))

    def forgotten(self) -> list[str]:
        return sorted(self.disk.stores["meta"].get("purged") or ())

    def _still_purged(self, answer: dict[str, Any]) -> tuple[str, ...]:
        return tuple(sorted(set(self.forgotten()) & set(answer["areas"]["lost"])))


PHONES: dict[str, type[Phone]] = {
    "cursor_saved_before_its_page": CursorBeforePage,
    "epoch_not_reoffered": EpochNotReoffered,
    "outbox_deleted_by_position": OutboxByPosition,
    "purge_skipped": PurgeSkipped,
    "erased_copy_kept": ErasedCopyKept,
    "tombstone_ignored": TombstoneIgnored,
    "portal_acknowledges": PortalAcknowledges,
    "sent_is_done": SentIsDone,
    "lost_area_drops_what_waits": RejectedDropped,
    "gap_in_numbers_not_checked": GapNotChecked,
    "purge_confirmed_before_upload": PurgeConfirmedTooEarly,
}
