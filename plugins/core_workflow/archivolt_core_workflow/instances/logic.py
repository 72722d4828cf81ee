"""The rules of the instances domain. Knows no SQL and no HTTP."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from archivolt_core_workflow.definitions import logic as definitions
from archivolt_core_workflow.definitions.models import DRAFT, DefinitionVersion
from archivolt_core_workflow.engine import forms, reading, rights, soundness
from archivolt_core_workflow.engine.model import AT, PEOPLE, TASK, Marking, Transition
from archivolt_core_workflow.instances.models import RUNNING, Instance
from archivolt_core_workflow.instances.service import events, instances, timers
from archivolt_core_workflow.running import advancing, migrating, opening, people, sight
from archivolt_core_workflow.running.advancing import Run
from archivolt_core_workflow.running.parts import OVERSEE, sought
from archivolt_core_workflow.tasks.service import tasks
from archivolt_host.kit.access import allowed
from archivolt_host.kit.context import actor
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import (
    DeniedError,
    InvalidError,
    NotFoundError,
    RefusedError,
    StaleError,
)
from archivolt_host.kit.paging import Page, Slice

MOST_SHOWN, MOST_MOVED = 200, 1000
ADVICE = (
    "Mend what the problem says and POST to the instance's retry; or let an event or a "
    "decision lead on from there, or cancel the instance."
)


def get(id: UUID) -> Instance:
    """Return an instance that the actor has a part in, or oversees."""
    instance, user = instances.get(id), actor()
    if instance.created_by == user.id or allowed(OVERSEE):
        return instance
    if not tasks.has_part(id, user.id, people.own_subjects()):
        raise NotFoundError("Instance", id)
    return instance


def start(
    definition: str,
    *,
    title: str | None = None,
    object_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> Instance:
    """Start the published version of a definition."""
    row = definitions.published(definition)
    return begin(row, title=title, object_id=object_id, data=data)


def begin(
    row: DefinitionVersion,
    *,
    title: str | None = None,
    object_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
    news: tuple[str, int] | None = None,
) -> Instance:
    """Begin an instance of a version; ``news`` are a hook and its position."""
    found = definitions.compiled(row.id)
    if (object_id is None) != (found.about == "none"):
        wanted = f"the id of a {found.about}" if object_id is None else "nothing"
        raise InvalidError(
            f"{row.title} is about {found.about}: give {wanted}.",
            {"object_id": [f"Give {wanted}."]},
        )
    if object_id is not None:
        about = sight.described(found.about, [object_id]).get(object_id)
        if about is None:
            raise NotFoundError(found.about.capitalize(), object_id)
        title = title or str(about.get("title", ""))
    forms.check(found.data, data or {})
    return advancing.begin(
        row.id,
        title=(title or row.title)[:255],
        about=found.about,
        object_id=object_id,
        data=data or {},
        news=news,
    )


def listed(page: Page, filters: Mapping[str, Any]) -> Slice:
    """Return a page of the instances that the actor has a part in, or oversees."""
    found = instances.filter(page, **sought(filters))
    shown = sight.veiled(found.items)
    if "object_id" in filters and any(sight.is_veiled(one) for one in shown):
        return Slice([])  # to ask for what is out of sight finds nothing
    return Slice(shown, found.next, found.count)


def history(id: UUID, page: Page) -> Slice:
    """Return a page of what happened; of what is out of sight, no words."""
    instance = get(id)
    found = events.filter(page, instance_id=id)
    if not sight.sees(instance):
        found.items = [one._replace(comment=None) for one in found.items]
    return found


def held(id: UUID) -> Run:
    """Return an instance for one event; others wait until the commit."""
    instance = instances.hold(id)
    if instance is None:
        raise NotFoundError("Instance", id)
    if instance.state != RUNNING:
        raise RefusedError(f"It is {instance.state}: nothing more can happen to it.")
    return Run(instance, definitions.compiled(instance.definition_id))


def worked_on(id: UUID) -> Run:
    """Return an instance for an event by somebody who may see what it is about."""
    run = held(id)
    if not run.sees:
        raise sight.blind(run.instance.about)
    return run


def stored(run: Run) -> Instance:
    """Write an instance; where somebody was faster, that is a 409."""
    try:
        return run.store()
    except StaleError as error:
        raise RefusedError("Somebody else was faster: read it again.") from error


def happen(
    id: UUID, name: str, *, comment: str | None = None, token: int | None = None
) -> Instance:
    """Let an event happen in a state; tasks are decided on in the inbox."""
    run = worked_on(get(id).id)
    run.comment = comment
    ways = rights.named(run.definition, name)
    open_ways = [way for way in ways if _is_event(run, way)]
    if not open_ways:
        raise InvalidError(
            f"No state has a way called {name}.", {"event": ["No such event."]}
        )
    rights.refuse_stranger(open_ways, allowed, run.facts)
    found = _standing(run, name, token)
    rights.refuse_guarded(found[1], run.facts_for(found[0]))
    run.fire(found[0].id, name)
    return stored(run)


def _is_event(run: Run, way: Transition) -> bool:
    kind = run.definition.nodes[way.source].kind
    return kind in PEOPLE and kind != TASK and way.after is None


def _standing(run: Run, name: str, token: int | None) -> tuple[Any, Transition]:
    """Return the token that an event moves, and its way."""
    found = []
    for one in run.marking.tokens:
        way = run.definition.nodes[one.node].transition(name)
        chosen = token is None or one.id == token
        if way is not None and one.status == AT and chosen and _is_event(run, way):
            found.append((one, way))
    if not found:
        where = ", ".join(run.marking.nodes())
        raise RefusedError(f"It stands at {where}: {name} is not possible now.")
    if len(found) > 1:
        ids = ", ".join(str(one.id) for one, _ in found)
        raise RefusedError(f"Several branches wait for {name}: name a token of {ids}.")
    return found[0]


def cancel(id: UUID, comment: str | None = None) -> Instance:
    """End an instance; who started it may, and overseers."""
    instance = get(id)
    if instance.created_by != actor().id and not allowed(OVERSEE):
        raise DeniedError(f"To cancel it needs the permission {OVERSEE}.")
    run = held(id)
    run.comment = comment
    run.cancel()
    return stored(run)


def stuck(instance: Instance) -> list[dict[str, Any]]:
    """Return what failed by itself too often, and what is to be done about it."""
    nodes = {t.id: t.node for t in Marking.load(instance.marking).tokens}
    hidden = sight.is_veiled(instance)
    return [
        {
            "node": nodes.get(timer.token),
            "kind": timer.kind,
            "name": timer.name,
            "attempts": timer.attempts,
            "problem": sight.WITHHELD if hidden else timer.problem,
            "advice": ADVICE,
        }
        for timer in timers.stuck(instance.id)
    ]


def retry(id: UUID, comment: str | None = None) -> Instance:
    """Have stuck timers tried again at once; who started it may, and overseers."""
    instance = get(id)
    if instance.created_by != actor().id and not allowed(OVERSEE):
        raise DeniedError(f"To have it tried again needs the permission {OVERSEE}.")
    run = held(id)
    if not timers.retry(id, now()):
        raise RefusedError("Nothing in it is stuck.")
    run.comment = comment
    run.note("retry", None, None)
    opening.wake_at(now())
    return stored(run)


def add(id: UUID, split: str, items: list[Any]) -> Instance:
    """Give a running ``each`` further items."""
    instance = get(id)
    if instance.created_by != actor().id and not allowed(OVERSEE):
        raise DeniedError(f"To add items needs the permission {OVERSEE}.")
    run = worked_on(id)
    if split not in run.definition.nodes:
        raise InvalidError(f"There is no node {split}.", {"node": ["No such node."]})
    run.add(split, items)
    return stored(run)


def differing(row: DefinitionVersion) -> tuple[int, list[dict[str, Any]]]:
    """Return how many instances run, and which could not go on with a version.

    Those are named to overseers alone: others do not see them.
    """
    running = instances.count_running(row.key)
    return running, _differing(row) if allowed(OVERSEE) else []


def _differing(row: DefinitionVersion) -> list[dict[str, Any]]:
    new = reading.read(row.source)
    found: list[dict[str, Any]] = []
    for instance in sight.veiled(_running(row.key, None)):
        old = definitions.compiled(instance.definition_id)
        places = Marking.load(instance.marking).nodes()
        if why := soundness.differing(old, new, places):
            found.append({"id": instance.id, "title": instance.title, "why": why})
        if len(found) >= MOST_SHOWN:
            break
    return found


def _running(key: str, ids: Sequence[UUID] | None) -> list[Instance]:
    """Return the running instances of a key, page by page."""
    found: list[Instance] = []
    while True:
        after = found[-1].id if found else None
        page = instances.running_of(key, after, MOST_SHOWN, ids)
        found += page
        if len(page) < MOST_SHOWN:
            return found


def migrate(
    row: DefinitionVersion,
    nodes: Mapping[str, str],
    *,
    ids: Sequence[UUID] | None,
    dry_run: bool,
) -> list[migrating.Move]:
    """Move running instances to a published version: all of them, or none."""
    if row.state == DRAFT:
        raise RefusedError("It is a draft: publish it first.")
    found = [i for i in _running(row.key, ids) if i.definition_id != row.id]
    if len(found) > MOST_MOVED:
        raise RefusedError(
            f"{len(found)} instances run: name up to {MOST_MOVED} at a time."
        )
    target = definitions.compiled(row.id)
    moves = [migrating.plan(instance, target, nodes) for instance in found]
    wrong = [move for move in moves if move.problems]
    if wrong and not dry_run:
        sentence = next(iter(wrong[0].problems.values()))
        raise RefusedError(f"{len(wrong)} instances cannot be moved. {sentence}")
    if not dry_run:
        for move in moves:
            migrating.migrate(move, row)
    return moves
