"""What the workflow plugin tells others."""

from uuid import UUID

from archivolt_hookspecs.markers import tells


@tells
def request_decided(request_id: UUID, creator: UUID, status: str) -> None:
    """React to a decision on a request; ``status`` is ``APPROVED`` or ``REJECTED``."""


@tells
def task_assigned(task_id: UUID, user_id: UUID) -> None:
    """React to a task that a user is to do; one of a role or group is not told of."""


@tells
def workflow_ended(instance_id: UUID, outcome: str) -> None:
    """React to the end of an instance.

    ``outcome`` is the name of its last node, "" where it was cancelled.
    """
