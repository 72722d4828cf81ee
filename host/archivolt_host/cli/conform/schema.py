"""Check of migrations on SQLite: up, down and up again."""

from collections.abc import Iterator
from pathlib import Path

from archivolt_host.cli.conform.checks import NotRunError, check
from archivolt_host.cli.conform.stage import Stage
from archivolt_host.tenants.migrations import Plan, Source, sqlite_migration


@check(
    "migrations",
    "Its migrations run, can be taken back, run again, and make what its models say.",
    "Run 'alembic' against an empty database, and complete upgrade() and downgrade().",
)
def migrations(stage: Stage) -> Iterator[str]:
    """Run them in an empty database of their own."""
    plan, own = plan_of(stage)
    if own is None:
        return
    if own.problem:
        yield f"They cannot be read: {own.problem}"
        return
    path = stage.folder / "migrations.db"
    path.unlink(missing_ok=True)  # the check on PostgreSQL asks for this one first
    with sqlite_migration(path) as connection:
        if failed := plan.upgrade(connection).failed:
            yield f"Up: {failed.get(own.name, failed)}"
            return
        first = _shape(connection, own)
        own.downgrade(connection)
        if left := _shape(connection, own):
            yield f"Down leaves behind: {', '.join(sorted(left))}."
        if failed := plan.upgrade(connection).failed:
            yield f"Up again: {failed.get(own.name, failed)}"
        elif _shape(connection, own) != first:
            yield "Up again makes other tables than the first time."
        yield from differences(connection, stage)


def plan_of(stage: Stage) -> tuple[Plan, Source | None]:
    """Return the migrations of the trial, and the plugin's own among them."""
    host = stage.host
    if reason := host.registry.out.get(stage.name):
        if "migrations" not in reason:
            raise NotRunError(f"The plugin is out: {reason}")
        module = stage.found.entry_point.module.partition(".")[0]
        folder = Path(next(iter(__import__(module).__path__))) / "migrations"
        return host.provisioner.plan, Source(stage.name, folder)
    is_system = stage.info.scope == "system"
    provisioner = host.catalog_provisioner if is_system else host.provisioner
    found = [s for s in provisioner.plan.sources if s.name == stage.name]
    return provisioner.plan, found[0] if found else None


def _shape(connection: object, own: Source) -> dict[str, list[str]]:
    """Return the SQL of what is in a database, but for others' and version tables.

    Line by line, sorted: Alembic's batches put constraints in any order.
    """
    rows = connection.exec_driver_sql(  # type: ignore[attr-defined]
        "SELECT name, coalesce(sql, '') FROM sqlite_master WHERE tbl_name LIKE ? "
        "AND name NOT LIKE 'sqlite_%'",
        (f"{own.name.removeprefix('core_')}%",),
    )
    return {
        name: sorted(line.strip().rstrip(",") for line in sql.splitlines())
        for name, sql in rows
    }


def differences(connection: object, stage: Stage) -> Iterator[str]:
    """Name what the models have and the migrations did not make.

    More than the models have may be there: triggers, virtual tables, their shadows.
    """
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from archivolt_host.tenants.columns import Base, CatalogBase

    base = CatalogBase if stage.info.scope == "system" else Base
    prefix = stage.info.tables or f"{stage.name}_"

    def ours(thing: object, name: str | None, kind: str, *_: object) -> bool:
        if kind == "table":
            return (name or "").startswith(prefix)
        return getattr(thing, "_ddl_if", None) is None  # made on some dialects alone

    context = MigrationContext.configure(
        connection,  # type: ignore[arg-type]
        opts={"include_object": ours, "compare_type": False},
    )
    for difference in compare_metadata(context, base.metadata):
        deed = difference[0] if isinstance(difference, tuple) else difference[0][0]
        if not str(deed).startswith("remove_"):
            yield f"The models have, the migrations do not: {deed} {difference[1:]}."
