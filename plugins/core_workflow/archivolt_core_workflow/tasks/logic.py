"""The rules of the tasks domain. Knows no SQL and no HTTP."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from archivolt_core_workflow.definitions import logic as definitions
from archivolt_core_workflow.engine import forms, rights, votes
from archivolt_core_workflow.engine.model import Node, Quorum, Token, Transition
from archivolt_core_workflow.instances import logic as instances
from archivolt_core_workflow.instances.service import instances as instances_stored
from archivolt_core_workflow.running import people, sight
from archivolt_core_workflow.running.advancing import Run
from archivolt_core_workflow.running.parts import OVERSEE
from archivolt_core_workflow.tasks import service
from archivolt_core_workflow.tasks.models import DONE, OPEN, Task
from archivolt_core_workflow.tasks.schemas import ALL, MINE
from archivolt_core_workflow.tasks.service import tasks
from archivolt_host.kit import audit, hooks
from archivolt_host.kit.access import allowed
from archivolt_host.kit.context import acting_as, actor
from archivolt_host.kit.db import now, savepoint
from archivolt_host.kit.errors import (
    ArchivoltError,
    DeniedError,
    InvalidError,
    NotFoundError,
    RefusedError,
)
from archivolt_host.kit.paging import Page, Slice

MOST_SPANS = 10_000


def get(id: UUID) -> Task:
    """Return a task that the actor may do, has done, or oversees."""
    task = tasks.get(id)
    is_among = people.for_whom(task.subjects, None) is not None
    if not is_among and _whose(task) is None and not allowed(OVERSEE):
        instances.get(task.instance_id)  # who has a part in it sees its tasks
    return task


def _whose(task: Task) -> UUID | None:
    return people.for_whom(task.subjects, task.assignee)


def _held(id: UUID) -> Task:
    """Return an open task for a change; others wait until the commit."""
    task = tasks.hold(get(id).id)
    if task is None:
        raise NotFoundError("Task", id)
    if task.state != OPEN:
        raise RefusedError(f"It is {task.state}: somebody was faster.")
    return task


def claim(id: UUID) -> Task:
    """Take a task, so that nobody else does it."""
    task = _held(id)
    if task.votes:
        raise RefusedError("It is decided by votes: everybody gives their own.")
    if task.assignee == actor().id:
        return task
    if task.assignee is not None:
        raise RefusedError("Somebody else has claimed it.")
    if _whose(task) is None:
        raise DeniedError("It is not for you to do.")
    sight.refuse_blind(task)
    return _give(task, actor().id)


def release(id: UUID) -> Task:
    """Give a task back to all who may do it."""
    task = _held(id)
    if task.assignee is None:
        raise RefusedError("Nobody has claimed it.")
    if task.assignee != actor().id and not allowed(OVERSEE):
        raise DeniedError(f"To release it for others needs the permission {OVERSEE}.")
    changed = tasks.update(task, assignee=None)
    tasks.show_to(changed, task.subjects)
    _note("RELEASE", task, None)
    return changed


def reassign(id: UUID, user_id: UUID) -> Task:
    """Give a task to somebody; whoever has it may, and overseers."""
    task = _held(id)
    if task.votes:
        raise RefusedError("It is decided by votes: voters delegate to each other.")
    if task.assignee != actor().id and not allowed(OVERSEE):
        raise DeniedError(f"To reassign it needs the permission {OVERSEE}.")
    _refuse_useless(task, user_id)
    changed = _give(task, user_id)
    hooks.tell("task_assigned", task_id=id, user_id=user_id)
    return changed


def _refuse_useless(task: Task, user_id: UUID) -> None:
    """Refuse to give a task to somebody who could not do it."""
    user = hooks.first("find_actor", who=str(user_id))
    if user is None:
        raise InvalidError(
            f"There is no user {user_id}.", {"user_id": ["No such user."]}
        )
    with acting_as(user):
        if not sight.sees(task):
            sentence = f"They may not see the {task.about}: share it with them first."
            raise InvalidError(sentence, {"user_id": [sentence]})


def _give(task: Task, user: UUID) -> Task:
    changed = tasks.update(task, assignee=user)
    tasks.show_to(changed, [f"{people.USER}{user}"])
    _note("CLAIM" if user == actor().id else "REASSIGN", task, user)
    return changed


def _note(name: str, task: Task, user: UUID | None) -> None:
    old, new = {"assignee": task.assignee}, {"assignee": user}
    audit.note(name, task.id, old, new, kind="workflow.task")


def decide(
    id: UUID,
    decision: str,
    *,
    comment: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> Task:
    """Decide on a task: its instance goes on, or one more vote is counted."""
    run = instances.held(get(id).instance_id)
    task = _held(id)
    whose = _whose(task)
    if whose is None:
        raise DeniedError("It is not for you to do.")
    if not run.sees:
        raise sight.blind(task.about)
    token, node = _place(run, task)
    way = _way(node, decision)
    run.comment = comment
    run.on_behalf_of = whose if whose != actor().id else None
    _refuse(run, token, way, whose)
    if node.form is not None:
        forms.check(node.form, data or {})
    elif data:
        raise InvalidError("This task has no form.", {"data": ["There is no form."]})
    if data:
        forms.check(run.definition.data, {**run.data, **data})
        run.set_data(data)
    taken = decision
    if node.quorum is not None:
        counted = _vote(run, task, node.quorum, decision, whose)
        if counted is None:
            instances.stored(run)
            return task
        taken = counted
    ended = _end(task, taken)
    run.fire(token.id, taken)
    instances.stored(run)
    return ended


def _place(run: Run, task: Task) -> tuple[Token, Node]:
    token = run.marking.token(task.token)
    if token is None:
        raise RefusedError("The workflow has gone on without it.")
    return token, run.definition.nodes[token.node]


def _way(node: Node, decision: str) -> Transition:
    way = node.transition(decision)
    if way is None or way.after is not None:
        ways = ", ".join(w.name for w in node.transitions if w.after is None)
        sentence = f"Decide for one of {ways}."
        raise InvalidError(sentence, {"decision": [sentence]})
    return way


def _refuse(run: Run, token: Token, way: Transition, whose: UUID) -> None:
    """Refuse who may not go that way, or not for whom they stand in.

    A way for a role is open to who stands in for somebody of it; permissions are not
    lent.
    """
    facts = run.facts_for(token)
    roles = people.roles_of(whose)
    for one in {actor().id, whose}:
        as_one = {**facts, "actor.id": str(one), "actor.roles": roles}
        rights.refuse_stranger([way], allowed, as_one)
    rights.refuse_guarded(way, facts)


def _vote(
    run: Run, task: Task, quorum: Quorum, decision: str, whose: UUID
) -> str | None:
    """Count a vote, and return the way that all of them have decided on."""
    given = [
        votes.Vote(vote.voter, vote.for_whom, vote.way)
        for vote in service.votes.of(task.id)
    ]
    if votes.has_voted(given, actor().id, whose):
        raise RefusedError(
            "You have voted already, or somebody did in your place: who stands in for "
            "somebody and they are one voter."
        )
    if decision not in (quorum.yes, quorum.no):
        return decision
    service.votes.create(
        task_id=task.id,
        voter=actor().id,
        for_whom=whose,
        way=decision,
        comment=run.comment,
    )
    tasks.hide([task.id], f"{people.USER}{whose}")
    run.note("vote", task.node, decision)
    given.append(votes.Vote(actor().id, whose, decision))
    return votes.outcome(quorum, given, people.voters(task.subjects))


def _end(task: Task, decision: str) -> Task:
    """Take a task out of all inboxes: it is done."""
    tasks.hide([task.id])
    return tasks.update(
        task, state=DONE, decision=decision, ended_at=now(), ended_by=actor().id
    )


def decide_one(task_id: UUID, decision: str, **said: Any) -> dict[str, Any]:
    """Decide on one of many tasks, and tell what became of it."""
    problem = None
    try:
        with savepoint():
            decide(task_id, decision, **said)
    except ArchivoltError as error:
        problem = str(error)
    return {"task_id": task_id, "decided": problem is None, "problem": problem}


def inbox(page: Page, show: str, *, overdue: bool) -> Slice:
    """Return a page of what the actor has to do."""
    subjects = [s for s in people.own_subjects() if _shows(show, s)]
    if not subjects:
        return Slice([])
    found = tasks.inbox(page, subjects, actor().id, now() if overdue else None)
    return Slice(sight.veiled(found.items), found.next)


def _shows(show: str, subject: str) -> bool:
    return show == ALL or subject.startswith(people.USER) == (show == MINE)


def whole(task: Task) -> dict[str, Any]:
    """Return a task, veiled or not, with all that is needed to decide on it."""
    instance = instances_stored.get(task.instance_id)
    if sight.is_veiled(task):
        instance = sight.veil(instance)
    node = definitions.compiled(instance.definition_id).nodes[task.node]
    return {
        **task._asdict(),  # type: ignore[attr-defined]
        "choices": [way for way in node.transitions if way.after is None],
        "form": node.form,
        "data": instance.data,
        "given": _given(task),
    }


def _given(task: Task) -> Sequence[Any]:
    """Return the votes that may be shown: what voters say is about the object."""
    given = service.votes.of(task.id) if task.votes else []
    if sight.is_veiled(task):
        return [vote._replace(comment=None) for vote in given]  # type: ignore[attr-defined]
    return given


def figures(key: str, days: int) -> list[dict[str, Any]]:
    """Return how the tasks of a definition went, node by node."""
    since = now() - timedelta(days=days)
    found = []
    for row in tasks.figures(key, since):
        spans = sorted(tasks.spans(key, row.node, since, MOST_SPANS))
        found.append(
            {
                "node": row.node,
                "done": row.done,
                "late": row.late,
                "on_time": round(1 - row.late / row.done, 4),
                "median": spans[len(spans) // 2],
                "p90": spans[min(len(spans) * 9 // 10, len(spans) - 1)],
            }
        )
    return found
