"""Opens units of work: for a request, a short write, a short read, or the catalog."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from archivolt_host.errors import UnavailableError
from archivolt_host.tenants import context
from archivolt_host.tenants.context import Place, Tenant
from archivolt_host.tenants.databases import Databases, bind, catalog_place, databases
from archivolt_host.tenants.work import UnitOfWork, guarded

__all__ = ["Databases", "UnitOfWork", "bind", "databases", "guarded"]

_unit: ContextVar[UnitOfWork | None] = ContextVar("unit_of_work", default=None)


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


def connection() -> Connection:
    """Return the connection of the unit of work under way."""
    return unit().connection


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
    """Read one consistent state; inside a read of the same tenant, join that."""
    place = (tenant or context.tenant()).place
    outer = _unit.get()
    if outer is not None and not outer.write and outer.place == place:
        yield outer
        return
    with working(place, write=False) as work:
        yield work


@contextmanager
def catalog(*, write: bool = False) -> Iterator[Session]:
    """Open the catalog, by name: it never shares a transaction with a tenant."""
    try:
        with working(catalog_place(), write=write) as work:
            yield work.session
    except OperationalError as error:
        raise UnavailableError(
            "The catalog database does not answer: try again in a moment."
        ) from error
