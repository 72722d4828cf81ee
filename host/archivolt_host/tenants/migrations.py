"""Migrations: one Alembic script folder and one version table per plugin.

Planned once per process, applied to each tenant's database; a new tenant comes from
the plan's template (a file to copy, or one SQL script), not from replaying history.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:  # heavy, and not needed where nothing is to be migrated
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory


class MigrationError(Exception):
    """A migration could not be applied; the database is as it was before."""


@dataclass(frozen=True)
class Source:
    """The migrations of one plugin (or of the host): a folder and a version table."""

    name: str
    folder: Path
    #: Other sources without which this one is of no use.
    needs: frozenset[str] = frozenset()
    #: Whether nothing at all works without it, as with the host's own.
    vital: bool = False

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

    @cached_property
    def problem(self) -> str:
        """Why the folder cannot be read, or "" where it can."""
        try:
            _ = self.head
        except Exception as error:  # the scripts are Python, and may raise anything
            return f"{type(error).__name__}: {error}"
        return ""

    def revision(self, connection: Connection) -> str:
        """Return the revision that a database is at."""
        return self._context(connection=connection).get_current_revision() or ""

    def upgrade(self, connection: Connection, to: str = "head") -> None:
        """Bring one database to a revision, or leave it as it is and raise."""
        with connection.begin_nested(), kept_whole(connection):
            self.run(self._context(connection=connection, to=to))

    def knows(self, revision: str) -> bool:
        """Return whether a revision is one of these scripts'."""
        scripts = self.script.walk_revisions()
        return revision in {script.revision for script in scripts}

    def downgrade(self, connection: Connection) -> None:
        """Take the whole history back, tables and all."""
        with connection.begin_nested(), kept_whole(connection):
            self.run(self._context(connection=connection, to="base"))

    def sql(self) -> str:
        """Return the whole history as one PostgreSQL script, for a new schema."""
        buffer = io.StringIO()
        options = {"as_sql": True, "output_buffer": buffer}
        self.run(self._context(dialect_name="postgresql", opts=options))
        return buffer.getvalue()

    def run(self, context: "MigrationContext") -> None:
        """Run what is pending, as it stands in the scripts."""
        from alembic.operations import Operations

        _lead_operations_by_thread()
        token = _operations.set(Operations(context))
        try:
            context.run_migrations()
        finally:
            _operations.reset(token)

    def _context(
        self, *, opts: dict[str, Any] | None = None, to: str = "head", **where: Any
    ) -> "MigrationContext":
        from alembic.runtime.migration import MigrationContext

        def steps(revision: Any, context: Any) -> Any:
            if to == "base":
                return self.script._downgrade_revs(to, revision)
            return self.script._upgrade_revs(to, revision)

        own = {
            "fn": steps,
            "version_table": self.version_table,
            "transactional_ddl": False,  # one transaction around all, and it is ours
        }
        return MigrationContext.configure(**where, opts={**own, **(opts or {})})


_operations: ContextVar["Operations"] = ContextVar("operations")


class _Operations:
    """Leads ``alembic.op`` to this thread's database.

    Alembic keeps one for the whole process: of two tenants that are migrated at the
    same time, one would get the statements of both.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(_operations.get(), name)


def _lead_operations_by_thread() -> None:
    import alembic.op

    alembic.op.__dict__["_proxy"] = _Operations()


@dataclass
class Applied:
    """Which sources were brought up to date, and which could not be, and why."""

    names: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


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

    def revisions(self, connection: Connection) -> dict[str, str]:
        """Return the revision that a database is at, by source."""
        return {s.name: s.revision(connection) for s in self.sources}

    def replay(self, connection: Connection, revisions: Mapping[str, str]) -> None:
        """Make the tables of an empty database as they were at other revisions."""
        for source in self.sources:
            if revision := revisions.get(source.name):
                source.upgrade(connection, to=revision)

    def upgrade(self, connection: Connection) -> Applied:
        """Bring one database to the heads, as far as it goes.

        A source that fails leaves its tables as they were, and so do those that need
        it; a vital one ends it all.
        """
        applied = Applied()
        for source in self.pending(connection):
            try:
                self._upgrade(source, connection, applied.failed)
            except Exception as error:  # a migration may raise anything
                if source.vital:
                    raise MigrationError(f"{source.name}: {error}") from error
                applied.failed[source.name] = str(error)
            else:
                applied.names.append(source.name)
        return applied

    def _upgrade(
        self, source: Source, connection: Connection, failed: dict[str, str]
    ) -> None:
        for need in sorted(source.needs & failed.keys()):
            raise MigrationError(f"It needs {need}, whose migrations failed.")
        source.upgrade(connection)

    @cached_property
    def script(self) -> str:
        """The whole of it as one PostgreSQL script."""
        return "\n".join(source.sql() for source in self.sources)


@contextmanager
def sqlite_migration(path: Path) -> Iterator[Connection]:
    """Open a file for migration, one migrator at a time.

    SQLite's batch mode drops and renames tables: with foreign keys on that deletes
    child rows. So keys are off, which has to be said before BEGIN.
    """
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.isolation_level = None
        for pragma in ("journal_mode=WAL", "foreign_keys=OFF", "busy_timeout=30000"):
            raw.execute(f"PRAGMA {pragma}")
        raw.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            raw.execute("COMMIT")
        except BaseException:
            if raw.in_transaction:  # of a full disk, SQLite has rolled back itself
                raw.execute("ROLLBACK")
            raise
    engine.dispose()


@contextmanager
def kept_whole(connection: Connection) -> Iterator[None]:
    """Lose nothing when SQLite's batch mode rebuilds tables.

    It always drops triggers, which are made again here. Keys that point nowhere
    afterwards, and did not before, are an error.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    triggers, broken = _triggers(connection), _broken_keys(connection)
    yield
    _restore_triggers(connection, triggers)
    for table, _, parent, _ in _broken_keys(connection) - broken:
        raise MigrationError(f"A row of {table} points at a missing row of {parent}.")


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


def _broken_keys(connection: Connection) -> set[tuple[Any, ...]]:
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check")
    return {tuple(row) for row in rows}


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
