"""SQLite, a file per tenant: one engine, a pool per file, writers in a queue."""

import fcntl
import json
import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, Pool
from sqlalchemy.pool.base import _ConnectionRecord

from archivolt_host.errors import UnavailableError
from archivolt_host.tenants.context import SqlitePlace
from archivolt_host.tenants.recorded import refuse_unrecorded

IDLE_CONNECTIONS = 128  # over all files of one process
MAPPED = 1 << 30  # bytes of a file
QUEUE_SECONDS = 30.0  # how long a writer waits for its turn
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA cache_size=-4000",
    "PRAGMA temp_store=MEMORY",
)

Use = tuple[Path, bool]  # a file, and whether it is to be written

_use: ContextVar[Use] = ContextVar("use")


class FilePool(Pool):
    """Idle connections by file, the longest unused closed first when there are many.

    An LRU of engines would cost an engine and an opened file per miss; here a miss
    costs the opened file alone. Readers and writers have connections of their own:
    to forbid one connection to write and allow it again expires all its statements.
    """

    def __init__(self, creator: Callable[..., Any], **options: Any) -> None:
        super().__init__(creator, **options)
        self._idle: OrderedDict[_ConnectionRecord, Use] = OrderedDict()
        self._by_use: dict[Use, list[_ConnectionRecord]] = {}
        self._mutex = threading.Lock()

    def _do_get(self) -> ConnectionPoolEntry:
        with self._mutex:
            if waiting := self._by_use.get(_use.get()):
                record = waiting.pop()
                del self._idle[record]
                return record
        return self._create_connection()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        assert isinstance(record, _ConnectionRecord)  # noqa: S101 - SQLAlchemy made it
        use = record.info.get("use")
        if record.dbapi_connection is None or use is None:
            return
        with self._mutex:
            self._idle[record] = use
            self._by_use.setdefault(use, []).append(record)
            surplus = self._oldest() if len(self._idle) > IDLE_CONNECTIONS else None
        if surplus is not None:
            surplus.close()

    def _oldest(self) -> _ConnectionRecord:
        record, use = self._idle.popitem(last=False)
        siblings = self._by_use[use]
        siblings.remove(record)
        if not siblings:
            del self._by_use[use]
        return record

    def forget(self, path: Path) -> None:
        """Close the idle connections of one file, as before it is replaced."""
        with self._mutex:
            records = [
                record
                for write in (False, True)
                for record in self._by_use.pop((path, write), [])
            ]
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
            self._by_use.clear()
        for record in records:
            record.close()

    def status(self) -> str:
        """Say how many connections are idle."""
        files = {path for path, _ in self._by_use}
        return f"{len(self._idle)} idle connections to {len(files)} files"


class FileConnection(sqlite3.Connection):
    """A connection that knows how its transactions begin."""

    begin = "BEGIN"


def connect(
    path: Path, synchronous: str = "FULL", *, write: bool = True
) -> FileConnection:
    """Open a file with our settings; transactions are begun by hand."""
    connection: FileConnection = sqlite3.connect(
        path,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        factory=FileConnection,
    )
    for pragma in PRAGMAS:
        connection.execute(pragma)
    connection.execute(f"PRAGMA synchronous={synchronous}")
    # ATTACH would open any other tenant's file.
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    if write:
        connection.begin = "BEGIN IMMEDIATE"
    else:
        # Whoever reads has no turn in the queue of writers, and must not write. A
        # large file is read where the system has it in memory: no call for each page.
        connection.execute("PRAGMA query_only=ON")
        connection.execute(f"PRAGMA mmap_size={MAPPED}")
    return connection


@cache  # with the SQL that it has compiled, for whichever home is opened next
def make_engine(synchronous: str = "FULL") -> Engine:
    """Return the one engine for all SQLite files of this process."""
    engine = create_engine(
        "sqlite+pysqlite://",
        poolclass=FilePool,
        creator=lambda: _open(synchronous),
        json_deserializer=_read_json,
    )

    @event.listens_for(engine, "connect")
    def remember_use(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["use"] = _use.get()

    event.listen(engine, "before_cursor_execute", refuse_unrecorded)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        try:
            raw.execute(raw.begin)  # a tenth of what it costs as a statement
        except sqlite3.OperationalError as error:
            raise OperationalError(raw.begin, None, error) from error

    return engine


def _read_json(text: str) -> Any:
    """Read JSON fast; what only Python writes, such as NaN, as Python does."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def _open(synchronous: str) -> FileConnection:
    path, write = _use.get()
    return connect(path, synchronous, write=write)


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
        token = _use.set((place.path, write))
        try:
            return self.engine.connect()
        finally:
            _use.reset(token)

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
