"""``archivolt users``: create, list, set a password."""

import sys
from collections.abc import Iterator, Sequence

import click

from archivolt_core_identity.users import logic
from archivolt_core_identity.users.models import User
from archivolt_core_identity.users.service import users as service
from archivolt_host.kit.cli import in_tenant, tenant_option
from archivolt_host.kit.errors import NotFoundError
from archivolt_host.kit.paging import Page


@click.group()
def users() -> None:
    """Create and list the users of a tenant, and set their passwords."""


@users.command()
@click.argument("username")
@tenant_option
@click.option(
    "--role", "roles", multiple=True, help="owner, manager, member, guest, or your own."
)
@click.option("--email", default="")
def create(username: str, tenant: str, roles: tuple[str, ...], email: str) -> None:
    """Create a user. The password is asked for, or read from a pipe."""
    password = _password()
    with in_tenant(tenant):
        logic.create(username, password, roles=roles or (logic.MEMBER,), email=email)
    click.echo(f"{username} can sign in to {tenant} now.")


@users.command("list")
@tenant_option
def show(tenant: str) -> None:
    """List the users of a tenant."""
    with in_tenant(tenant):
        for page in _pages():
            for user in logic.all_shown(page):
                roles = ", ".join(user["roles"])
                click.echo(f"{user['username']:30} {roles:16} {user['state']}")


@users.command("set-password")
@click.argument("username")
@tenant_option
def set_password(username: str, tenant: str) -> None:
    """Give a user another password, asked for or read from a pipe."""
    password = _password()
    with in_tenant(tenant):
        user = service.by_name(logic.name_key(username))
        if user is None:
            raise NotFoundError("User", username)
        logic.set_password(user, password)
    click.echo(f"The password of {username} is changed.")


def _pages() -> Iterator[Sequence[User]]:
    """Yield all users by name, a page at a time."""
    cursor: str | None = None
    while True:
        found = service.filter(Page(limit=200, cursor=cursor, sort="username"))
        yield found.items
        cursor = found.next
        if cursor is None:
            return


def _password() -> str:
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    return sys.stdin.readline().rstrip("\n")
