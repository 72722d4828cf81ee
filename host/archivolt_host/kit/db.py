"""Models, and where a transaction begins and ends.

A request has one unit of work already. ``transaction`` is for what must be durable
before it goes on (and never inside an open write), ``reading`` for a short look.

A plugin with ``scope = "system"`` has one set of tables for all tenants, beside the
catalog's: its models derive from ``CatalogBase``, and ``catalog()`` reaches them.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from archivolt_host.plugins import granting
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import (
    Base,
    CatalogBase,
    LoggableMixin,
    RevisionMixin,
    StateMixin,
    TimesMixin,
    Timestamp,
    UuidMixin,
    now,
)
from archivolt_host.tenants.ids import uuid7
from archivolt_host.tenants.prepared import Prepared
from archivolt_host.tenants.sessions import (
    catalog,
    looking,
    reading,
    session,
    transaction,
)


def savepoint() -> AbstractContextManager[None]:
    """Undo what the block wrote if it fails, and leave the rest of the unit whole."""
    return sessions.unit().savepoint()


def after_commit(callback: Callable[[], object]) -> None:
    """Run ``callback`` once the current unit of work is durable."""
    sessions.unit().after_commit(granting.kept(callback))


def after_rollback(callback: Callable[[], object]) -> None:
    """Run ``callback``, in a transaction of its own, if the current unit fails."""
    sessions.unit().after_rollback(granting.kept(callback))


def memory() -> dict[str, Any]:
    """Return what is remembered until the current unit of work ends."""
    return sessions.unit().memory


__all__ = [
    "Base",
    "CatalogBase",
    "LoggableMixin",
    "Prepared",
    "RevisionMixin",
    "StateMixin",
    "TimesMixin",
    "Timestamp",
    "UuidMixin",
    "after_commit",
    "after_rollback",
    "catalog",
    "looking",
    "memory",
    "now",
    "reading",
    "savepoint",
    "session",
    "transaction",
    "uuid7",
]
