"""Qiaomen's web application: configuration, extensions, blueprints. Nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask

from webapp import config


def create_app(instance: Path | None = None, overrides: dict[str, Any] | None = None) -> Flask:
    """Return the application for the installation in ``instance`` (default: where we are)."""
    folder = instance or config.instance_path()
    app = Flask(__name__, instance_path=str(folder))
    app.config.from_mapping(config.load_config(folder))
    app.config.from_mapping(overrides or {})

    from webapp import exchange, extensions, problems, pwa, security
    from webapp.auth import access
    from webapp.auth.routes import blueprint as auth
    from webapp.auth.routes import register_home
    from webapp.cards.public import blueprint as card
    from webapp.cards.routes import blueprint as cards
    from webapp.desk import (  # noqa: F401  # they add their addresses to the desk
        conflicts,
        counts,
        due,
        exports,
        file_edits,
        file_history,
        grants,
        pairings,
        parcels,
        pauses,
        people,
        phones,
        quarantine,
        rhythm,
        twins,
        upkeep,
    )
    from webapp.desk import grid as _desk_grid  # noqa: F401  # and so does it
    from webapp.desk import needs as _desk_needs  # noqa: F401  # and so does it
    from webapp.desk import plans as _desk_plans  # noqa: F401  # and so does it
    from webapp.desk import sessions as _desk_sessions  # noqa: F401  # and so does it
    from webapp.desk.routes import blueprint as desk
    from webapp.field import edits, needs  # noqa: F401  # they add their addresses to the phone's pages
    from webapp.field import grid as _grid  # noqa: F401  # and so does this
    from webapp.field import pairings as _pairings  # noqa: F401  # and so does it
    from webapp.field import plans as _plans  # noqa: F401  # and so does it
    from webapp.field import register as _register  # noqa: F401  # and so does it
    from webapp.field import self_test as _self_test  # noqa: F401  # and so does it
    from webapp.field import sessions as _sessions  # noqa: F401  # and so does it
    from webapp.field.routes import blueprint as field
    from webapp.ledger.routes import blueprint as ledger

    extensions.init_app(app)
    security.init_app(app)
    access.init_app(app)
    problems.init_app(app)
    register_home(app)
    for blueprint in (auth, field, desk, ledger, card, cards, exchange.blueprint, pwa.blueprint):
        app.register_blueprint(blueprint)
    return app
