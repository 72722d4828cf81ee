"""Keeps the tree of scopes in step with what others tell. Knows no SQL and no HTTP."""

from collections.abc import Sequence
from uuid import UUID

from archivolt_core_permissions.scopes.service import scopes
from archivolt_host.kit.context import tenant
from archivolt_host.kit.errors import RefusedError


def save(scope: UUID, parent: UUID | None) -> None:
    """Enter a new container, or move one with all that lies in it."""
    if parent == tenant().id:
        parent = None
    known = scopes.is_known(scope)
    scopes.lock(alone=known)
    above = scopes.path(parent) if parent is not None else []
    if parent is not None and not above:
        raise RefusedError(f"Nothing can be put into {parent}: it is no container.")
    if scope in above:
        raise RefusedError("A container cannot be put into itself.")
    if not known:
        scopes.add(scope, parent)
    elif scopes.path(scope)[1:] != above:
        scopes.cut(scope)
        if parent is not None:
            scopes.hang(scope, parent)


def remove(gone: Sequence[UUID]) -> None:
    """Forget containers that are gone."""
    scopes.drop(gone)
