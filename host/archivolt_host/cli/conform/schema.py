"""Check of migrations: up, down and up again, on SQLite."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from archivolt_host.cli.conform.checks import NotRunError, check
from archivolt_host.cli.conform.stage import Stage
from archivolt_host.tenants.migrations import Plan, Source, sqlite_migration

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: What is there of a plugin in a database, by the prefix of its tables.
Shape = Callable[["Connection", str], Mapping[str, object]]


@check(
    "migrations",
    "Its migrations run, can be taken back, run again, and make what its models say.",
    "Run 'alembic' against an empty database, and complete upgrade() and downgrade().",
)
def migrations(stage: Stage) -> Iterator[str]:
    """Run them in an empty database of their own."""
    yield from on_sqlite(stage)


@cache  # the check on PostgreSQL asks for it as well
def on_sqlite(stage: Stage) -> tuple[str, ...]:
    """Return what is wrong with them on SQLite."""
    plan, own = plan_of(stage)
    if own is None:
        return ()
    if own.problem:
        return (f"They cannot be read: {own.problem}",)
    with sqlite_migration(stage.folder / "migrations.db") as connection:
        return tuple(up_down_up(connection, stage, plan, own, _shape))


def up_down_up(
    connection: "Connection", stage: Stage, plan: Plan, own: Source, shape: Shape
) -> Iterator[str]:
    """Try migrations, and yield what goes wrong; ``shape`` tells what is there."""
    if failed := plan.upgrade(connection).failed:
        yield f"Up: {failed.get(own.name, failed)}"
        return
    first = shape(connection, stage.prefix)
    own.downgrade(connection)
    if left := shape(connection, stage.prefix):
        yield f"Down leaves behind: {', '.join(sorted(left))}."
    if failed := plan.upgrade(connection).failed:
        yield f"Up again: {failed.get(own.name, failed)}"
    elif shape(connection, stage.prefix) != first:
        yield "Up again makes other tables than the first time."
    yield from _differences(connection, stage)


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


def _shape(connection: "Connection", prefix: str) -> dict[str, list[str]]:
    """Return the SQL of what is in a database, but for others' and version tables.

    Line by line, sorted: Alembic's batches put constraints in any order.
    """
    rows = connection.exec_driver_sql(
        "SELECT name, coalesce(sql, '') FROM sqlite_master WHERE tbl_name GLOB ? "
        "AND name NOT LIKE 'sqlite_%'",
        (f"{prefix}*",),
    )
    return {
        name: sorted(line.strip().rstrip(",") for line in sql.splitlines())
        for name, sql in rows
    }


def _differences(connection: "Connection", stage: Stage) -> Iterator[str]:
    """Name what the models have and the migrations did not make.

    More than the models have may be there: triggers, virtual tables, their shadows.
    """
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from archivolt_host.tenants.columns import Base, CatalogBase

    base = CatalogBase if stage.info.scope == "system" else Base

    def ours(thing: object, name: str | None, kind: str, *_: object) -> bool:
        if kind == "table":
            return (name or "").startswith(stage.prefix)
        return getattr(thing, "_ddl_if", None) is None  # made on some dialects alone

    context = MigrationContext.configure(
        connection,
        opts={"include_object": ours, "compare_type": False},
    )
    for difference in compare_metadata(context, base.metadata):
        deed = difference[0] if isinstance(difference, tuple) else difference[0][0]
        if not str(deed).startswith("remove_"):
            yield f"The models have, the migrations do not: {deed} {difference[1:]}."
