"""What a supervisor's desk and a new build do with what is held: accept, give to another, decline, replay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from sync import schema
from sync.held import (
    Accept,
    Decider,
    Decision,
    Decline,
    Outcome,
    Reassign,
    decide_held,
    held_for,
    replay_held,
)
from sync.ids import uuid7
from sync.scope import load_caller

if TYPE_CHECKING:
    from tests.simulation.world import World

REPLAYS = "SELECT audit_id, subject FROM audit WHERE action = 'replay'"
WAITING = "SELECT change_id, change FROM quarantine WHERE state = 'waiting' AND code = 'unknown_record'"


class Desk:
    """Each decision is made by the product's own function, with what its supervisor may see."""

    world: World

    def decide(self) -> None:
        """A supervisor decides on something that is held; sometimes a second one does the same at once."""
        world = self.world
        supervisors = [account for account, _, role in world.village.accounts if role == "supervisor"]
        if not supervisors:
            return
        decider = self._decider(world.random.choice(supervisors))
        with world.server.store.read() as tx:
            seen = select(schema.quarantine).where(schema.quarantine.c.state == "waiting")
            order = schema.quarantine.c.received_at, schema.quarantine.c.change_id
            entries = tx.execute(seen.where(held_for(decider.areas)).order_by(*order)).all()
        if not entries:
            return
        entry = world.random.choice(entries)
        key, decision = (entry.area_id, entry.change_id), self._choose(entry)
        outcome = self._decide(decider, key, decision)
        world.done[f"decision_{outcome.status}"] += 1
        if outcome.status == "refused":
            return
        self._note_followers(entry.change_id, outcome)
        if world.random.random() < 0.3:
            world.faults["decided_twice"] += 1
            again = self._decide(self._decider(decider.caller.account), key, decision)
            if again.code != "stale_review":
                world.oracle.note("duplicated", f"{entry.change_id} was decided twice")

    def upgrade(self) -> None:
        """The next build is installed: it knows more, and takes what it knows now out of the quarantine."""
        if self.world.server.build == 0:
            self.world.server.build = 1
            self.world.faults["build_upgraded"] += 1
            self.start_again()

    def start_again(self) -> None:
        """The server is started as an operator does it: what is held is looked at once more."""
        world = self.world
        world.server.restart()
        before = {row["audit_id"] for row in world.server.ledger.rows(REPLAYS)}
        told = replay_held(world.server.store, world.server.now, world.random.randbytes)
        new = [row for row in world.server.ledger.rows(REPLAYS) if row["audit_id"] not in before]
        if len(new) != told:
            world.oracle.note("wrong", f"{told} were replayed, the audit speaks of {len(new)}")
        world.oracle.truth.acts |= {row["audit_id"]: f"the replay of {row['subject']}" for row in new}
        world.done["replayed"] += told

    def _decider(self, account: str) -> Decider:
        world = self.world
        with world.server.store.read() as tx:
            caller = load_caller(tx, account, None, world.server.now)
        assert caller is not None
        return Decider(caller, tuple(sorted(caller.areas)), world.server.now, world.random.randbytes(10))

    def _choose(self, entry: Any) -> Decision:
        meant = self.world.meant.get(entry.change_id)
        chance = self.world.random.random()
        if chance < 0.25:
            return Decline("not ours")
        return Reassign(meant) if meant else Accept()

    def _decide(self, decider: Decider, key: tuple[str, str], decision: Decision) -> Outcome:
        world = self.world
        catalogue = world.server.store.catalogue
        outcome = world.server.store.transact(lambda tx: decide_held(tx, catalogue, decider, key, decision))
        if outcome.status != "refused":
            act = uuid7(decider.now, decider.random)
            world.oracle.truth.acts[act] = f"the decision on {key[1]}"
        return outcome

    def _note_followers(self, decided: str, outcome: Outcome) -> None:
        """What its author took back or corrected while it was held is folded along with it."""
        if outcome.status != "accepted":
            return
        followed = "SELECT audit_id, subject FROM audit WHERE action = 'follow'"
        acts = self.world.oracle.truth.acts
        for row in self.world.server.ledger.rows(followed):
            acts.setdefault(row["audit_id"], f"what came with a decision: {row['subject']}")
        for row in self.world.server.ledger.rows(WAITING):
            change = json.loads(row["change"])
            if change.get("op") == "void" and change["record"] == decided:
                self.world.oracle.note("stuck", f"{row['change_id']} waits though {decided} was accepted")
