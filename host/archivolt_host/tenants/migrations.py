"""Migrations: one Alembic script folder and one version table per plugin.

Planned once per process, applied to each tenant's database; a new tenant comes from
the plan's template (a file to copy, or one SQL script), not from replaying history.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:  # heavy, and not needed where nothing is to be migrated
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory


class MigrationError(Exception):
    """A migration could not be applied; the database is as it was before."""


@dataclass(frozen=True)
class Source:
    """The migrations of one plugin (or of the host): a folder and a version table."""

    name: str
    folder: Path

    @property
    def version_table(self) -> str:
        """The table in which this source's revision stands."""
        return f"alembic_version_{self.name}"

    @cached_property
    def script(self) -> "ScriptDirectory":
        """The folder as Alembic reads it."""
        from alembic.script import ScriptDirectory

        return ScriptDirectory(
            str(self.folder.parent), version_locations=[str(self.folder)]
        )

    @cached_property
    def head(self) -> str:
        """The newest revision, or "" where there is none."""
        return self.script.get_current_head() or ""

    def revision(self, connection: Connection) -> str:
        """Return the revision that a database is at."""
        with self._environment() as environment:
            self._configure(environment, connection=connection)
            found = environment.get_context().get_current_revision()
        return found or ""

    def upgrade(self, connection: Connection) -> None:
        """Bring one database to the head, in the caller's transaction."""
        with self._environment() as environment:
            self._configure(environment, connection=connection)
            environment.run_migrations()

    def sql(self) -> str:
        """Return the whole history as one PostgreSQL script, for a new schema."""
        buffer = io.StringIO()
        with self._environment(as_sql=True) as environment:
            self._configure(
                environment, dialect_name="postgresql", output_buffer=buffer
            )
            environment.run_migrations()
        return buffer.getvalue()

    def _environment(self, **options: Any) -> "EnvironmentContext":
        from alembic.config import Config
        from alembic.runtime.environment import EnvironmentContext

        def steps(revision: Any, context: Any) -> Any:
            return self.script._upgrade_revs("head", revision)

        return EnvironmentContext(
            Config(), self.script, fn=steps, destination_rev="head", **options
        )

    def _configure(self, environment: "EnvironmentContext", **options: Any) -> None:
        environment.configure(
            version_table=self.version_table,
            render_as_batch=True,
            transactional_ddl=False,  # one transaction around all, and it is ours
            **options,
        )


@dataclass(frozen=True)
class Plan:
    """The sources in the order of their plugins' dependencies."""

    sources: tuple[Source, ...]

    @cached_property
    def fingerprint(self) -> str:
        """A short name for the state that this plan leads to, read without Alembic."""
        scripts = [
            f"{source.name}/{script.name}"
            for source in self.sources
            for script in sorted(source.folder.glob("*.py"))
        ]
        return hashlib.sha256("\n".join(scripts).encode()).hexdigest()[:16]

    def pending(self, connection: Connection) -> Sequence[Source]:
        """Return the sources that a database is behind."""
        return [s for s in self.sources if s.revision(connection) != s.head]

    def upgrade(self, connection: Connection) -> Sequence[str]:
        """Bring one database to the heads; return the names of what was applied."""
        applied = []
        for source in self.pending(connection):
            try:
                source.upgrade(connection)
            except Exception as error:
                raise MigrationError(f"{source.name}: {error}") from error
            applied.append(source.name)
        return applied

    @cached_property
    def script(self) -> str:
        """The whole of it as one PostgreSQL script."""
        return "\n".join(source.sql() for source in self.sources)


@contextmanager
def sqlite_migration(path: Path) -> Iterator[Connection]:
    """Open a file for migration: nothing is lost when tables are rebuilt.

    SQLite's batch mode drops and renames tables: with foreign keys on that deletes
    child rows, and it always drops triggers. So keys are off before BEGIN, checked
    before COMMIT, and triggers are made again.
    """
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.isolation_level = None
        for pragma in ("journal_mode=WAL", "foreign_keys=OFF", "busy_timeout=30000"):
            raw.execute(f"PRAGMA {pragma}")
        raw.execute("BEGIN IMMEDIATE")
        try:
            triggers = _triggers(connection)
            yield connection
            _restore_triggers(connection, triggers)
            _check_foreign_keys(connection, path)
            raw.execute("COMMIT")
        except BaseException:
            raw.execute("ROLLBACK")
            raise
    engine.dispose()


def _triggers(connection: Connection) -> dict[str, tuple[str, str]]:
    rows = connection.exec_driver_sql(
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
    )
    return {name: (table, sql) for name, table, sql in rows}


def _restore_triggers(
    connection: Connection, triggers: dict[str, tuple[str, str]]
) -> None:
    """Make again what a rebuilt table lost; a dropped table's triggers stay away."""
    present = _triggers(connection)
    tables = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
    )
    kept = {name for (name,) in tables}
    for name, (table, sql) in triggers.items():
        if name not in present and table in kept:
            connection.exec_driver_sql(sql)


def _check_foreign_keys(connection: Connection, path: Path) -> None:
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise MigrationError(
            f"{path.name}: a row of {broken[0]} points at a missing row of {broken[2]}."
        )


@contextmanager
def schema_migration(url: str, schema: str) -> Iterator[Connection]:
    """Open a schema for migration as the migrator role, one migrator at a time."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": schema}
        )
        connection.execute(
            text("SELECT set_config('search_path', :name, true)"), {"name": schema}
        )
        yield connection
    engine.dispose()


def quoted(name: str) -> str:
    """Return a PostgreSQL identifier in quotes."""
    return postgresql.dialect().identifier_preparer.quote_identifier(name)
