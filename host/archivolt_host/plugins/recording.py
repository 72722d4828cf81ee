"""Gathers what a transaction changes, and tells it once, right before the commit."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from archivolt_hookspecs import audit
from archivolt_hookspecs.identity import Actor
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.sessions import UnitOfWork

HOOK = audit.record_changes.__name__
Values = Mapping[str, Any] | None


def is_wanted() -> bool:
    """Return whether anybody keeps records here, or should and does not work."""
    plugins, tenant = dispatch.registry(), context.tenant_or_none()
    if tenant is None:
        return False
    enabled = plugins.enabled(tenant.slug)
    return bool(plugins.implementations(HOOK, enabled)) or (
        plugins.sleeping_guard(HOOK, tenant.slug) is not None
    )


def add(
    action: str,
    kind: str,
    object: UUID | str,
    before: Values,
    after: Values,
    actor: Actor | None = None,
) -> None:
    """Have something recorded together with the transaction under way."""
    work, origin = sessions.unit(), context.origin()
    change = audit.Change(
        action,
        kind,
        object,
        before,
        after,
        actor or context.actor_or_none(),
        context.request_id(),
        origin.address,
        origin.user_agent,
    )
    if not work.changes:
        work.connection  # noqa: B018 - without a transaction there is no commit
        work.before_commit(lambda: _tell(work))
    work.changes.append(change)


def note(
    action: str,
    object: UUID | str,
    before: Values = None,
    after: Values = None,
    *,
    kind: str = "",
    actor: Actor | None = None,
) -> None:
    """Write a deed into the journal, in the transaction under way.

    Where none is that may write, in one of its own. ``actor`` says who it was where
    nobody has signed in yet. What must be known although the request is refused goes
    through ``kit.db.after_rollback``.
    """
    if not is_wanted():
        return
    work = sessions.unit_or_none()
    if work is not None and work.write:
        add(action, kind, object, before, after, actor)
        return
    with sessions.transaction():
        add(action, kind, object, before, after, actor)


def _tell(work: UnitOfWork) -> None:
    changes, work.changes = work.changes, []
    if changes:
        dispatch.join(audit.record_changes.__name__, changes=changes)
