"""``archivolt tenants export`` and ``import``: a tenant to a file, and out of one."""

from pathlib import Path

import click


@click.command("export")
@click.argument("slug")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--overwrite", is_flag=True, help="Replace FILE if it is there.")
@click.option(
    "--without-missing",
    is_flag=True,
    help="Leave out contents that are missing here, and name them.",
)
def export_command(
    slug: str, file: Path, overwrite: bool, without_missing: bool
) -> None:
    """Write the tenant SLUG into FILE: rows, contents, journal and settings.

    Users keep their passwords. Whoever reads the file reads the tenant.
    """
    from archivolt_host.archives.exporting import export_tenant
    from archivolt_host.archives.packing import new_file
    from archivolt_host.cli import showing
    from archivolt_host.cli.opening import ready
    from archivolt_host.cli.tenants import known

    tenant, host = known(slug), ready()
    host.registry.forget()
    domains = host.catalog.domains().get(slug, [])
    with (
        new_file(file, overwrite=overwrite) as out,
        showing.progress("Exporting") as show,
    ):
        done = export_tenant(
            tenant,
            host.provisioner.plan,
            domains,
            out,
            without_missing=without_missing,
            progress=show,
        )
    click.echo(f"{slug} is in {file}: {done.rows} rows, {done.files} files.")
    showing.missing(done.missing)
    for secret in done.secrets:
        click.echo(f"The secret {secret} stays here: set it again after an import.")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--slug", help="Another name than it had.")
@click.option(
    "--placement",
    type=click.Choice(["sqlite", "schema"]),
    help="A file, or a PostgreSQL schema; else as the manifest's default_placement.",
)
def import_command(file: Path, slug: str | None, placement: str | None) -> None:
    """Make a tenant of FILE, which export wrote, in this or another placement."""
    from archivolt_host.archives.exporting import TENANT
    from archivolt_host.archives.importing import ImportTenant
    from archivolt_host.archives.unpacking import Archive
    from archivolt_host.cli import showing
    from archivolt_host.cli.opening import ready
    from archivolt_host.cli.tenants import placement_of

    host, archive = ready(), Archive(file, TENANT)
    name, chosen = slug or str(archive.head["slug"]), placement_of(host, placement)
    with showing.progress("Importing") as show:
        done = ImportTenant(str(file.absolute()), name, chosen, show).run()
    click.echo(
        f"The tenant {name} is ready ({chosen}): {done['fill']} rows, "
        f"{done['files']} files."
    )
    for note in done["notes"]:
        click.echo(note)
