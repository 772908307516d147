"""Fixtures for all: a store on both engines, and the small world that every test lives in."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from sqlalchemy import create_engine, text

from sync.database import open_store
from tests.postgres import running_postgres
from tests.world import build_world
from webapp.auth import accounts
from webapp.forms.catalogue import build_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sync.database import Store
    from tests.world import World

accounts._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # signing in takes no tenth

# The same examples each time, so that a red run is red again; HYPOTHESIS_PROFILE=default looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The socket folder of a PostgreSQL that holds a migrated template database, one for each process."""
    with running_postgres() as folder:
        administer(folder, "CREATE DATABASE model")
        model = open_store(database_url(folder, "model"), build_catalogue())
        model.upgrade()
        model.close()
        yield folder


@pytest.fixture(scope="session")
def sqlite_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    path = tmp_path_factory.mktemp("model") / "qiaomen.db"
    model = open_store(f"sqlite:///{path}", build_catalogue())
    model.upgrade()
    model.pack_files()  # nothing of it is left in the write-ahead log
    model.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store; every test that asks for it runs on both engines, and never skips one."""
    opened = open_store(store_url(request, tmp_path), build_catalogue())
    yield opened
    opened.close()


def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, migrated, on the engine that ``request.param`` names."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_model"), tmp_path / "qiaomen.db")
        return f"sqlite:///{tmp_path / 'qiaomen.db'}"
    folder: str = request.getfixturevalue("postgres")
    administer(folder, "DROP DATABASE IF EXISTS test WITH (FORCE)", "CREATE DATABASE test TEMPLATE model")
    return database_url(folder, "test")


@pytest.fixture
def world(store: Store) -> World:
    """青禾村 with 阿莎 and 本 in its first grid, 陈姐 over the village, and 丁 in another village."""
    return build_world(store)


def database_url(folder: str, database: str) -> str:
    return f"postgresql+psycopg://postgres@/{database}?host={folder}"


def administer(folder: str, *statements: str) -> None:
    engine = create_engine(database_url(folder, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
