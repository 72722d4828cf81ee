"""``archivolt keys``: what tokens are signed with."""

import click

from archivolt_core_platform.keys import logic


@click.group()
def keys() -> None:
    """List, rotate and retire the keys that tokens are signed with."""


@keys.command("list")
def show() -> None:
    """List the keys, the newest first; the first one in use signs."""
    for key in logic.listed():
        state = f"retired {key.retired_at:%Y-%m-%d}" if key.retired_at else "in use"
        click.echo(f"{key.name:10} {key.created_at:%Y-%m-%d %H:%M}  {state}")
    if not logic.listed():
        click.echo(f"{logic.FIRST:10} the deployment's own secret  in use")


@keys.command()
def rotate() -> None:
    """Make a new key. Nobody is signed out; processes take it up within seconds."""
    click.echo(f"{logic.rotate()} signs from now on. Older keys stay good: retire them")
    click.echo("once no token that they signed is wanted any more.")


@keys.command()
@click.argument("name")
def retire(name: str) -> None:
    """Let a key be good no more. Tokens that it signed are worth nothing then."""
    logic.retire(name)
    click.echo(f"{name} is retired.")
