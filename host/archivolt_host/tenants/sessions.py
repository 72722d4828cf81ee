"""Opens units of work: for a request, a short write, a short read, or the catalog."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from archivolt_host.errors import UnavailableError
from archivolt_host.tenants import context
from archivolt_host.tenants.context import Tenant
from archivolt_host.tenants.databases import Databases, bind, catalog_place, databases
from archivolt_host.tenants.work import (
    UnitOfWork,
    enter,
    entered,
    guarded,
    leave,
    unit_or_none,
    working,
)

__all__ = [
    "Databases",
    "UnitOfWork",
    "bind",
    "databases",
    "enter",
    "entered",
    "guarded",
    "leave",
    "unit_or_none",
]


def unit() -> UnitOfWork:
    """Return the unit of work under way; code outside of any gets an error."""
    found = unit_or_none()
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


def _refuse_inside_a_write(what: str) -> None:
    outer = unit_or_none()
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
    outer = unit_or_none()
    if outer is not None and not outer.write and outer.place == place:
        yield outer
        return
    with working(place, write=False) as work:
        yield work


@contextmanager
def looking() -> Iterator[UnitOfWork]:
    """Read in the unit under way, its own writes included, or in a short one."""
    outer = unit_or_none()
    if outer is not None and outer.place == context.tenant().place:
        yield outer
        return
    with working(context.tenant().place, write=False) as work:
        yield work


@contextmanager
def catalog(*, write: bool = False) -> Iterator[Session]:
    """Open the catalog, by name: it never shares a transaction with a tenant.

    Inside an open transaction of the catalog, join that.
    """
    outer = unit_or_none()
    is_open = outer is not None and outer.began and outer.place == catalog_place()
    if is_open and outer is not None and (outer.write or not write):
        yield outer.session
        return
    try:
        with working(catalog_place(), write=write) as work:
            yield work.session
    except OperationalError as error:
        raise UnavailableError(
            "The catalog database does not answer: try again in a moment."
        ) from error
