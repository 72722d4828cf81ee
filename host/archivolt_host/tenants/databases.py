"""Every database that this process may reach, whatever kind of place it is."""

from typing import Any

from archivolt_host.errors import UnavailableError
from archivolt_host.tenants.context import Place, SqlitePlace
from archivolt_host.tenants.postgres import SchemaDatabases
from archivolt_host.tenants.sqlite import SqliteDatabases


class Databases:
    """Every database that this process may reach, by kind of place."""

    def __init__(self, sqlite: SqliteDatabases, schema: SchemaDatabases | None) -> None:
        self.sqlite = sqlite
        self.schema = schema

    def of(self, place: Place) -> Any:
        """Return what opens connections to a place."""
        if isinstance(place, SqlitePlace):
            return self.sqlite
        if self.schema is None:
            raise UnavailableError(
                "This tenant lives in PostgreSQL, but the manifest names no database: "
                "set catalog_url under [host]."
            )
        return self.schema

    def dispose(self) -> None:
        """Close all connections, as before a fork."""
        self.sqlite.dispose()
        if self.schema is not None:
            self.schema.dispose()


_bound: Databases | None = None
_catalog: Place | None = None


def bind(databases: Databases, catalog: Place) -> None:
    """Make these the databases that sessions of this process open."""
    global _bound, _catalog
    _bound, _catalog = databases, catalog


def databases() -> Databases:
    """Return the bound databases."""
    if _bound is None:
        raise RuntimeError("No host is open: call open_host() first.")
    return _bound


def catalog_place() -> Place:
    """Return where the catalog is."""
    if _catalog is None:
        raise RuntimeError("No host is open: call open_host() first.")
    return _catalog
