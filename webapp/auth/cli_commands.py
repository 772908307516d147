"""``qiaomen account``: make accounts and set passwords on an installation."""

from __future__ import annotations

import click
from sqlalchemy import select

from sync.schema import area
from sync.scope import RANKED_ROLES
from webapp.auth.accounts import create_account, grant, set_password
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
    from webapp.cli import open_app

    store = store_of(open_app())
    with store.write() as tx:
        found = tx.scalars(select(area.c.area_id).where(area.c.name == area_name)).all()
        if len(found) != 1:
            raise click.ClickException("没有这个网格或村，先导入台账，或写全名称。")
        try:
            account_id = create_account(tx, login, name, phone, password)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        grant(tx, store, account_id, role, found[0])
    click.echo(f"已建好账号 {login}（{name}）。")


@account.command()
@click.argument("login")
@click.option("--password", prompt="新密码", hide_input=True, confirmation_prompt=True)
def password(login: str, password: str) -> None:
    """Set a new password; every session of the account ends."""
    from webapp.cli import open_app

    with store_of(open_app()).write() as tx:
        try:
            set_password(tx, login, password)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"账号 {login} 的密码已换，所有网页登录已退出。")
