"""Layer ``failover``: a PostgreSQL primary is killed under load, and its standby promoted in its place.

With a synchronous standby nothing acknowledged is missing. With an asynchronous one some may be: then
``qiaomen new-epoch`` makes the phones offer again what they kept, and nothing is missing after that.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.postgres import FOLDERS
from tests.torture.checks import Harm, check_acknowledged, check_all
from tests.torture.installation import make_phones, new_installation
from tests.torture.kill import loaded
from tests.torture.warm import WarmServer
from webapp.forms.catalogue import build_catalogue

ROUNDS = {"small": 1, "full": 20}
NAME = "beside"
LOAD = (0.5, 2.0)


class Cluster:
    """One PostgreSQL, in ``folder/data``, on a socket of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as_postgres:
            shutil.chown(folder, "postgres", "postgres")
        self.url = f"postgresql+psycopg://postgres@/postgres?host={folder}"

    def make(self) -> None:
        """An empty primary."""
        self._run("initdb", "-D", f"{self.folder}/data", "-A", "trust", "-U", "postgres", "--no-sync")

    def copy(self, primary: Cluster) -> None:
        """A standby that follows ``primary``."""
        source = f"host={primary.folder} user=postgres application_name={NAME}"
        self._run(
            "pg_basebackup", "-d", source, "-D", f"{self.folder}/data", "-R", "-X", "stream", "-c", "fast"
        )

    def start(self, *settings: str) -> None:
        """Start it and wait until it answers."""
        options = f"-k {self.folder} -h '' -c max_connections=40"
        options += "".join(f" -c {setting}" for setting in settings)
        self._control("start", "-o", options, "-l", f"{self.folder}/log")

    def promote(self) -> None:
        """Make the standby the primary."""
        self._control("promote")

    def kill(self) -> None:
        """End the postmaster by SIGKILL; its children notice and end."""
        os.kill(int((self.folder / "data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def stop(self) -> None:
        """Stop it at once."""
        self._control("stop", "-m", "immediate")

    def say(self, sql: str) -> str:
        """What one statement answers."""
        return self._run("psql", "-h", str(self.folder), "-U", "postgres", "-Atc", sql)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-w", *arguments)

    def _run(self, program: str, *arguments: str) -> str:
        with (self.folder / "said").open("w+") as said:
            command = [*self._as_postgres, str(FOLDERS[-1] / program), *arguments]
            done = subprocess.run(
                command, cwd=self.folder, stdout=said, stderr=said, timeout=120, check=False
            )
            said.seek(0)
            text = said.read()
        if done.returncode:
            raise RuntimeError(f"{program} failed: {text}")
        return text.strip()


def run(size: str, seed: int) -> dict[str, Any]:
    """Fail over so many times each way; the layer's entry."""
    started, harm, rounds = time.monotonic(), Harm(), ROUNDS[size]
    missing = 0
    for number in range(rounds):
        for synchronous in (True, False):
            with tempfile.TemporaryDirectory(prefix="qiaomen-failover-") as folder:
                Path(folder).chmod(0o755)
                found, gone = fail_over(Path(folder), synchronous, seed + number)
            harm.add(found)
            missing += gone
    counts = harm.counts() | {"missing_before_new_epoch": missing, "found": harm.some()}
    seconds = round(time.monotonic() - started, 1)
    return {"runs": 2 * rounds, "faults": 2 * rounds} | counts | {"seconds": seconds}


def fail_over(folder: Path, synchronous: bool, seed: int) -> tuple[Harm, int]:
    """What was harmed in the end, and what an asynchronous standby lacked before phones offered it again."""
    rng, harm = random.Random(f"{seed} failover"), Harm()
    primary, standby = Cluster(folder / "primary"), Cluster(folder / "standby")
    primary.make()
    primary.start()
    instance = folder / "instance"
    try:
        with new_installation(instance, primary.url) as (world, tokens):
            world.store.close()
            standby.copy(primary)
            standby.start()
            primary.say(f"ALTER SYSTEM SET synchronous_standby_names = '{NAME if synchronous else ''}'")
            primary.say("SELECT pg_reload_conf()")
            _wait_until_followed(primary, "sync" if synchronous else "async")
            with closing(WarmServer(instance, primary.url)) as server:
                phones = make_phones(world, tokens, server.port, seed)
                server.start()
                with loaded(phones):
                    time.sleep(rng.uniform(*LOAD))
                    if not synchronous:
                        standby.say("SELECT pg_wal_replay_pause()")
                        primary.say("SELECT pg_terminate_backend(pid) FROM pg_stat_replication")
                    time.sleep(0.3)
                    primary.kill()
                server.kill()
                standby.promote()
                world.store = _open(standby.url)
                lacking = check_acknowledged(world.store, phones)
                if synchronous:
                    harm.add(lacking)
                else:
                    _new_epoch(instance, standby.url)
                server.database_url = standby.url
                server.start()
                for phone in [*phones, *phones]:
                    phone.drain()
                harm.add(check_all(world.store, phones))
                world.store.close()
                return harm, len(lacking.lost)
    finally:
        standby.stop()


def _open(url: str) -> Any:
    from sync.database import open_store

    return open_store(url, build_catalogue())


def _new_epoch(instance: Path, url: str) -> None:
    environment = os.environ | {"QIAOMEN_INSTANCE": str(instance), "QIAOMEN_DATABASE_URL": url}
    subprocess.run(
        [sys.executable, "-m", "webapp.cli", "new-epoch"], env=environment, timeout=120, check=True
    )


def _wait_until_followed(primary: Cluster, state: str) -> None:
    deadline = time.monotonic() + 60
    while primary.say("SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'") != state:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the standby does not follow as {state}")
        time.sleep(0.1)
