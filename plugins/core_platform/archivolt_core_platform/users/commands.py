"""``archivolt platform``: those who run the deployment."""

import sys

import click

from archivolt_core_platform.users import logic
from archivolt_core_platform.users.service import users


@click.group()
def platform() -> None:
    """Create, list and disable those who run the deployment."""


@platform.group("users")
def people() -> None:
    """Those who run the deployment; they are in no tenant."""


@people.command()
@click.argument("username")
def create(username: str) -> None:
    """Create a platform user. The password is asked for, or read from a pipe."""
    logic.create(username, _password())
    click.echo(f"{username} runs this deployment now.")


@people.command("list")
def show() -> None:
    """List the platform users."""
    for user in users.all():
        click.echo(f"{user.username:30} {user.state}")


@people.command()
@click.argument("username")
def disable(username: str) -> None:
    """Let a platform user in no more."""
    logic.disable(username)
    click.echo(f"{username} is disabled.")


def _password() -> str:
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    return sys.stdin.readline().rstrip("\n")
