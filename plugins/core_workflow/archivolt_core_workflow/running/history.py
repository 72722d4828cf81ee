"""The history of an instance, and what the journal says of it."""

from typing import Any
from uuid import UUID

from archivolt_core_workflow.instances.service import events
from archivolt_host.kit import audit
from archivolt_host.kit.context import actor


def write(
    instance_id: UUID,
    number: int,
    name: str,
    source: str | None,
    target: str | None,
    **said: Any,
) -> None:
    """Write a line of both; ``said`` are ``comment`` and ``on_behalf_of``."""
    events.create(
        instance_id=instance_id,
        number=number,
        name=name,
        source=source,
        target=target,
        actor=actor().id,
        **said,
    )
    old = {"node": source} if source is not None else None
    new = {"node": target, "comment": said["comment"]}
    audit.note(name.upper(), instance_id, old, new, kind="workflow.instance")
