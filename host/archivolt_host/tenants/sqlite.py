"""SQLite, a file per tenant: one engine, a pool per file, writers in a queue."""

import fcntl
import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, Pool
from sqlalchemy.pool.base import _ConnectionRecord

from archivolt_host.errors import UnavailableError
from archivolt_host.tenants.context import SqlitePlace
from archivolt_host.tenants.recorded import refuse_unrecorded

IDLE_CONNECTIONS = 128  # over all files of one process
QUEUE_SECONDS = 30.0  # how long a writer waits for its turn
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA cache_size=-4000",
    "PRAGMA temp_store=MEMORY",
)

_file: ContextVar[Path] = ContextVar("file")


class FilePool(Pool):
    """Idle connections by file, the longest unused closed first when there are many.

    An LRU of engines would cost an engine and an opened file per miss; here a miss
    costs the opened file alone.
    """

    def __init__(self, creator: Callable[..., Any], **options: Any) -> None:
        super().__init__(creator, **options)
        self._idle: OrderedDict[_ConnectionRecord, Path] = OrderedDict()
        self._by_file: dict[Path, list[_ConnectionRecord]] = {}
        self._mutex = threading.Lock()

    def _do_get(self) -> ConnectionPoolEntry:
        with self._mutex:
            if waiting := self._by_file.get(_file.get()):
                record = waiting.pop()
                del self._idle[record]
                return record
        return self._create_connection()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        assert isinstance(record, _ConnectionRecord)  # noqa: S101 - SQLAlchemy made it
        path = record.info.get("path")
        if record.dbapi_connection is None or path is None:
            return
        with self._mutex:
            self._idle[record] = path
            self._by_file.setdefault(path, []).append(record)
            surplus = self._oldest() if len(self._idle) > IDLE_CONNECTIONS else None
        if surplus is not None:
            surplus.close()

    def _oldest(self) -> _ConnectionRecord:
        record, path = self._idle.popitem(last=False)
        siblings = self._by_file[path]
        siblings.remove(record)
        if not siblings:
            del self._by_file[path]
        return record

    def forget(self, path: Path) -> None:
        """Close the idle connections of one file, as before it is replaced."""
        with self._mutex:
            records = self._by_file.pop(path, [])
            for record in records:
                del self._idle[record]
        for record in records:
            record.close()

    def recreate(self) -> "FilePool":
        """Return an empty pool of the same kind, with the same listeners."""
        return FilePool(
            self._creator,
            reset_on_return=self._reset_on_return,
            _dispatch=self.dispatch,
            dialect=self._dialect,
        )

    def dispose(self) -> None:
        """Close every idle connection."""
        with self._mutex:
            records = list(self._idle)
            self._idle.clear()
            self._by_file.clear()
        for record in records:
            record.close()

    def status(self) -> str:
        """Say how many connections are idle."""
        return f"{len(self._idle)} idle connections to {len(self._by_file)} files"


def connect(path: Path, synchronous: str = "FULL") -> sqlite3.Connection:
    """Open a file with our settings; transactions are begun by hand."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    for pragma in PRAGMAS:
        connection.execute(pragma)
    connection.execute(f"PRAGMA synchronous={synchronous}")
    # ATTACH would open any other tenant's file.
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    return connection


def make_engine(synchronous: str = "FULL") -> Engine:
    """Return the one engine for all SQLite files of this process."""
    engine = create_engine(
        "sqlite+pysqlite://",
        poolclass=FilePool,
        creator=lambda: connect(_file.get(), synchronous),
    )

    @event.listens_for(engine, "connect")
    def remember_file(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["path"] = _file.get()

    event.listen(engine, "before_cursor_execute", refuse_unrecorded)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        write = bool(connection.get_execution_options().get("archivolt_write"))
        if connection.info.get("writes") is not write:
            # Whoever reads has no turn in the queue of writers, and must not write.
            connection.exec_driver_sql(f"PRAGMA query_only={not write:d}")
            connection.info["writes"] = write
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


class WriterQueue:
    """One writer per file at a time, waiting in line instead of sleeping on the lock.

    Threads of this process queue on a mutex, processes on an advisory file lock: the
    kernel wakes the next one at once and frees the lock of a killed process.
    """

    def __init__(self) -> None:
        self._mutexes: dict[Path, threading.Lock] = {}
        self._guard = threading.Lock()

    def acquire(self, path: Path) -> Callable[[], None]:
        """Wait for this file's turn; return what ends it."""
        mutex = self._mutex(path)
        if not mutex.acquire(timeout=QUEUE_SECONDS):
            raise UnavailableError("Too many writes are waiting here: try again soon.")
        try:
            descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except BaseException:
            mutex.release()
            raise

        def release() -> None:
            os.close(descriptor)  # closing gives the file lock back
            mutex.release()

        return release

    def _mutex(self, path: Path) -> threading.Lock:
        with self._guard:
            return self._mutexes.setdefault(path, threading.Lock())


class SqliteDatabases:
    """All tenants whose place is a file."""

    def __init__(self, synchronous: str = "FULL") -> None:
        self.engine = make_engine(synchronous)
        self.queue = WriterQueue()

    def connect(self, place: SqlitePlace, *, write: bool) -> Any:
        """Return a connection to the tenant's file, from the pool where one is idle."""
        token = _file.set(place.path)
        try:
            connection = self.engine.connect()
        finally:
            _file.reset(token)
        if write:
            connection = connection.execution_options(archivolt_write=True)
        return connection

    def turn(self, place: SqlitePlace) -> Callable[[], None]:
        """Wait until this place may be written; return what ends the turn."""
        return self.queue.acquire(place.path)

    def forget(self, place: SqlitePlace) -> None:
        """Close idle connections to one place."""
        pool = self.engine.pool
        assert isinstance(pool, FilePool)  # noqa: S101 - made above
        pool.forget(place.path)

    def dispose(self) -> None:
        """Close all connections, as before a fork."""
        self.engine.dispose()
