"""The unit of work: one short transaction in one tenant, begun late.

A session begins with its first use, so that whatever needs no database (parsing,
refusing, streaming) holds none. Services flush; whoever opened the unit commits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, SessionTransaction

from archivolt_host.errors import UnavailableError
from archivolt_host.tenants import context
from archivolt_host.tenants.context import Place, SqlitePlace, Tenant
from archivolt_host.tenants.postgres import SchemaDatabases
from archivolt_host.tenants.sqlite import SqliteDatabases

log = structlog.get_logger()

Callback = Callable[[], object]
Guard = Callable[[Session], None]


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


_databases: Databases | None = None
_unit: ContextVar["UnitOfWork | None"] = ContextVar("unit_of_work", default=None)
_guard: ContextVar["tuple[Place, Guard] | None"] = ContextVar("guard", default=None)
_catalog_place: Place | None = None


def bind(databases: Databases, catalog: Place) -> None:
    """Make these the databases that sessions of this process open."""
    global _databases, _catalog_place
    _databases, _catalog_place = databases, catalog


def databases() -> Databases:
    """Return the bound databases."""
    if _databases is None:
        raise RuntimeError("No host is open: call open_host() first.")
    return _databases


class UnitOfWork:
    """One transaction in one place, and what is to happen around its end."""

    def __init__(self, place: Place, *, write: bool) -> None:
        self.place = place
        self.write = write
        self.guard = _guard_of(place) if write else None
        self._session: Session | None = None
        self._connection: Connection | None = None
        self._end_turn: Callback | None = None
        self._lazy: list[_LazySavepoint] = []
        self._before_commit: list[Callback] = []
        self._after_commit: list[Callback] = []
        self._after_rollback: list[Callback] = []

    @property
    def began(self) -> bool:
        """Whether a transaction is open."""
        return self._session is not None

    @property
    def session(self) -> Session:
        """The session; its first use begins the transaction."""
        session = self._session or self._begin()
        for lazy in self._lazy:
            lazy.transaction = session.begin_nested()
        self._lazy.clear()
        return session

    def _begin(self) -> Session:
        database = databases().of(self.place)
        if self.write:
            self._end_turn = database.turn(self.place)
        try:
            self._connection = connection = database.connect(
                self.place, write=self.write
            )
            self._session = Session(connection, expire_on_commit=False)
            self._session.connection()
        except BaseException:
            self.close()
            raise
        return self._session

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
        if self._session is not None:
            self._session.flush()
            for callback in self._before_commit:
                callback()
            if self.guard is not None:
                self.guard(self._session)
            self._session.commit()
        self.close()
        callbacks, self._after_commit = self._after_commit, []
        self._after_rollback.clear()  # what is durable is not taken back
        for callback in callbacks:
            _contained(callback)

    def rollback(self) -> None:
        """Undo the work, then run what must survive the refusal."""
        try:
            if self._session is not None:
                self._session.rollback()
        finally:
            self.close()
        callbacks, self._after_rollback = self._after_rollback, []
        for callback in callbacks:
            _contained(callback, self.place)

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
        """Undo what the block wrote if it fails; costs nothing if it uses no session."""
        lazy = _LazySavepoint()
        self._lazy.append(lazy)
        try:
            yield
        except BaseException:
            if lazy.transaction is not None:
                lazy.transaction.rollback()
            raise
        else:
            if lazy.transaction is not None:
                lazy.transaction.commit()
        finally:
            if lazy in self._lazy:
                self._lazy.remove(lazy)


def _contained(callback: Callback, place: Place | None = None) -> None:
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


class _LazySavepoint:
    """A savepoint that is set at the first use of the session inside its block."""

    transaction: SessionTransaction | None = None


def unit_or_none() -> UnitOfWork | None:
    """Return the unit of work under way, if there is one."""
    return _unit.get()


def unit() -> UnitOfWork:
    """Return the unit of work under way; code outside of any gets an error."""
    found = _unit.get()
    if found is None:
        context.tenant()
        raise RuntimeError(
            "No transaction is open: use kit.db.transaction() or kit.db.reading()."
        )
    return found


def session() -> Session:
    """Return the session of the unit of work under way."""
    return unit().session


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


def _refuse_inside_a_write(what: str) -> None:
    outer = _unit.get()
    if outer is not None and outer.write and outer.began:
        raise RuntimeError(
            f"{what} was opened inside an open write transaction: on SQLite it would "
            "wait for itself, elsewhere it would survive a rollback."
        )


@contextmanager
def transaction(tenant: Tenant | None = None) -> Iterator[UnitOfWork]:
    """Write in a short transaction of its own, committed on the way out."""
    _refuse_inside_a_write("A transaction")
    with working((tenant or context.tenant()).place, write=True) as work:
        yield work


@contextmanager
def reading(tenant: Tenant | None = None) -> Iterator[UnitOfWork]:
    """Read one consistent state in a short transaction of its own."""
    with working((tenant or context.tenant()).place, write=False) as work:
        yield work


@contextmanager
def catalog(*, write: bool = False) -> Iterator[Session]:
    """Open the catalog, by name: it never shares a transaction with a tenant."""
    if _catalog_place is None:
        raise RuntimeError("No host is open: call open_host() first.")
    try:
        with working(_catalog_place, write=write) as work:
            yield work.session
    except OperationalError as error:
        raise UnavailableError(
            "The catalog database does not answer: try again in a moment."
        ) from error
