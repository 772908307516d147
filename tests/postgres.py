"""A PostgreSQL of the tests' own, in a temporary folder, on a Unix socket, ended when they end."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@contextlib.contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[str]:
    """Start one and give its socket folder; ``durable`` with fsync, as in use.

    Raises RuntimeError where PostgreSQL is not installed.
    """
    if not FOLDERS:
        raise RuntimeError("the store's tests need PostgreSQL 15: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="qiaomen-pg-"))
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_postgres:
        shutil.chown(folder, "postgres", "postgres")
    data, binaries = folder / "data", FOLDERS[-1]

    def run(*command: str) -> None:
        done = subprocess.run(
            [*as_postgres, *command], cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")

    settings = f"-k {folder} -h '' -c max_connections=60"
    settings += "" if durable else " -c fsync=off -c full_page_writes=off"
    try:
        run(str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "--no-sync")
        run(
            str(binaries / "pg_ctl"),
            "-D",
            str(data),
            "-o",
            settings,
            "-l",
            str(folder / "log"),
            "-w",
            "start",
        )
        try:
            yield str(folder)
        finally:
            run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
