"""What people write on their phones: visits, checks, talks, profiles, corrections, reviews, odd things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.canary import household_canary, person_canary, village_canary
from tests.simulation.later import LATER
from tests.simulation.phone import Phone
from tests.simulation.village import Somebody

if TYPE_CHECKING:
    from tests.simulation.world import World

Change = dict[str, Any]
FACTS = ("visit", "health_check", "counselling", LATER)
WEIGHTS = (10, 10, 10, 1)
KINDS = (
    ("fact", 50),
    ("set", 18),
    ("settle", 4),
    ("amend", 10),
    ("void", 6),
    ("follow", 5),
    ("review", 8),
    ("strange", 2),
    ("mistaken", 2),
    ("above", 4),
)


def write_something(world: World, phone: Phone, what: str | None = None) -> Change | None:
    """A change that the person holding this phone could make now; None where there is nothing to write on."""
    names, weights = zip(*KINDS, strict=True)
    name = what or world.random.choices(names, weights)[0]
    areas = sorted(phone.disk.stores["cursors"].keys() - set(world.village.tops))
    if not areas:
        return None
    return _WRITERS[name](world, phone, world.random.choice(areas))


def _fact(world: World, phone: Phone, area: str) -> Change | None:
    person = _somebody(world, phone, area)
    if person is None:
        return None
    [kind] = world.random.choices(FACTS, WEIGHTS)
    return _about(world, phone, area, person, kind) | {"op": "record", "body": _body(world, kind, person)}


def _about(world: World, phone: Phone, area: str, person: Somebody, kind: str) -> Change:
    change = {"area": area, "kind": kind, "form": f"{kind}/1", "person": person.id}
    return change | {"household": person.household_id, "occurred_at": max(0, world.server.now + phone.skew)}


def _body(world: World, kind: str, person: Somebody) -> dict[str, Any]:
    canaries = f"{household_canary(person.household)} {person_canary(person.number)}"
    note = {"note": f"{canaries} {world.random.randrange(10**6)}", "later": ["a field of a later form"]}
    if kind in ("visit", LATER):
        return note | {"how": world.random.choice(("well", "watch", "urgent"))}
    if kind == "counselling":
        return note | {"topic": ["school"], "mood": "3", "risk": "none"}
    return note | {"temperature": "36.6", "systolic": world.random.randrange(100, 200)}


def _set(world: World, phone: Phone, area: str) -> Change | None:
    person = _somebody(world, phone, area)
    if person is None:
        return None
    value = f"{household_canary(person.household)} {world.random.randrange(10**6)}"
    kind, record, name = "household", person.household_id, world.random.choice(("title", "living"))
    if world.random.random() < 0.6:
        kind, record, name = "person", person.id, world.random.choice(("phone", "school", "guardian_phone"))
        value += f" {person_canary(person.number)}"
    seen = phone.fields_of(area, record)
    base = {name: seen[name]} if name in seen else {}
    change = {"area": area, "kind": kind, "op": "set", "record": record}
    return change | {"body": {name: value}, "base": base}


def _settle(world: World, phone: Phone, area: str) -> Change | None:
    """Choose one of the values that a row's conflict shows, as they were seen."""
    known = {each for person in world.village.people for each in (person.id, person.household_id)}
    torn = [row for row in phone.rows(area).values() if row.get("conflicts") and row["id"] in known]
    if not torn:
        return None
    row = world.random.choice(torn)
    name, heads = world.random.choice(sorted(row["conflicts"].items()))
    change = {"area": area, "kind": row["kind"], "op": "set", "record": row["id"]}
    change |= {"base": {name: heads[-1]["value"]}, "resolves": [head["change"] for head in heads]}
    return change | {"body": {name: world.random.choice(heads)["value"]}}


def _amend(world: World, phone: Phone, area: str) -> Change | None:
    row = _known_fact(world, phone, area, mine=True)
    person = row and next((each for each in world.village.people if each.id == row["person"]), None)
    if row is None or person is None:
        return None
    change = _about(world, phone, area, person, row["kind"]) | {"op": "amend", "amends": row["id"]}
    return change | {"body": _body(world, row["kind"], person)}


def _void(world: World, phone: Phone, area: str) -> Change | None:
    row = _known_fact(world, phone, area, mine=True)
    if row is None:
        return None
    change = {"area": area, "kind": row["kind"], "op": "void", "record": row["id"]}
    return change | {"body": {"reason": "wrote it twice"}}


def _follow(world: World, phone: Phone, area: str) -> Change | None:
    """Take back or correct what is held: nobody but its author has seen it."""
    del area
    held = [
        each["change"] for each in phone.disk.stores["outbox"].values() if each["status"] == "quarantined"
    ]
    held = [each for each in held if each["op"] == "record" and each["body"]]
    if not held:
        return None
    fact = world.random.choice(held)
    person = next((each for each in world.village.people if each.id == fact["person"]), None)
    change = {"area": fact["area"], "kind": fact["kind"]}
    if person is None or world.random.random() < 0.5:
        return change | {"op": "void", "record": fact["id"], "body": {"reason": "wrote it twice"}}
    change = _about(world, phone, fact["area"], person, fact["kind"]) | {"op": "amend", "amends": fact["id"]}
    return change | {"body": _body(world, fact["kind"], person)}


def _mistaken(world: World, phone: Phone, area: str) -> Change | None:
    """A log about somebody whom no register knows; who was meant is in it for a supervisor to see."""
    person = _somebody(world, phone, area)
    if person is None:
        return None
    change = _about(world, phone, area, person, "visit") | {"id": world.new_id(), "op": "record"}
    world.meant[change["id"]] = person.id
    body = {"how": "well", "note": f"{household_canary(person.household)}: the other one"}
    return change | {"person": world.new_id(), "body": body}


def _review(world: World, phone: Phone, area: str) -> Change | None:
    row = _known_fact(world, phone, area, mine=False)
    if row is None:
        return None
    body = {"verdict": "approved"}
    if world.random.random() < 0.4:
        body = {"verdict": "returned", "reason": "please look again"}
    return {"area": area, "kind": row["kind"], "op": "review", "record": row["id"], "body": body}


def _above(world: World, phone: Phone, area: str) -> Change | None:
    """A post of a village, theirs or not; now and then a person, who must never be there."""
    number = world.random.randrange(len(world.village.tops))
    change: Change = {"area": world.village.tops[number], "op": "set", "base": {}}
    person = _somebody(world, phone, area) if world.random.random() < 0.3 else None
    if person is not None:
        about = {"person": person.id, "household": person.household_id}
        title = f"{household_canary(person.household)} {person_canary(person.number)}"
        return change | about | {"kind": "household", "record": world.new_id(), "body": {"title": title}}
    body = {"name": f"{village_canary(number)} {world.random.randrange(10**6)}", "role": "cadre"}
    return change | {"kind": "post", "record": world.new_id(), "body": body}


def _strange(world: World, phone: Phone, area: str) -> Change | None:
    """What this build cannot take: an unknown kind, fields of the wrong type, a shape that is none."""
    change = _fact(world, phone, area)
    if change is None:
        return None
    how = world.random.choice(("kind", "fields", "shape"))
    if how == "kind":
        return change | {"kind": "of_another_product", "form": "of_another_product/1"}
    if how == "fields":
        return change | {"body": change["body"] | {"note": 5}}
    made = world.new_id()
    world.oracle.bad.add(made)
    change["body"] = {"note": "a shape that is none"}
    return change | {"id": made, "occurred_at": "yesterday"}


def _somebody(world: World, phone: Phone, area: str) -> Somebody | None:
    here = [each for each in world.village.people if each.id in phone.rows(area)]
    return world.random.choice(here) if here else None


def _known_fact(world: World, phone: Phone, area: str, mine: bool) -> dict[str, Any] | None:
    rows = phone.rows(area)
    if not rows:
        return None
    keys = world.random.sample(sorted(rows), min(len(rows), 12))
    facts = [rows[key] for key in keys if rows[key]["kind"] in FACTS and rows[key]["state"] != "void"]
    own = [row for row in facts if row["author"] == phone.account]
    return next(iter(own if mine else facts), None)


_WRITERS = {
    "fact": _fact,
    "set": _set,
    "settle": _settle,
    "amend": _amend,
    "void": _void,
    "follow": _follow,
    "review": _review,
    "strange": _strange,
    "mistaken": _mistaken,
    "above": _above,
}
