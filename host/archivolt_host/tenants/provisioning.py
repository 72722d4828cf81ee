"""Where a tenant's database comes from: a file to copy, or a schema to fill."""

import os
import shutil
import sqlite3
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from archivolt_host.errors import RefusedError
from archivolt_host.tenants.context import Place, SchemaPlace, SqlitePlace
from archivolt_host.tenants.migrations import (
    Applied,
    Plan,
    quoted,
    schema_migration,
    sqlite_migration,
)

CATALOG_ROLE = "archivolt_catalog"
RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True)
class Provisioner:
    """Makes, migrates and removes the databases of tenants and of the catalog.

    ``migrator_url`` names the PostgreSQL role that owns the tables; "" where all
    places are files.
    """

    plan: Plan
    templates: Path
    migrator_url: str = ""
    login_role: str = ""

    def refuse_used(self, place: Place) -> None:
        """Refuse a place where data lies already, which may be somebody else's."""
        if self._is_used(place):
            raise RefusedError(
                f"There is a database already ({place.label}) that the catalog does "
                "not know: move it away, or name the tenant otherwise."
            )

    def _is_used(self, place: Place) -> bool:
        if isinstance(place, SqlitePlace):  # SQLite would take up a journal alone too
            return any(Path(f"{place.path}{end}").exists() for end in ("", "-wal"))
        with self.migration(place) as connection:
            return _schema_exists(connection, place.schema)

    def create(self, place: Place) -> Mapping[str, str]:
        """Make a tenant's database at the plan's heads; harmless when repeated.

        Returns the sources that could not be applied, and why.
        """
        if isinstance(place, SqlitePlace):
            return self._make_file(place.path)
        return self._fill_schema(place)

    def upgrade(self, place: Place) -> Applied:
        """Bring a tenant's database to the heads, as far as it goes."""
        with self.migration(place) as connection:
            applied = self.plan.upgrade(connection)
            if isinstance(place, SqlitePlace) and not applied.failed:
                connection.exec_driver_sql(f"PRAGMA user_version={self._number}")
            return applied

    def is_done(self, place: Place) -> bool:
        """Return whether a file says of itself that nothing is pending.

        A copy that was put back says so too. PostgreSQL is asked with Alembic.
        """
        if not isinstance(place, SqlitePlace) or not place.path.exists():
            return False
        connection = sqlite3.connect(place.path)
        try:
            [number] = connection.execute("PRAGMA user_version").fetchone()
        finally:
            connection.close()
        return bool(number == self._number)

    def unmark(self, connection: Connection) -> None:
        """Have a file no longer say so: its tables are not as they were."""
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA user_version=0")

    @property
    def _number(self) -> int:
        """The plan's fingerprint as SQLite can keep it in a file, never 0."""
        return int(self.plan.fingerprint[:7], 16) + 1

    def pending(self, place: Place) -> list[str]:
        """Return the names of what would be applied."""
        with self.migration(place) as connection:
            return [source.name for source in self.plan.pending(connection)]

    def create_empty(self, place: Place) -> None:
        """Make a tenant's database without tables, with the rights it needs."""
        if isinstance(place, SchemaPlace):
            with self.migration(place) as connection:
                self._prepare_schema(connection, place)

    def migration(self, place: Place) -> AbstractContextManager[Connection]:
        """Open a place as the one who owns its tables, in one transaction."""
        if isinstance(place, SqlitePlace):
            return sqlite_migration(place.path)
        return schema_migration(self.migrator_url, place.schema)

    def drop(self, place: Place) -> None:
        """Remove a tenant's database with all that is in it."""
        if isinstance(place, SqlitePlace):
            for suffix in ("", "-wal", "-shm", ".lock"):
                Path(f"{place.path}{suffix}").unlink(missing_ok=True)
            _remove_drafts(place.path)
            return
        with schema_migration(self.migrator_url, place.schema) as connection:
            connection.exec_driver_sql(
                f"DROP SCHEMA IF EXISTS {quoted(place.schema)} CASCADE"
            )
            # Another database of this server may have a tenant of the same name.
            if _role_exists(connection, place.role) and not _is_used(
                connection, place.role
            ):
                connection.exec_driver_sql(f"DROP ROLE {quoted(place.role)}")

    def _make_file(self, path: Path) -> Mapping[str, str]:
        """Copy the template; it is made from the first file in which all went well."""
        if path.exists():
            return self.upgrade(SqlitePlace(path)).failed
        _remove_drafts(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        failed: Mapping[str, str] = {}
        if not self.template_path.exists():
            failed = self._build(path)
        if not failed:
            _copy(self.template_path, path)
        return failed

    def _build(self, path: Path) -> Mapping[str, str]:
        """Build the template; where something failed, use it for this file alone."""
        made = self.templates / f"{path.name}.{uuid.uuid4().hex}"
        with sqlite_migration(made) as connection:
            failed = self.plan.upgrade(connection).failed
        if failed:
            shutil.move(made, path)
        else:
            os.replace(made, self.template_path)
        return failed

    @property
    def template_path(self) -> Path:
        """Where the file is that new tenants are copied from, once it is made."""
        return self.templates / f"template-{self.plan.fingerprint}.db"

    def _fill_schema(self, place: SchemaPlace) -> Mapping[str, str]:
        with schema_migration(self.migrator_url, place.schema) as connection:
            if not self._prepare_schema(connection, place):
                return self.plan.upgrade(connection).failed
            try:
                self._run_script(connection)
            except Exception:  # which source it was is found out one by one
                return self.plan.upgrade(connection).failed
            return {}

    def _run_script(self, connection: Connection) -> None:
        with connection.begin_nested():
            connection.exec_driver_sql(self.plan.script)

    def _prepare_schema(self, connection: Connection, place: SchemaPlace) -> bool:
        """Make role, schema and rights; return whether the schema is new."""
        schema, role = quoted(place.schema), quoted(place.role)
        new = not _schema_exists(connection, place.schema)
        make_role(connection, place.role, self.login_role)
        connection.exec_driver_sql(
            f"CREATE SCHEMA IF NOT EXISTS {schema};"
            f"GRANT USAGE ON SCHEMA {schema} TO {role};"
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} "
            f"GRANT {RIGHTS} ON TABLES TO {role}"
        )
        return new


def _remove_drafts(path: Path) -> None:
    """Remove what a process left that died while it made a file."""
    for draft in path.parent.glob(f"{path.name}.{'[0-9a-f]' * 32}"):
        draft.unlink(missing_ok=True)


def _copy(template: Path, path: Path) -> None:
    made = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    shutil.copyfile(template, made)
    os.replace(made, path)


def make_role(connection: Connection, role: str, login: str) -> None:
    """Make a role that nobody can sign in with, which the login role may become."""
    if not _role_exists(connection, role):
        connection.exec_driver_sql(f"CREATE ROLE {quoted(role)} NOLOGIN")
    if login:
        connection.exec_driver_sql(f"GRANT {quoted(role)} TO {quoted(login)}")


def prepare_catalog(url: str, login: str) -> None:
    """Give the catalog role its rights on ``public``, before its tables are made."""
    engine = create_engine(url, poolclass=NullPool)
    role = quoted(CATALOG_ROLE)
    with engine.begin() as connection:
        make_role(connection, CATALOG_ROLE, login)
        connection.exec_driver_sql(
            f"GRANT USAGE ON SCHEMA public TO {role};"
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public "
            f"GRANT {RIGHTS} ON TABLES TO {role}"
        )
    engine.dispose()


def _schema_exists(connection: Connection, schema: str) -> bool:
    query = text("SELECT 1 FROM pg_namespace WHERE nspname = :name")
    return bool(connection.scalar(query, {"name": schema}))


def _role_exists(connection: Connection, role: str) -> bool:
    return bool(
        connection.scalar(
            text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": role}
        )
    )


def _is_used(connection: Connection, role: str) -> bool:
    """Return whether anything on the server belongs to a role, or is granted to it."""
    query = text(
        "SELECT 1 FROM pg_shdepend JOIN pg_roles ON pg_roles.oid = refobjid "
        "WHERE refclassid = 'pg_authid'::regclass AND rolname = :name LIMIT 1"
    )
    return bool(connection.scalar(query, {"name": role}))
