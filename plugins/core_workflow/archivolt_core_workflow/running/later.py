"""What happens to instances by itself: timers fire, and calls to the outside return."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from archivolt_core_workflow.definitions import logic as definitions
from archivolt_core_workflow.engine import rights
from archivolt_core_workflow.engine.model import AT, FAILED, NEXT, Node, Token
from archivolt_core_workflow.instances import logic
from archivolt_core_workflow.instances.models import ESCALATION, RUNNING, Timer
from archivolt_core_workflow.instances.service import instances, timers
from archivolt_core_workflow.running import deeds, people
from archivolt_core_workflow.running.advancing import Run
from archivolt_core_workflow.tasks.service import tasks
from archivolt_hookspecs.identity import Actor
from archivolt_host.kit import hooks
from archivolt_host.kit.context import acting_as, after_news
from archivolt_host.kit.db import now, reading, transaction
from archivolt_host.kit.errors import ArchivoltError
from archivolt_host.kit.jobs import enqueue, job

log = structlog.get_logger()

MOST_AT_ONCE = 1000
#: How long a timer that failed waits for its next attempts; then it is stuck.
PATIENCE = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720, 1440, 2880)
)


@job(queue="medium", retries=8)
def fire_timers() -> int:
    """Fire the timers whose time has come, each in a transaction of its own."""
    with reading():
        due = timers.due(now(), MOST_AT_ONCE)
    with acting_as(None):
        for timer in due:
            _fire_contained(timer)
    with transaction():
        _set_next(more=len(due) == MOST_AT_ONCE)
    return len(due)


def _set_next(*, more: bool) -> None:
    """Have this job run again when the next timer is due."""
    earliest = now() if more else timers.earliest()
    if earliest is not None:
        key = f"core_workflow.timers {earliest:%Y-%m-%dT%H:%M:%S.%f}"
        enqueue(fire_timers, delay=max(earliest - now(), timedelta()), unique=key)


def _fire_contained(timer: Timer) -> None:
    """Fire a timer; one that fails is tried again later, and stops no other."""
    try:
        with transaction():
            _fire(timer)
    except Exception as error:
        known = isinstance(error, ArchivoltError)
        if not known:
            log.exception("a timer failed", timer=str(timer.id))
        with transaction():
            _postpone(timer, str(error) if known else "It failed unexpectedly.")


def _fire(timer: Timer) -> None:
    run = _run_of(timer.instance_id)  # held first, as by every event: no deadlock
    if not timers.take(timer.id):
        return  # fired already
    token = run.marking.token(timer.token) if run is not None else None
    if run is None or token is None or token.status != AT:
        return
    with after_news(run.instance.generation):
        _fire_at(timer, run, token)


def _fire_at(timer: Timer, run: Run, token: Token) -> None:
    if timer.kind == ESCALATION:
        _escalate(run, token, int(timer.name))
    else:
        way = run.definition.nodes[token.node].transition(timer.name)
        if way is not None:
            rights.refuse_guarded(way, run.facts_for(token))
            run.fire(token.id, way.name)
    run.store()


def _run_of(id: UUID) -> Run | None:
    instance = instances.hold(id)
    if instance is None or instance.state != RUNNING:
        return None
    return Run(instance, definitions.compiled(instance.definition_id))


def _escalate(run: Run, token: Token, number: int) -> None:
    """Let more people do a task that nobody does, and do what else is to be done."""
    node = run.definition.nodes[token.node]
    escalation, facts = node.escalate[number], run.facts_for(token)
    run.note("escalate", node.name, None)
    if escalation.assign is not None:
        more = people.subjects_of(escalation.assign, run.definition.key, node, facts)
        for task in tasks.of_tokens(run.instance.id, [token.id]):
            everybody = list(dict.fromkeys([*task.subjects, *more]))
            changed = tasks.update(task, subjects=everybody, assignee=None)
            tasks.show_to(changed, everybody)
            for user in people.voters(more) or ():
                hooks.tell("task_assigned", task_id=task.id, user_id=user)
    for deed in escalation.deeds:
        run.do(deed, facts)


def _postpone(timer: Timer, why: str) -> None:
    """Note why nothing came of a timer: the first time, and when it is the last."""
    run = _run_of(timer.instance_id)
    last = timer.attempts >= len(PATIENCE)
    until = None if last else now() + PATIENCE[timer.attempts]
    told = last or not timer.attempts
    if timers.postpone(timer, until, why[:2000]) and run is not None and told:
        run.comment = why[:2000]
        run.note("stuck" if last else "timer", None, None)
        run.store()


@job(queue="medium", retries=5)
def call_action(instance_id: str, token: int) -> None:
    """Run an action that leaves the database, then let the instance go on."""
    id = UUID(instance_id)
    with reading():
        found = _calling(id, token)
    if found is None:
        return
    node, action, given, who, news = found
    way, result = NEXT, None
    try:
        with acting_as(who), after_news(news):
            result = hooks.call(action, **given)
    except ArchivoltError:
        if node.transition(FAILED) is None:
            raise
        way = FAILED
    with transaction():
        run = logic.held(id)
        if run.marking.token(token) is not None:
            run.keep(node, result)
            run.fire(token, way)
            logic.stored(run)


def _calling(
    id: UUID, token: int
) -> tuple[Node, str, dict[str, Any], Actor, int] | None:
    """Return the node that waits, its action, its values, for whom, after what news."""
    instance = instances.get(id)
    if instance.state != RUNNING:
        return None
    run = Run(instance, definitions.compiled(instance.definition_id))
    standing = run.marking.token(token)
    node = run.definition.nodes[standing.node] if standing is not None else None
    if standing is None or node is None or node.deed is None:
        return None
    facts = run.facts_for(standing)
    given = deeds.worked_out(node.deed.given, facts, node.title)
    who, news = deeds.responsible(instance.created_by), instance.generation
    return node, node.deed.name, given, who, news
