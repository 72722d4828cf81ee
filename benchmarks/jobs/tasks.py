"""What every side runs: a job that does nothing, and one that writes a row."""

import os
import sqlite3
from functools import cache

COUNT = "ARCHIVOLT_BENCH_COUNT"  # the file that grows by a byte with every job
ROWS = "ARCHIVOLT_BENCH_ROWS"  # the database of the sides that have none of their own


@cache
def _counter() -> int:
    return os.open(os.environ[COUNT], os.O_WRONLY | os.O_APPEND)


def count() -> None:
    """Note that one more job has run."""
    os.write(_counter(), b".")


def nothing() -> None:
    """Do nothing."""
    count()


@cache
def _database(pid: int) -> sqlite3.Connection:
    connection = sqlite3.connect(os.environ[ROWS], isolation_level=None, timeout=60)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, text)")
    return connection


def write(text: str) -> None:
    """Write one row, durably."""
    _database(os.getpid()).execute("INSERT INTO row (text) VALUES (?)", (text,))
    count()
