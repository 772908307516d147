"""The application over the small world, and people signed in to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.conftest import store_url
from tests.world import PASSWORD, World, build_world
from webapp import create_app
from webapp.auth.accounts import hash_password
from webapp.auth.devices import renew_token
from webapp.extensions import store_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

HASH = hash_password(PASSWORD)


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    url = store_url(request, tmp_path)
    made = create_app(tmp_path / "instance", {"TESTING": True, "DATABASE_URL": url})
    yield made
    store_of(made).close()


@pytest.fixture
def village(app: Flask) -> World:
    return build_world(store_of(app), HASH)


@pytest.fixture
def client_for(app: Flask, village: World) -> Callable[[str], FlaskClient]:
    """A browser in which somebody of the small world has signed in."""

    def sign_in(login: str) -> FlaskClient:
        client = app.test_client()
        answer = client.post("/auth/sign-in", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return client

    assert village
    return sign_in


@pytest.fixture
def bearer(app: Flask, village: World) -> Callable[[str], dict[str, str]]:
    """The header of somebody's phone."""

    def header(login: str) -> dict[str, str]:
        with app.app_context():
            token = renew_token(village.accounts[login], village.devices[login])
        return {"Authorization": f"Bearer {token}"}

    return header
