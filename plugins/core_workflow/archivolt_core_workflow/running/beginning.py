"""Definitions that begin by themselves: what other plugins tell starts instances.

News is heard once, in the transaction that notes it as heard, and leaves a job for each
definition that begins by it. So one that cannot begin stops no other, and no kill
between the news and the instance loses it or doubles it.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog

from archivolt_core_workflow.definitions import logic as definitions
from archivolt_core_workflow.definitions.models import DefinitionVersion
from archivolt_core_workflow.definitions.service import definitions as stored
from archivolt_core_workflow.definitions.service import triggers
from archivolt_core_workflow.engine.model import Beginning
from archivolt_core_workflow.instances import logic
from archivolt_core_workflow.running import deeds
from archivolt_core_workflow.running.facts import facts_of_news
from archivolt_hookspecs.events import EventInfo
from archivolt_hookspecs.identity import Actor
from archivolt_host.kit import hooks
from archivolt_host.kit.context import SYSTEM, acting_as, actor, news_before
from archivolt_host.kit.errors import RefusedError
from archivolt_host.kit.jobs import enqueue, job

log = structlog.get_logger()

MOST_IN_A_ROW = 8


def wanted() -> list[str]:
    """Return the news by which something begins in this tenant."""
    return triggers.wanted()


def hear(news: EventInfo) -> None:
    """Have every definition begun that begins by this news."""
    for id in triggers.of_news(news.hook):
        number = _which(id, news)
        if number is not None:
            enqueue(
                begin_by_news,
                definition_id=id,
                number=number,
                position=news.position,
                arguments=dict(news.arguments),
            )


def _which(id: UUID, news: EventInfo) -> int | None:
    """Return the first beginning of a definition whose guard holds, or None."""
    definition = definitions.compiled(id)
    with acting_as(_starter(stored.get(id))):
        for number, beginning in enumerate(definition.begins):
            if beginning.news != news.hook:
                continue
            facts = facts_of_news(definition, beginning, news.arguments)
            guard = beginning.guard
            if facts is not None and (guard is None or guard.holds(facts)):
                return number
    return None


def _starter(row: DefinitionVersion) -> Actor | None:
    """Return in whose name it begins: theirs who did what the news tells of.

    Where that was the system, theirs who published the definition; None are gone.
    """
    user = actor()
    if user.id != SYSTEM:
        return user
    found: Actor | None = hooks.first("find_actor", who=str(row.published_by))
    return found


@job(queue="medium", retries=5)
def begin_by_news(
    definition_id: str, number: int, position: int, arguments: dict[str, Any]
) -> str:
    """Begin an instance of a definition by news; the result says which, or why not."""
    row = stored.get(UUID(definition_id))
    definition = definitions.compiled(row.id)
    beginning = definition.begins[number]
    if news_before() > MOST_IN_A_ROW:
        log.warning("workflows begin each other", key=row.key, news=beginning.news)
        return (
            f"Not begun: {MOST_IN_A_ROW} pieces of news have led to each other. Give "
            f"{row.key} a guard that ends this, and start it by hand where needed."
        )
    who = _starter(row)
    if who is None:
        raise RefusedError(
            f"Whoever published {row.key} is not active any more: publish it anew."
        )
    with acting_as(who):
        return _begun(row, beginning, position, arguments)


def _begun(
    row: DefinitionVersion,
    beginning: Beginning,
    position: int,
    arguments: Mapping[str, Any],
) -> str:
    definition = definitions.compiled(row.id)
    facts = facts_of_news(definition, beginning, arguments)
    if facts is None:
        return f"Not begun: the {definition.about} is out of sight, or gone."
    data = deeds.worked_out(beginning.given, facts, row.title)
    instance = logic.begin(
        row,
        object_id=UUID(arguments[beginning.object]) if beginning.object else None,
        data=deeds.plain(data),
        news=(beginning.news, position),
    )
    return str(instance.id)
