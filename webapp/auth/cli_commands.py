"""``qiaomen account``: make accounts and set passwords on an installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Connection, select

from sync.database import Store
from sync.schema import area
from sync.scope import RANKED_ROLES
from webapp.auth.accounts import create_account, end_grant, find_account, grant, set_password
from webapp.extensions import store_of


@click.group()
def account() -> None:
    """Accounts of this installation."""


@account.command()
@click.option("--login", prompt="账号")
@click.option("--name", prompt="姓名")
@click.option("--phone", prompt="电话", default="")
@click.option("--role", prompt="角色", type=click.Choice(RANKED_ROLES))
@click.option("--area", "area_name", prompt="负责哪里（网格或村的名称）")
@click.option("--password", prompt="密码", hide_input=True, confirmation_prompt=True)
def create(login: str, name: str, phone: str, role: str, area_name: str, password: str) -> None:
    """Make an account and give it its role."""
    store = _store()
    with _said_plainly(), store.write() as tx:
        found = _area_named(tx, area_name)
        grant(tx, store, create_account(tx, login, name, phone, password), role, found)
    click.echo(f"已建好账号 {login}（{name}）。")


@account.command()
@click.argument("login")
@click.option("--password", prompt="新密码", hide_input=True, confirmation_prompt=True)
def password(login: str, password: str) -> None:
    """Set a new password; every session of the account ends."""
    with _said_plainly(), _store().write() as tx:
        set_password(tx, login, password)
    click.echo(f"账号 {login} 的密码已换，所有网页登录已退出。")


@account.command("grant")
@click.argument("login")
@click.argument("role", type=click.Choice(RANKED_ROLES))
@click.argument("area_name")
def grant_command(login: str, role: str, area_name: str) -> None:
    """Give LOGIN the ROLE over a grid or village, from now on."""
    store = _store()
    with _said_plainly(), store.write() as tx:
        grant(tx, store, find_account(tx, login), role, _area_named(tx, area_name))
    click.echo(f"账号 {login} 现在负责 {area_name}。")


@account.command("end")
@click.argument("login")
@click.argument("role", type=click.Choice(RANKED_ROLES))
@click.argument("area_name")
def end_command(login: str, role: str, area_name: str) -> None:
    """End LOGIN's ROLE over a grid or village now; what was written before still counts for seven days."""
    store = _store()
    with _said_plainly(), store.write() as tx:
        end_grant(tx, store, find_account(tx, login), role, _area_named(tx, area_name))
    click.echo(f"账号 {login} 不再负责 {area_name}。手机下次联网先上传，再清掉那里的资料。")


@contextmanager
def _said_plainly() -> Iterator[None]:
    """What cannot be done, said at the prompt as it is; nothing of it stays written."""
    try:
        yield
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _store() -> Store:
    from webapp.cli import open_app

    return store_of(open_app())


def _area_named(tx: Connection, name: str) -> str:
    found = tx.scalars(select(area.c.area_id).where(area.c.name == name)).all()
    if len(found) != 1:
        raise click.ClickException("没有这个网格或村，先导入台账，或写全名称。")
    return str(found[0])
