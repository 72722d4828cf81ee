"""What the caller may do, and on what.

``filter(action)`` is handed to a service, which then sees the rows on which the caller
may act and no others. ``check(action, scope)`` asks about one thing: the caller is
known to see it, so the answer is 403. What a filter shows is what a check allows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false

from archivolt_hookspecs.identity import Actor
from archivolt_hookspecs.permissions import (
    TwoWays,
    access_granted,
    access_predicate,
    scope_saved,
    scopes_removed,
)
from archivolt_hookspecs.registration import Permission
from archivolt_host.errors import DeniedError
from archivolt_host.http.access import public, requires, signed_in
from archivolt_host.plugins import dispatch
from archivolt_host.plugins.dispatch import registry
from archivolt_host.tenants import context


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

    def covers(self, scope: Scope) -> bool:
        """Return whether one thing is seen."""
        if self.actor is None or self.actor.id == context.SYSTEM:
            return True
        return bool(
            dispatch.first(
                access_granted.__name__,
                actor=self.actor,
                action=self.action,
                scope=scope.id,
                parent=scope.parent,
            )
        )

    def condition(
        self, scope: ColumnElement[UUID], parent: ColumnElement[UUID] | None
    ) -> ColumnElement[bool] | None:
        """Return the condition for rows to be seen, or None where it is always true."""
        found: Any = self._found(scope, parent)
        if isinstance(found, TwoWays):
            found = found.all
        return found  # type: ignore[no-any-return]

    def conditions(
        self, scope: ColumnElement[UUID], parent: ColumnElement[UUID] | None
    ) -> Sequence[ColumnElement[bool] | None]:
        """Return it in each wording that there is, for a list: the best one first."""
        found = self._found(scope, parent)
        if not isinstance(found, TwoWays):
            return (found,)
        return (found.each, found.all) if found.much else (found.all, found.each)

    def _found(
        self, scope: ColumnElement[UUID], parent: ColumnElement[UUID] | None
    ) -> Any:
        if self.actor is None or self.actor.id == context.SYSTEM:
            return None
        found: Any = dispatch.first(
            access_predicate.__name__,
            actor=self.actor,
            action=self.action,
            scope_column=scope,
            parent_column=parent,
        )
        if found is True:
            return None
        return false() if found is None or found is False else found


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
    return Visible(action, actor or context.actor()).covers(on)


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
