"""``archivolt tenants`` and ``archivolt migrate``."""

import secrets
import sys

import click
from rich.progress import track

from archivolt_host.cli.opening import opened, prepare_catalog_database
from archivolt_host.errors import ArchivoltError
from archivolt_host.orchestration.creation import CreateTenant
from archivolt_host.tenants import migrating


@click.group()
def tenants() -> None:
    """Create, list and disable tenants."""


@tenants.command()
@click.argument("slug")
@click.option("--placement", type=click.Choice(["sqlite", "schema"]), default=None)
@click.option("--admin", default="admin", show_default=True, help="The first user.")
@click.option("--password", envvar="ARCHIVOLT_ADMIN_PASSWORD", default="")
def create(slug: str, placement: str | None, admin: str, password: str) -> None:
    """Create a tenant with its first user.

    Without --password one is generated and printed, once.
    """
    host = opened()
    prepare_catalog_database(host)
    chosen = placement or str(host.manifest.host["default_placement"])
    given = password or secrets.token_urlsafe(12)
    CreateTenant(
        host.catalog,
        host.provisioner,
        slug,
        placement=chosen,
        admin=admin,
        password=given,
    ).run()
    click.echo(f"The tenant {slug} is ready ({chosen}).")
    if not password:
        click.echo(f"Sign in as {admin} with the password {given}")


@tenants.command("list")
def show() -> None:
    """List the tenants."""
    host = opened()
    prepare_catalog_database(host)
    for tenant in host.catalog.all("active", "disabled", "creating"):
        click.echo(f"{tenant.slug:42} {tenant.state:10} {tenant.place}")


@tenants.command()
@click.argument("slug")
@click.option("--again", is_flag=True, help="Enable it again instead.")
def disable(slug: str, again: bool) -> None:
    """Shut a tenant out at once; its data stays."""
    opened().catalog.set_state(slug, "active" if again else "disabled")
    click.echo(f"{slug} is {'active again' if again else 'disabled'}.")


@tenants.command()
@click.argument("slug")
@click.argument("host_name")
def domain(slug: str, host_name: str) -> None:
    """Let a host name lead to a tenant, outside /vault."""
    opened().catalog.add_domain(slug, host_name)
    click.echo(f"{host_name} leads to {slug} now.")


@click.command()
@click.option("--check", is_flag=True, help="Only say what would be done.")
def migrate(check: bool) -> None:
    """Bring the catalog and every tenant to the newest tables; safe to repeat."""
    host = opened()
    prepare_catalog_database(host)
    waiting = migrating.behind(host.catalog, host.provisioner.plan.fingerprint)
    if check:
        for tenant in waiting:
            names = ", ".join(host.provisioner.pending(tenant.place))
            click.echo(f"{tenant.slug}: {names or 'up to date'}")
        sys.exit(1 if waiting else 0)
    bar = iter(track(waiting, description="Migrating", disable=not waiting))
    outcome = migrating.migrate(
        waiting, host.provisioner, progress=lambda _: next(bar, None)
    )
    for slug, problem in outcome.failed.items():
        click.echo(f"{slug}: {problem}", err=True)
    click.echo(f"{len(outcome.migrated)} tenants migrated.")
    if outcome.failed:
        raise ArchivoltError(
            f"{len(outcome.failed)} tenants stayed as they were: mend the cause above "
            "and run this again."
        )
