"""``archivolt tenants``: create, list, disable, enable, move, and their host names."""

from typing import TYPE_CHECKING

import click

from archivolt_host.cli.moving import export_command, import_command
from archivolt_host.tenants.states import ACTIVE, CREATING, DISABLED

if TYPE_CHECKING:
    from archivolt_host.app import Host
    from archivolt_host.tenants.context import Tenant


@click.group()
def tenants() -> None:
    """Create, list, disable, enable and move tenants, and give them host names."""


tenants.add_command(export_command)
tenants.add_command(import_command)


@tenants.command()
@click.argument("slug")
@click.option(
    "--placement",
    type=click.Choice(["sqlite", "schema"]),
    help="A file, or a PostgreSQL schema; else as the manifest's default_placement.",
)
@click.option("--admin", default="admin", show_default=True, help="The first user.")
@click.option(
    "--password",
    envvar="ARCHIVOLT_ADMIN_PASSWORD",
    default="",
    show_envvar=True,
    help="The first user's; without it one is generated and printed, once.",
)
def create(slug: str, placement: str | None, admin: str, password: str) -> None:
    """Create the tenant SLUG with its first user."""
    import secrets

    from archivolt_host.cli.opening import ready
    from archivolt_host.orchestration.creation import CreateTenant

    host = ready()
    chosen = placement_of(host, placement)
    given = password or secrets.token_urlsafe(12)
    who = {"placement": chosen, "admin": admin, "password": given}
    CreateTenant(slug, **who).run()
    click.echo(f"The tenant {slug} is ready ({chosen}).")
    if not password:
        click.echo(f"Sign in as {admin} with the password {given}")


@tenants.command("list")
def show() -> None:
    """List the tenants: their state, and where their data is."""
    from archivolt_host.cli import tables
    from archivolt_host.cli.opening import ready

    catalog = ready().catalog
    found, hosts = catalog.all(ACTIVE, DISABLED, CREATING), catalog.domains()
    if not found:
        click.echo("There is no tenant yet: archivolt tenants create SLUG")
        return
    table = tables.table("tenant", "state", "data", "host names")
    for tenant in found:
        names = ", ".join(hosts.get(tenant.slug, ()))
        tables.add(table, tenant.slug, tenant.state, tenant.place.label, names)
    tables.show(table)


@tenants.command()
@click.argument("slug")
def disable(slug: str) -> None:
    """Shut the tenant SLUG out at once; its data stays."""
    _set_state(slug, DISABLED)
    click.echo(f"{slug} is disabled. Let it in again: archivolt tenants enable {slug}")


@tenants.command()
@click.argument("slug")
def enable(slug: str) -> None:
    """Let the tenant SLUG in again."""
    _set_state(slug, ACTIVE)
    click.echo(f"{slug} is active.")


@tenants.command()
@click.argument("slug")
@click.argument("host_name")
@click.option("--remove", is_flag=True, help="Take the name away instead.")
def domain(slug: str, host_name: str, remove: bool) -> None:
    """Let HOST_NAME lead to the tenant SLUG, outside /vault."""
    from archivolt_host.cli.opening import ready

    catalog = ready().catalog
    known(slug)
    if remove:
        catalog.remove_domain(slug, host_name)
        click.echo(f"{host_name} leads to {slug} no more.")
        return
    catalog.add_domain(slug, host_name)
    click.echo(f"{host_name} leads to {slug} now.")


def placement_of(host: "Host", asked: str | None) -> str:
    """Return where a new tenant's data goes, if that is possible here."""
    chosen = asked or str(host.manifest.host["default_placement"])
    if chosen == "schema" and not host.provisioner.migrator_url:
        raise click.ClickException(
            "A schema needs PostgreSQL: set catalog_url under [host] in the manifest, "
            "or use --placement sqlite."
        )
    return chosen


def _set_state(slug: str, state: str) -> None:
    from archivolt_host.cli.opening import ready

    catalog = ready().catalog
    known(slug)
    catalog.set_state(slug, state)


def known(slug: str) -> "Tenant":
    """Return a tenant; refuse one that was never made, or not to the end."""
    from archivolt_host.cli.opening import ready
    from archivolt_host.plugins.errors import did_you_mean

    found = {one.slug: one for one in ready().catalog.all(ACTIVE, DISABLED)}
    if slug not in found:
        raise click.ClickException(
            f"There is no tenant {slug}.{did_you_mean(slug, found)} "
            "List them: archivolt tenants list"
        )
    return found[slug]
