"""``archivolt migrate``: the newest tables for the catalog and every tenant."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from archivolt_host.app import Host
    from archivolt_host.tenants.context import Tenant


@click.command()
@click.option("--check", is_flag=True, help="Only say what would be done.")
def migrate(check: bool) -> None:
    """Bring the catalog and every tenant to the newest tables; safe to repeat.

    With --check the exit code is 1 when something is to be done.
    """
    from archivolt_host.cli.opening import ready
    from archivolt_host.tenants import migrating

    host = ready()
    waiting = migrating.behind(host.catalog, host.provisioner.plan.fingerprint)
    if not waiting:
        click.echo("The catalog and all tenants are up to date.")
        return
    if check:
        for tenant in waiting:
            names = ", ".join(host.provisioner.pending(tenant.place))
            click.echo(f"{tenant.slug}: {names or 'only to be noted as up to date'}")
        raise SystemExit(1)
    _apply(host, waiting)


def _apply(host: "Host", waiting: Sequence["Tenant"]) -> None:
    from rich.progress import track

    from archivolt_host.tenants import migrating

    bar = iter(track(waiting, description="Migrating"))
    outcome = migrating.migrate(
        waiting, host.provisioner, progress=lambda _: next(bar, None)
    )
    for slug, problem in outcome.failed.items():
        click.echo(f"{slug}: {problem}", err=True)
    click.echo(f"{len(outcome.migrated)} tenants migrated.")
    if outcome.failed:
        raise click.ClickException(
            f"{len(outcome.failed)} tenants stayed as they were: mend the cause above "
            "and run this again."
        )
