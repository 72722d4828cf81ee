"""Which of the plugin's news its reader may see: what they may see of the things."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from archivolt_core_workflow.instances.service import instances as instances_stored
from archivolt_core_workflow.requests import logic as requests
from archivolt_core_workflow.running import parts
from archivolt_hookspecs.events import EventInfo
from archivolt_hookspecs.workflow import (
    request_decided,
    task_assigned,
    workflow_ended,
)
from archivolt_host.kit.access import allowed
from archivolt_host.kit.context import actor
from archivolt_host.kit.paging import Page


def visible(events: Sequence[EventInfo]) -> list[int]:
    """Return the positions of the news that the actor may read."""
    found: list[int] = []
    for hook, look in LOOKS.items():
        told = [event for event in events if event.hook == hook]
        found += look(told) if told else []
    return found


def _of_requests(told: Sequence[EventInfo]) -> list[int]:
    return _of(told, "request_id", requests.seen)


def _of_instances(told: Sequence[EventInfo]) -> list[int]:
    def seen(ids: Sequence[UUID]) -> Sequence[Any]:
        mine = parts.visible()
        return instances_stored.filter(Page(len(ids)), id__in=ids, **mine).items

    return _of(told, "instance_id", seen)


def _of_tasks(told: Sequence[EventInfo]) -> list[int]:
    """Whoever was given a task knows of that, and whoever leads all workflows."""
    all_of_them, own = allowed(parts.OVERSEE), str(actor().id)
    return [
        event.position
        for event in told
        if all_of_them or event.arguments["user_id"] == own
    ]


def _of(
    told: Sequence[EventInfo],
    name: str,
    look: Callable[[Sequence[UUID]], Sequence[Any]],
) -> list[int]:
    wanted = {event.position: UUID(event.arguments[name]) for event in told}
    seen = {row.id for row in look(list(set(wanted.values())))}
    return [position for position, id in wanted.items() if id in seen]


LOOKS: Mapping[str, Callable[[Sequence[EventInfo]], list[int]]] = {
    request_decided.__name__: _of_requests,
    task_assigned.__name__: _of_tasks,
    workflow_ended.__name__: _of_instances,
}
