"""Deeds for the journal that are no change of a row: sign-ins, approvals, downloads.

Changes of rows need no word: every service records what it writes.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from archivolt_hookspecs.identity import Actor
from archivolt_host.plugins import recording
from archivolt_host.tenants import sessions


def note(
    action: str,
    object: UUID | str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    kind: str = "",
    actor: Actor | None = None,
) -> None:
    """Write a deed into the journal, in the transaction under way.

    Where none is that may write, in one of its own. ``actor`` says who it was where
    nobody has signed in yet. What must be known although the request is refused goes
    through ``kit.db.after_rollback``.
    """
    if not recording.is_wanted():
        return
    work = sessions.unit_or_none()
    if work is not None and work.write:
        recording.add(action, kind, object, before, after, actor)
        return
    with sessions.transaction():
        recording.add(action, kind, object, before, after, actor)


__all__ = ["note"]
