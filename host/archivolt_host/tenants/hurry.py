"""Gives up a query that takes long, where there is another way to ask the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

STEPS, STRIDE = 200_000, 10_000  # of SQLite: about 10 ms
MILLISECONDS = 100  # of PostgreSQL, which does not count its steps
GROWTH = 4  # times as patient with each turn
CANCELLED = "57014"
START = "SAVEPOINT hurry; SET LOCAL statement_timeout = {}"
END = "ROLLBACK TO SAVEPOINT hurry; RELEASE SAVEPOINT hurry"


@contextmanager
def hurried(connection: Connection, turn: int = 0) -> Iterator[None]:
    """Read in this block, or give up where it takes long, and go on after it."""
    if connection.dialect.name == "sqlite":
        yield from _in_steps(connection, STEPS * GROWTH**turn)
    else:
        yield from _in_time(connection, MILLISECONDS * GROWTH**turn)


def _in_steps(connection: Connection, left: int) -> Iterator[None]:
    def is_too_long() -> bool:
        nonlocal left
        left -= STRIDE
        return left < 0

    raw: Any = connection.connection.dbapi_connection
    raw.set_progress_handler(is_too_long, STRIDE)
    try:
        yield
    except OperationalError:
        if left >= 0:
            raise
    finally:
        raw.set_progress_handler(None, STRIDE)


def _in_time(connection: Connection, milliseconds: int) -> Iterator[None]:
    connection.exec_driver_sql(START.format(milliseconds))
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != CANCELLED:
            raise
    connection.exec_driver_sql(END)  # nothing was written; the setting goes with it
