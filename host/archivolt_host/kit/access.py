"""What the caller may do, and on what.

``filter(action)`` is handed to a service, which then sees the rows on which the caller
may act and no others. ``check(action, scope)`` asks about one thing: the caller is
known to see it, so the answer is 403. Both come from one and the same condition.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, False_, True_, Uuid, false, literal, select

from archivolt_hookspecs.identity import Actor
from archivolt_hookspecs.permissions import (
    access_predicate,
    scope_saved,
    scopes_removed,
)
from archivolt_hookspecs.registration import Permission
from archivolt_host.errors import DeniedError
from archivolt_host.http.access import public, requires, signed_in
from archivolt_host.plugins import dispatch
from archivolt_host.plugins.dispatch import registry
from archivolt_host.tenants import context, sessions

UUID_TYPE: Uuid[UUID] = Uuid()


@dataclass(frozen=True, slots=True)
class Scope:
    """One thing that rights hold on: its id, and the container it lies in."""

    id: UUID
    parent: UUID | None = None


@dataclass(frozen=True, slots=True)
class Visible:
    """What somebody may see of a table; a service turns it into SQL."""

    action: str
    actor: Actor | None

    def condition(
        self,
        scope: ColumnElement[UUID],
        parent: ColumnElement[UUID] | None,
        *,
        listing: bool,
    ) -> ColumnElement[bool] | None:
        """Return the condition for rows to be seen, or None where it is always true."""
        if self.actor is None or self.actor.id == context.SYSTEM:
            return None
        found: ColumnElement[bool] | None = dispatch.first(
            access_predicate.__name__,
            actor=self.actor,
            action=self.action,
            scope_column=scope,
            parent_column=parent,
            listing=listing,
        )
        if found is None:
            return false()
        return None if isinstance(found, True_) else found


#: For work that is nobody's: jobs that keep house, hooks that answer for the system.
EVERYTHING = Visible("", None)


def filter(action: str) -> Visible:
    """Return what the caller may act on, for ``service.filter(visible=...)``."""
    return Visible(action, context.actor())


def inside(container: UUID | None) -> Scope:
    """Return the container itself as a scope: for what is to be put into it."""
    return Scope(container or context.tenant().id, container)


def allowed(
    action: str, on: Scope | None = None, *, actor: Actor | None = None
) -> bool:
    """Return whether somebody (the caller) may do it, on a scope or anywhere at all."""
    if on is None:
        return dispatch.allowed(action, actor)
    visible = Visible(action, actor or context.actor())
    parent = None if on.parent is None else literal(on.parent, UUID_TYPE)
    with sessions.looking() as work:
        found = visible.condition(literal(on.id, UUID_TYPE), parent, listing=False)
        if found is None or isinstance(found, False_):
            return found is None
        return bool(work.connection.scalar(select(found)))


def check(action: str, on: Scope | None = None) -> None:
    """Raise DeniedError unless the caller may do it."""
    if not allowed(action, on):
        raise DeniedError(f"This needs the permission {action}.")


def place(scope: UUID, parent: UUID | None, kind: str) -> None:
    """Tell that a container is new or has moved: rights above it hold on it."""
    dispatch.join(scope_saved.__name__, scope=scope, parent=parent, kind=kind)


def remove(scopes: Sequence[UUID]) -> None:
    """Tell that scopes are gone for good."""
    if scopes:
        dispatch.join(scopes_removed.__name__, scopes=scopes)


def permissions() -> Mapping[str, Permission]:
    """Return every permission that a working plugin has declared, by name."""
    return registry().permissions


__all__ = [
    "EVERYTHING",
    "Permission",
    "Scope",
    "Visible",
    "allowed",
    "check",
    "filter",
    "inside",
    "permissions",
    "place",
    "public",
    "remove",
    "requires",
    "signed_in",
]
