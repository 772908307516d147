"""Copies of the embedded database: made while it is in use, checked, and put back under a new epoch.

Invariants: a copy is whole or it is not there (written aside, checked, renamed); what a restore replaces is
kept beside it; after a restore every phone is told so by the epoch and offers again what it has (design D5).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

SUFFIXES = ("", "-wal", "-shm")


class BackupError(Exception):
    """Something that keeps a copy from being made or put back, in words for an operator."""


def back_up(source: Path, target: Path) -> dict[str, int]:
    """Copy the database at ``source`` to ``target`` while it is in use; return what the copy holds.

    Raises BackupError where there is nothing to copy or the copy does not check.
    """
    if not source.exists():
        raise BackupError(f"没有数据库：{source}")
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(target.name + ".part")
    aside.unlink(missing_ok=True)
    with closing(sqlite3.connect(source, timeout=30)) as here, closing(sqlite3.connect(aside)) as there:
        here.backup(there, pages=-1)
        there.execute("PRAGMA journal_mode=DELETE")
        there.execute("VACUUM")  # pages that were freed may still hold what was erased
    problems = find_problems(aside)
    if problems:
        aside.unlink()
        raise BackupError("备份没有通过检查：" + "；".join(problems))
    _flush(aside)
    aside.replace(target)
    _flush(target.parent)
    return count_rows(target)


def find_problems(path: Path) -> list[str]:
    """What is wrong with a database file; empty where all is well.

    Beyond SQLite's own checks: every area's log has each number from 1 to its head exactly once, every record
    has a number that is its own, none is missing but tombstones below the floor, a tombstone holds nothing,
    and every accepted change is in the log.
    """
    try:
        database = Database(path)
        try:
            return [*_sqlite_problems(database), *_log_problems(database)]
        finally:
            database.close()
    except sqlite3.DatabaseError as error:
        return [f"不是完好的数据库：{error}"]


def restore(copy: Path, target: Path, stamp: str) -> Path | None:
    """Put a copy in the place of ``target``, under a new epoch; return where the replaced one lies now.

    The server must not be running (``webapp.server`` holds a lock while it does). Raises BackupError.
    """
    if not copy.exists():
        raise BackupError(f"没有这个文件：{copy}")
    problems = find_problems(copy)
    if problems:
        raise BackupError("这个备份不能用：" + "；".join(problems))
    aside = target.with_name(target.name + ".part")
    shutil.copyfile(copy, aside)
    with closing(sqlite3.connect(aside)) as database:
        database.execute("UPDATE installation SET value = ? WHERE key = 'epoch'", [uuid.uuid4().hex])
        database.commit()
    _flush(aside)
    kept = _put_aside(target, stamp)
    aside.replace(target)
    _flush(target.parent)
    return kept


def count_rows(path: Path) -> dict[str, int]:
    """``{"records", "changes", "accounts"}`` of a database file."""
    database = Database(path)
    try:
        names = {"records": "record", "changes": "receipt", "accounts": "account"}
        return {told: database.table(name).count for told, name in names.items()}
    finally:
        database.close()


def fingerprint(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sqlite_problems(database: Database) -> list[str]:
    told = [row[0] for row in database.execute("PRAGMA integrity_check(5)").fetchall()]
    found = [] if told == ["ok"] else told
    if database.execute("PRAGMA foreign_key_check").fetchall():
        found.append("有的行找不到它所属的网格")
    return found


def _log_problems(database: Database) -> list[str]:
    gaps = """SELECT area_log.area_id FROM area_log LEFT JOIN log ON log.area_id = area_log.area_id
        GROUP BY area_log.area_id
        HAVING COUNT(log.seq) <> area_log.head OR COALESCE(MAX(log.seq), 0) <> area_log.head"""
    beyond = """SELECT 1 FROM record JOIN area_log ON area_log.area_id = record.area_id
        WHERE record.seq > area_log.head LIMIT 1"""
    unlogged = """SELECT 1 FROM receipt
        WHERE status IN ('accepted', 'conflict') AND NOT EXISTS (SELECT 1 FROM log
            WHERE log.area_id = COALESCE(json_extract(receipt.detail, '$.area'), receipt.area_id)
                AND log.change_id = receipt.change_id) LIMIT 1"""
    lost = """SELECT 1 FROM log JOIN area_log ON area_log.area_id = log.area_id
        LEFT JOIN record ON record.area_id = log.area_id AND record.record_id = log.record_id
        WHERE record.record_id IS NULL AND log.seq > area_log.floor LIMIT 1"""
    behind = """SELECT 1 FROM record JOIN log ON log.area_id = record.area_id AND log.seq = record.seq
        WHERE log.record_id <> record.record_id LIMIT 1"""
    talking = """SELECT 1 FROM record WHERE state IN ('left', 'erased')
        AND (body <> '{}' OR extra <> '{}' OR edits IS NOT NULL) LIMIT 1"""
    marks = "SELECT 1 FROM area_log WHERE floor > head OR erased > head LIMIT 1"
    checks = {
        lost: "有日志里的记录不见了",
        behind: "有记录的编号不是它自己的",
        talking: "有删去的记录还留着内容",
        marks: "有网格的界限超过了日志",
        gaps: "有网格的编号不连续",
        beyond: "有记录的编号超过了日志",
        unlogged: "有收下的变更不在日志里",
    }
    return [words for query, words in checks.items() if database.execute(query).fetchone()]


def _put_aside(target: Path, stamp: str) -> Path | None:
    if not target.exists():
        return None
    kept = target.with_name(f"{target.name}.before-restore-{stamp}")
    for suffix in SUFFIXES:
        part = target.with_name(target.name + suffix)
        if part.exists():
            part.replace(kept.with_name(kept.name + suffix))
    return kept


def _flush(path: Path) -> None:
    """See a file, or a folder's names, onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
