"""``archivolt upgrade``: the newest tables for the catalog and every tenant.

``migrate`` is its older name.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from archivolt_host.app import Host
    from archivolt_host.tenants.context import Tenant

CATALOG = "the catalog"


@click.command()
@click.option("--check", is_flag=True, help="Only list what would be done.")
def upgrade(check: bool) -> None:
    """Bring the catalog and every tenant to the newest tables; safe to repeat.

    With --check nothing is changed, and the exit code is 1 when something is to be
    done.
    """
    from archivolt_host.cli.opening import opened, prepare_catalog_database
    from archivolt_host.tenants import migrating

    host = opened()
    if check:
        _list(host)
        return
    prepare_catalog_database(host)
    waiting = migrating.behind(host.catalog, host.provisioner.plan.fingerprint)
    if not waiting:
        click.echo(DONE)
        return
    _apply(host, waiting)


DONE = "The catalog and all tenants are up to date."


def _list(host: "Host") -> None:
    found = pending(host)
    for name, sources in found.items():
        click.echo(f"{name}: {', '.join(sources)}")
    if found:
        raise SystemExit(1)
    click.echo(DONE)


def pending(host: "Host") -> dict[str, list[str]]:
    """Return whose migrations wait, by tenant; a catalog that is not there has none.

    Nothing is changed. Where the catalog itself waits, it may not be readable for this
    version, so the tenants are counted among what comes after.
    """
    from archivolt_host.tenants import migrating

    waiting = _pending_in_catalog(host)
    if waiting is None:
        return {}
    if waiting:
        return {CATALOG: waiting, "the tenants": ["to be told once the catalog is"]}
    behind = migrating.behind(host.catalog, host.provisioner.plan.fingerprint)
    found = {tenant.slug: host.provisioner.pending(tenant.place) for tenant in behind}
    return {slug: names for slug, names in found.items() if names}


def _pending_in_catalog(host: "Host") -> list[str] | None:
    """Return what waits in the catalog; None where it was never made."""
    from archivolt_host.tenants.context import SqlitePlace

    provisioner, place = host.catalog_provisioner, host.catalog_place
    if isinstance(place, SqlitePlace) and not place.path.exists():
        return None
    with provisioner.migration(place) as connection:
        if not any(provisioner.plan.revisions(connection).values()):
            return None
        return [source.name for source in provisioner.plan.pending(connection)]


def refuse_pending(host: "Host", *, tenants: bool = True) -> None:
    """Stop a production that waits for migrations: somebody has to want them."""
    if not host.manifest.host["production"]:
        return
    waiting = list(pending(host)) if tenants else _pending_in_catalog(host)
    if waiting:
        names = ", ".join(waiting) if tenants else CATALOG
        raise click.ClickException(
            f"production = true, and migrations wait for {names}. Make a backup, then "
            "run 'archivolt upgrade'; 'archivolt upgrade --check' lists them."
        )


def _apply(host: "Host", waiting: Sequence["Tenant"]) -> None:
    from archivolt_host.cli import showing
    from archivolt_host.tenants import migrating

    with showing.bar("Migrating", len(waiting)) as advance:
        outcome = migrating.migrate(waiting, host.provisioner, progress=advance)
    for slug, problem in outcome.failed.items():
        click.echo(f"{slug}: {problem}", err=True)
    count = len(outcome.migrated)
    click.echo(f"{count} tenant{'' if count == 1 else 's'} migrated.")
    if outcome.failed:
        raise click.ClickException(
            f"{len(outcome.failed)} tenants stayed as they were: mend the cause above "
            "and run this again."
        )
