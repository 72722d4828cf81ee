"""PostgreSQL, a schema per tenant: one engine and a small pool for any number of them.

The login role sees nothing by itself. Role and search_path are set LOCAL in the same
round trip that begins the transaction, so a pooled connection never carries the last
tenant along.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import TimeoutError

from archivolt_host.errors import UnavailableError
from archivolt_host.tenants.context import SchemaPlace
from archivolt_host.tenants.recorded import refuse_unrecorded

SPARE = 2  # connections beyond those of the threads, such as for keeping a lease


def make_engine(url: str, threads: int) -> Engine:
    """Return the engine of the login role, for so many threads.

    Each holds one connection, and a second one to look aside or into the catalog:
    with fewer, threads that hold their first would wait for each other's second.
    """
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=threads,
        max_overflow=threads + SPARE,
        pool_pre_ping=False,
        pool_recycle=1800,
        pool_use_lifo=True,
        # Plans of another tenant's tables must not be reused: types may differ
        # while a fleet is half migrated. Transactions are begun below, by hand.
        connect_args={"prepare_threshold": None, "autocommit": True},
    )

    event.listen(engine, "before_cursor_execute", refuse_unrecorded)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        place: SchemaPlace | None = options.get("archivolt_place")
        if place is None:
            raise RuntimeError("A PostgreSQL session was opened outside of any tenant")
        mode = "READ WRITE" if options.get("archivolt_write") else "READ ONLY"
        connection.exec_driver_sql(
            f'BEGIN {mode}; SET LOCAL ROLE "{place.role}"; '
            f'SET LOCAL search_path = "{place.schema}"'
        )

    return engine


class SchemaDatabases:
    """All tenants whose place is a schema."""

    def __init__(self, url: str, threads: int = 8) -> None:
        self.engine = make_engine(url, threads)

    def connect(self, place: SchemaPlace, *, write: bool) -> Any:
        """Return a connection that can reach only this place."""
        try:
            connection = self.engine.connect()
        except TimeoutError as error:
            raise UnavailableError(
                "The database has too much to do: try again soon."
            ) from error
        return connection.execution_options(
            archivolt_place=place, archivolt_write=write
        )

    def turn(self, place: SchemaPlace) -> Callable[[], None]:
        """PostgreSQL lets many write at once: there is no queue."""
        return _nothing

    def forget(self, place: SchemaPlace) -> None:
        """Connections belong to no place."""

    def dispose(self) -> None:
        """Close all connections, as before a fork."""
        self.engine.dispose()


def _nothing() -> None:
    return None
