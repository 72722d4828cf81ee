"""The rules of the to-do domain. Knows no SQL and no HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

from archivolt_core_workflow.definitions import logic as definitions
from archivolt_core_workflow.engine.builtin import TO_DO
from archivolt_core_workflow.instances import logic as instances
from archivolt_core_workflow.instances.service import instances as instances_stored
from archivolt_core_workflow.running import parts, people, sight
from archivolt_core_workflow.tasks.models import OPEN, Task
from archivolt_core_workflow.tasks.service import tasks
from archivolt_host.kit import audit, hooks
from archivolt_host.kit.access import allowed
from archivolt_host.kit.context import actor
from archivolt_host.kit.errors import (
    DeniedError,
    InvalidError,
    RefusedError,
)
from archivolt_host.kit.paging import Page, Slice


def listed(page: Page, filters: dict[str, Any]) -> Slice:
    """Return a page of the tasks that the actor has, did or gave; overseers see all."""
    found = tasks.filter(page, **parts.sought(filters))
    return Slice(sight.veiled(found.items), found.next, found.count)


def create(
    title: str, assignee: UUID | None = None, due_at: datetime | None = None
) -> Task:
    """Give somebody, or oneself, something to do."""
    who = assignee or actor().id
    if hooks.first("find_actor", who=str(who)) is None:
        raise InvalidError(f"There is no user {who}.", {"assignee": ["No such user."]})
    instance = instances.begin(
        definitions.to_do(), title=title, data={"who": [str(who)]}
    )
    [task] = tasks.open_of(instance.id)
    return _changed(task, {"title": title, "due_at": due_at})


def change(task: Task, values: dict[str, Any]) -> Task:
    """Call it otherwise, or have it done by another time; its maker may."""
    _refuse(task, "change")
    changed = _changed(task, values)
    old = {name: getattr(task, name) for name in values}
    audit.note("CHANGE", task.id, old, values, kind="workflow.task")
    return changed


def discard(task: Task) -> None:
    """Take a task back; its row stays, cancelled."""
    _refuse(task, "delete")
    instances.cancel(task.instance_id)


def _refuse(task: Task, deed: str) -> None:
    maker = instances_stored.get(task.instance_id).created_by
    if maker != actor().id and not allowed(parts.OVERSEE):
        raise DeniedError(
            f"Only whoever gave it may {deed} it, and who has {parts.OVERSEE}."
        )
    if task.key != TO_DO:
        raise RefusedError(
            f"It belongs to the workflow {task.key}, whose definition says what is to "
            "be done and when; to be rid of it cancel the instance."
        )
    if task.state != OPEN:
        raise RefusedError(f"It is {task.state}: nothing more can happen to it.")


def _changed(task: Task, values: dict[str, Any]) -> Task:
    changed = tasks.update(task, **values)
    assignee = changed.assignee
    tasks.show_to(
        changed, [f"{people.USER}{assignee}"] if assignee else changed.subjects
    )
    return changed
