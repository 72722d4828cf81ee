"""Where a tenant's database comes from: a file to copy, or a schema to fill."""

import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from archivolt_host.tenants.context import Place, SchemaPlace, SqlitePlace
from archivolt_host.tenants.migrations import (
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

    def create(self, place: Place) -> None:
        """Make a tenant's database at the plan's heads; harmless when repeated."""
        if isinstance(place, SqlitePlace):
            self._copy_template(place.path)
        else:
            self._fill_schema(place)

    def upgrade(self, place: Place) -> list[str]:
        """Bring a tenant's database to the heads; return what was applied."""
        if isinstance(place, SqlitePlace):
            with sqlite_migration(place.path) as connection:
                return list(self.plan.upgrade(connection))
        with schema_migration(self.migrator_url, place.schema) as connection:
            return list(self.plan.upgrade(connection))

    def pending(self, place: Place) -> list[str]:
        """Return the names of what would be applied."""
        if isinstance(place, SqlitePlace):
            with sqlite_migration(place.path) as connection:
                return [source.name for source in self.plan.pending(connection)]
        with schema_migration(self.migrator_url, place.schema) as connection:
            return [source.name for source in self.plan.pending(connection)]

    def drop(self, place: Place) -> None:
        """Remove a tenant's database with all that is in it."""
        if isinstance(place, SqlitePlace):
            for suffix in ("", "-wal", "-shm", ".lock"):
                Path(f"{place.path}{suffix}").unlink(missing_ok=True)
            return
        with schema_migration(self.migrator_url, place.schema) as connection:
            connection.exec_driver_sql(
                f"DROP SCHEMA IF EXISTS {quoted(place.schema)} CASCADE"
            )
            if _role_exists(connection, place.role):
                connection.exec_driver_sql(f"DROP ROLE {quoted(place.role)}")

    def _copy_template(self, path: Path) -> None:
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        shutil.copyfile(self._template(), made)
        os.replace(made, path)

    @property
    def template_path(self) -> Path:
        """Where the file is that new tenants are copied from, once it is made."""
        return self.templates / f"template-{self.plan.fingerprint}.db"

    def _template(self) -> Path:
        template = self.template_path
        if not template.exists():
            made = template.with_name(f"{template.name}.{uuid.uuid4().hex}")
            with sqlite_migration(made) as connection:
                self.plan.upgrade(connection)
            os.replace(made, template)
        return template

    def _fill_schema(self, place: SchemaPlace) -> None:
        with schema_migration(self.migrator_url, place.schema) as connection:
            if self._prepare_schema(connection, place):
                connection.exec_driver_sql(self.plan.script)

    def _prepare_schema(self, connection: Connection, place: SchemaPlace) -> bool:
        """Make role, schema and rights; return whether the schema is new."""
        schema, role = quoted(place.schema), quoted(place.role)
        new = not connection.scalar(
            text("SELECT 1 FROM pg_namespace WHERE nspname = :name"),
            {"name": place.schema},
        )
        make_role(connection, place.role, self.login_role)
        connection.exec_driver_sql(
            f"CREATE SCHEMA IF NOT EXISTS {schema};"
            f"GRANT USAGE ON SCHEMA {schema} TO {role};"
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} "
            f"GRANT {RIGHTS} ON TABLES TO {role}"
        )
        return new


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


def _role_exists(connection: Connection, role: str) -> bool:
    return bool(
        connection.scalar(
            text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": role}
        )
    )
