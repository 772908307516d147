"""``qiaomen backup``, ``verify`` and ``restore`` for the embedded database; ``new-epoch`` for either."""

from __future__ import annotations

import time
from pathlib import Path

import click
from sqlalchemy.engine import make_url

from sync.database import open_store
from webapp import config
from webapp.backups import BackupError, back_up, count_rows, find_problems, fingerprint, restore
from webapp.forms.catalogue import build_catalogue
from webapp.server import ServerRunningError, hold_instance


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path | None) -> None:
    """Copy the database to FILE (default: instance/backups/), while it is in use, and check the copy."""
    target = file or config.instance_path() / "backups" / f"qiaomen-{_stamp()}.db"
    try:
        counts = back_up(_database(), target)
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"已备份到 {target}：记录 {counts['records']}，变更 {counts['changes']}")
    click.echo(f"SHA-256 {fingerprint(target)}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(file: Path) -> None:
    """Check that FILE is a whole database of ours."""
    problems = find_problems(file)
    if problems:
        raise click.ClickException("；".join(problems))
    counts = count_rows(file)
    click.echo(f"完好：记录 {counts['records']}，变更 {counts['changes']}，账号 {counts['accounts']}")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore_command(file: Path, yes: bool) -> None:
    """Put the copy FILE back. Phones then offer again what they have uploaded since it was made."""
    if not yes:
        click.confirm("现在的数据库会换成这个备份（原来的留在旁边）。继续吗？", abort=True)
    try:
        with hold_instance(config.instance_path()):
            kept = restore(file, _database(), _stamp())
    except (BackupError, ServerRunningError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("已恢复。手机下次联网会把备份以后的记录再传一遍。")
    if kept:
        click.echo(f"原来的数据库在 {kept}")


@click.command("new-epoch")
def new_epoch() -> None:
    """Have every phone offer again what it has: after a fail-over that may have lost the latest changes."""
    store = open_store(config.load_config(config.instance_path())["DATABASE_URL"], build_catalogue())
    try:
        click.echo(f"新的 epoch：{store.renew_epoch()}。手机下次联网会把收下过的记录再传一遍。")
    finally:
        store.close()


def _database() -> Path:
    url = make_url(config.load_config(config.instance_path())["DATABASE_URL"])
    if url.get_backend_name() != "sqlite" or not url.database:
        raise click.ClickException("这三个命令只管内嵌的数据库；PostgreSQL 请用它自己的备份工具。")
    return Path(url.database)


def _stamp() -> str:
    return time.strftime("%Y%m%d-%H%M%S")
