"""The unit of work: one short transaction in one tenant, begun late.

It begins with the first use of its connection, so that whatever needs no database
(parsing, refusing, streaming) holds none. Services run statements; whoever opened the
unit commits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from sqlalchemy import Connection, NestedTransaction
from sqlalchemy.orm import Session

from archivolt_host.tenants.context import Place
from archivolt_host.tenants.databases import databases

log = structlog.get_logger()

Callback = Callable[[], object]
Guard = Callable[[Connection], None]

_guard: ContextVar[tuple[Place, Guard] | None] = ContextVar("guard", default=None)
_unit: ContextVar["UnitOfWork | None"] = ContextVar("unit_of_work", default=None)


class UnitOfWork:
    """One transaction in one place, and what is to happen around its end.

    ``connection`` is the transaction itself; ``session`` is an ORM session on top of
    it, made only for code that asks for one.
    """

    def __init__(self, place: Place, *, write: bool) -> None:
        self.place = place
        self.write = write
        self.guard = _guard_of(place) if write else None
        self._connection: Connection | None = None
        self._session: Session | None = None
        self._end_turn: Callback | None = None
        self._lazy: list[_LazySavepoint] = []
        #: What is remembered until the end: read once, and of one and the same state.
        self.memory: dict[str, Any] = {}
        self._before_commit: list[Callback] = []
        self._after_commit: list[Callback] = []
        self._after_rollback: list[Callback] = []
        #: What was changed so far, for whoever records it before the commit.
        self.changes: list[Any] = []

    @property
    def began(self) -> bool:
        """Whether a transaction is open."""
        return self._connection is not None

    @property
    def connection(self) -> Connection:
        """The connection; its first use begins the transaction."""
        connection = self._connection or self._begin()
        if self._lazy:
            self._set_savepoints(connection)
        return connection

    @property
    def session(self) -> Session:
        """An ORM session inside the transaction."""
        connection = self.connection
        if self._session is None:
            self._session = Session(
                connection,
                expire_on_commit=False,
                join_transaction_mode="rollback_only",
            )
        return self._session

    def _begin(self) -> Connection:
        database = databases().of(self.place)
        if self.write:
            self._end_turn = database.turn(self.place)
        try:
            connection: Connection = database.connect(self.place, write=self.write)
            self._connection = connection
            connection.begin()
        except BaseException:
            self.close()
            raise
        return connection

    def _set_savepoints(self, connection: Connection) -> None:
        self._flush()
        for lazy in self._lazy:
            lazy.transaction = connection.begin_nested()
        self._lazy.clear()

    def _flush(self) -> None:
        if self._session is not None:
            self._session.flush()

    def before_commit(self, callback: Callback) -> None:
        """Run ``callback`` last thing before the commit; it may still refuse it."""
        self._before_commit.append(callback)

    def after_commit(self, callback: Callback) -> None:
        """Run ``callback`` once the work is durable."""
        self._after_commit.append(callback)

    def after_rollback(self, callback: Callback) -> None:
        """Run ``callback`` in a transaction of its own if this one fails."""
        self._after_rollback.append(callback)

    def commit(self) -> None:
        """Make the work durable, then run what waited for that."""
        if self._connection is not None:
            self._flush()
            for callback in self._before_commit:
                callback()
            if self.guard is not None:
                self.guard(self._connection)
            self._keep(self._connection)
        self.close()
        callbacks, self._after_commit = self._after_commit, []
        self._after_rollback.clear()  # what is durable is not taken back
        for callback in callbacks:
            contained(callback)

    def _keep(self, connection: Connection) -> None:
        if self.write:
            _make_durable(connection)
        else:
            connection.commit()

    def rollback(self) -> None:
        """Undo the work, then run what must survive the refusal."""
        try:
            if self._connection is not None:
                self._connection.rollback()
        finally:
            self.close()
        callbacks, self._after_rollback = self._after_rollback, []
        for callback in callbacks:
            contained(callback, self.place)

    def close(self) -> None:
        """Give the connection back and let the next writer in."""
        session, self._session = self._session, None
        connection, self._connection = self._connection, None
        end_turn, self._end_turn = self._end_turn, None
        try:
            if session is not None:
                session.close()
            if connection is not None:
                connection.close()
        finally:
            if end_turn is not None:
                end_turn()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block wrote if it fails; free where it uses no session.

        A unit that only reads has nothing to undo: after an error it begins anew, for
        PostgreSQL answers nothing more in a transaction that has failed.
        """
        if self.write:
            with self._lazy_savepoint():
                yield
            return
        try:
            yield
        except BaseException:
            if self._connection is not None:
                self._connection.rollback()
                self._connection.begin()
            raise

    @contextmanager
    def _lazy_savepoint(self) -> Iterator[None]:
        lazy, changed = _LazySavepoint(), len(self.changes)
        self._lazy.append(lazy)
        try:
            yield
            if lazy.transaction is not None:
                self._flush()
        except BaseException:
            if lazy.transaction is not None:
                lazy.transaction.rollback()
                del self.changes[changed:]
                if self._session is not None:
                    self._session.expire_all()
            raise
        else:
            if lazy.transaction is not None:
                lazy.transaction.commit()
        finally:
            if lazy in self._lazy:
                self._lazy.remove(lazy)


def _make_durable(connection: Connection) -> None:
    """Commit: the one place where units of work become durable.

    The kill points of the test kit put themselves here.
    """
    connection.commit()


class _LazySavepoint:
    """A savepoint that is set at the first use of the session inside its block."""

    transaction: NestedTransaction | None = None


@contextmanager
def guarded(place: Place, guard: Guard) -> Iterator[None]:
    """Have every write to ``place`` inside check ``guard`` right before its commit."""
    token = _guard.set((place, guard))
    try:
        yield
    finally:
        _guard.reset(token)


def _guard_of(place: Place) -> Guard | None:
    found = _guard.get()
    return found[1] if found is not None and found[0] == place else None


def unit_or_none() -> UnitOfWork | None:
    """Return the unit of work under way, if there is one."""
    return _unit.get()


def enter(work: UnitOfWork) -> None:
    """Make ``work`` the current unit until ``leave``."""
    _unit.set(work)


def leave() -> None:
    """End whatever unit is still open, without a commit."""
    work = _unit.get()
    if work is not None:
        _unit.set(None)
        work.rollback()


@contextmanager
def entered(work: UnitOfWork) -> Iterator[UnitOfWork]:
    """Make ``work`` the current unit; roll back on an error, but leave the commit."""
    token = _unit.set(work)
    try:
        yield work
    except BaseException:
        _unit.reset(token)
        work.rollback()
        raise
    else:
        _unit.reset(token)
    finally:
        work.close()


@contextmanager
def working(place: Place, *, write: bool) -> Iterator[UnitOfWork]:
    """Open a unit of work in a place, and commit it on the way out."""
    work = UnitOfWork(place, write=write)
    with entered(work):
        yield work
        work.commit()


def contained(callback: Callback, place: Place | None = None) -> None:
    """Run an afterthought, in a write unit of its own if a place is given.

    Its failure changes nothing about what was decided, and hides no other error.
    """
    try:
        if place is None:
            callback()
        else:
            with working(place, write=True):
                callback()
    except Exception:
        log.exception("failed after the end of a transaction")
