"""``archivolt demo``: something to look at."""

import click

from archivolt_host.cli.opening import opened
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import context, sessions


@click.command()
@click.option("--tenant", "-t", default="demo", show_default=True)
def demo(tenant: str) -> None:
    """Load sample users, folders and documents into a tenant; safe to repeat."""
    found = opened().catalog.get(tenant)
    with context.acting(found), sessions.transaction():
        came = dispatch.collect("load_samples")
    for line in came:
        click.echo(f"  {line}")
    click.echo(
        f"Search for something: GET /vault/search?q=contract, with Org: {tenant}"
    )
