"""What begins and ends with a token at a node: its task, its timers, its call."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from archivolt_core_workflow.engine.model import TASK, Node, Span, Token
from archivolt_core_workflow.instances.models import ESCALATION, TRANSITION, Instance
from archivolt_core_workflow.instances.service import timers
from archivolt_core_workflow.running import people
from archivolt_core_workflow.running.calendar import in_time
from archivolt_core_workflow.tasks.models import CANCELLED, Task
from archivolt_core_workflow.tasks.service import tasks
from archivolt_host.kit import hooks
from archivolt_host.kit.db import now
from archivolt_host.kit.jobs import enqueue

SOON = timedelta(minutes=5)


def open_task(
    instance: Instance, node: Node, token: Token, facts: Mapping[str, Any]
) -> Task:
    """Put a task into the inboxes of those who may do it."""
    if node.assign is None:
        raise LookupError(f"{node.name} is assigned to nobody")
    subjects = people.subjects_of(node.assign, instance.key, node, facts)
    voters = people.voters(subjects)
    task = tasks.create(
        instance_id=instance.id,
        token=token.id,
        key=instance.key,
        node=node.name,
        title=f"{node.title}: {instance.title}"[:255],
        subjects=subjects,
        assignee=_only(voters) if node.quorum is None else None,
        votes=node.quorum is not None,
        about=instance.about,
        object_id=instance.object_id,
        due_at=in_time(node.due) if node.due is not None else None,
    )
    tasks.show_to(task, subjects)
    for user in voters or ():
        hooks.tell("task_assigned", task_id=task.id, user_id=user)
    return task


def _only(users: frozenset[UUID] | None) -> UUID | None:
    """Return the one user that there is; more of them claim it."""
    return next(iter(users)) if users is not None and len(users) == 1 else None


def set_timers(instance: UUID, node: Node, token: Token) -> None:
    """Let time lead on from a node, and call for help where nobody decides."""
    rows = [
        _timer(instance, token, TRANSITION, way.name, way.after)
        for way in node.transitions
        if way.after is not None
    ]
    rows += [
        _timer(instance, token, ESCALATION, str(number), escalation.after)
        for number, escalation in enumerate(node.escalate)
    ]
    if rows:
        wake_at(min(row["fire_at"] for row in rows))
        timers.bulk_create(rows)


def _timer(
    instance: UUID, token: Token, kind: str, name: str, after: Span
) -> dict[str, Any]:
    return {
        "instance_id": instance,
        "token": token.id,
        "kind": kind,
        "name": name,
        "fire_at": in_time(after),
    }


def wake_at(moment: datetime) -> None:
    """Have the timers looked at then, unless somebody looks before.

    The job for the earliest timer sets the next one when it runs. It may just be
    running without seeing this timer: so one that is about to run is not relied on.
    """
    earliest = timers.earliest()
    if earliest is not None and now() + SOON < earliest <= moment:
        return
    delay = max(moment - now(), timedelta())
    key = f"core_workflow.timers {moment:%Y-%m-%dT%H:%M:%S}"
    enqueue(_jobs().fire_timers, delay=delay, unique=key)


def call_later(instance: UUID, token: int) -> None:
    """Have an action that leaves the database run after the commit."""
    enqueue(_jobs().call_action, instance_id=instance, token=token)


def _jobs() -> Any:
    """Return the jobs: they run what is here, and so are imported late."""
    from archivolt_core_workflow.running import later

    return later


def close(instance: UUID, tokens: Sequence[int], nodes: Sequence[Node]) -> None:
    """End what was open for tokens that are gone."""
    if any(node.kind == TASK for node in nodes):
        still = [task.id for task in tasks.of_tokens(instance, tokens)]
        if still:
            tasks.bulk_update(still, state=CANCELLED, ended_at=now())
            tasks.hide(still)
    if any(node.escalate or _waits(node) for node in nodes):
        timers.drop(instance, tokens)


def _waits(node: Node) -> bool:
    return any(way.after is not None for way in node.transitions)
