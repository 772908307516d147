"""结对: what may be set of a pairing, and how people are shared out among those who look after them. Pure.

Who does not review ends what is theirs, and asks to be paired; nothing else. The fold enforces it (the kind's
``judge`` and ``own``), the desk asks the same functions before it proposes.
"""

from __future__ import annotations

from typing import Any

from webapp.care.dates import is_date

Fields = dict[str, Any]


def judge_pairing(body: Fields, base: Fields, stored: Fields | None, resolves: bool) -> str:
    """The code for which a ``set`` of a pairing is held; "" where it may stand."""
    del base, resolves
    whole = (stored or {}) | body
    if not whole.get("person") or ("member" in body and not body["member"]):
        return "invalid_fields"
    dates = [whole[key] for key in ("from", "until") if whole.get(key)]
    if not all(isinstance(date, str) and is_date(date) for date in dates):
        return "invalid_fields"
    return "ends_before_start" if len(dates) == 2 and dates[1] < dates[0] else ""


def may_set_own(body: Fields, stored: Fields | None, account: str) -> bool:
    """Whether who does not review may set this: end a pairing of theirs, or ask for one.

    An end that stands can be brought forward, never put off or taken away.
    """
    if stored is None:
        return body.get("member") == account and body.get("state") == "asked" and not body.get("until")
    if stored.get("member") != account or not body.get("until"):
        return False
    return not stored.get("until") or str(body["until"]) <= str(stored["until"])


def spread(homes: list[list[str]], members: list[str], load: dict[str, int]) -> dict[str, str]:
    """Who looks after whom, ``{person: member}``: households stay together and neighbours too.

    ``homes`` are the people of each household in the order one walks; ``load`` how many each member has
    already. Members take turns along the way, each until all have about as many.
    """
    total = sum(len(home) for home in homes) + sum(load.get(member, 0) for member in members)
    shared: dict[str, str] = {}
    waiting = sorted(members, key=lambda member: (load.get(member, 0), members.index(member)))
    for place, member in enumerate(waiting):
        rest = len(waiting) - place
        room = -(-total // rest) - load.get(member, 0)
        taken = 0
        while homes and (rest == 1 or taken + len(homes[0]) / 2 <= max(room, 0)):
            home, homes = homes[0], homes[1:]
            taken += len(home)
            shared |= dict.fromkeys(home, member)
        total -= taken + load.get(member, 0)
    return shared
