"""``archivolt demo``: something to look at."""

import click


@click.command()
@click.option("--tenant", "-t", default="demo", show_default=True)
def demo(tenant: str) -> None:
    """Load sample users, folders and documents into a tenant; safe to repeat."""
    from archivolt_host.cli.opening import ready
    from archivolt_host.kit.cli import in_tenant
    from archivolt_host.plugins import dispatch

    ready()
    with in_tenant(tenant):
        came = dispatch.collect("load_samples")
    for line in came or ["No plugin of this tenant brings samples."]:
        click.echo(f"  {line}")
    if came:
        click.echo(
            f"Search for something: GET /vault/search?q=contract, with Org: {tenant}"
        )
