"""The ``qiaomen`` command: set up, serve, import a roster, count, and keep accounts.

Every command works on the installation named by QIAOMEN_INSTANCE (default: ``instance`` where we are).
"""

from __future__ import annotations

import secrets

import click
from flask import Flask

from sync.held import replay_held
from webapp import create_app
from webapp.extensions import store_of
from webapp.ledger.areas import describe_places
from webapp.ledger.commands import now_ms


@click.group()
def main() -> None:
    """敲门 Qiaomen: the visit log that works where the signal does not."""


def open_app() -> Flask:
    """Return this installation's application, its database brought up to date."""
    app = create_app()
    store_of(app).upgrade()
    return app


@main.command()
@click.option("--host", envvar="QIAOMEN_HOST", default="127.0.0.1", show_default=True)
@click.option("--port", envvar="PORT", default=8000, show_default=True, type=int)
def serve(host: str, port: int) -> None:
    """Serve this installation (SQLite: exactly one such process), after a replay of what is held."""
    app = open_app()
    _replay(app)
    with app.app_context(), store_of(app).write() as tx:
        describe_places(tx, store_of(app))  # a tree from a build before areas said what they are
    _serve(app, host, port)


@main.command()
def replay() -> None:
    """Count in what was held because an older build did not know it (serve does so, too)."""
    _replay(open_app())


@main.command()
@click.option("--serve", "then_serve", is_flag=True, help="Serve it afterwards.")
@click.option("--reset", is_flag=True, help="Throw the demo's data away and start over.")
@click.option("--yes", is_flag=True, help="Do not ask before --reset.")
@click.option("--host", envvar="QIAOMEN_HOST", default="127.0.0.1", show_default=True)
@click.option("--port", envvar="PORT", default=8000, show_default=True, type=int)
def demo(then_serve: bool, reset: bool, yes: bool, host: str, port: int) -> None:
    """Make the demo village with an account for each role (kept when run again)."""
    from webapp.demo import village

    if reset:
        if not yes:
            click.confirm("演示数据会全部删掉，重新开始。继续吗？", abort=True)
        village.throw_away()
    app = open_app()
    village.build_demo(app)
    click.echo(village.describe_demo(host, port))
    if then_serve:
        _serve(app, host, port)


def _replay(app: Flask) -> None:
    counted = replay_held(store_of(app), now_ms(), secrets.token_bytes)
    if counted:
        click.echo(f"先放着的记录里，有 {counted} 条这个版本认得了，已算进台账。")


def _serve(app: Flask, host: str, port: int) -> None:
    from webapp.server import ServerRunningError, serve_app

    try:
        serve_app(app, host, port)
    except ServerRunningError as error:
        raise click.ClickException(str(error)) from error


def _mount() -> None:
    from webapp.auth.cli_commands import account
    from webapp.backup_commands import backup, new_epoch, restore_command, verify
    from webapp.cards.cli_commands import cards
    from webapp.county.cli_commands import generate
    from webapp.ledger.cli_commands import compact_command, extract, import_roster, prepare_command, stats

    for command in (
        account,
        cards,
        import_roster,
        extract,
        stats,
        compact_command,
        prepare_command,
        backup,
        verify,
        restore_command,
        new_epoch,
        generate,
    ):
        main.add_command(command)


_mount()

if __name__ == "__main__":
    main()
