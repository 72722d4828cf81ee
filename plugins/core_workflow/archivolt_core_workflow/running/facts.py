"""What expressions see of an instance: itself, its object, its data, who acts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from archivolt_core_workflow.engine.facts import DOCUMENT, REQUEST, data_types
from archivolt_core_workflow.engine.model import Beginning, Definition, Marking
from archivolt_core_workflow.instances.models import Instance
from archivolt_core_workflow.running import people, sight
from archivolt_host.kit.context import acting_as, actor
from archivolt_host.kit.db import now

FIELDS = {"document": DOCUMENT, "request": REQUEST}


def facts_of(
    definition: Definition, instance: Instance, marking: Marking
) -> dict[str, Any]:
    """Return the facts of this moment, by their names."""
    user = actor()
    facts = {
        "actor.id": str(user.id),
        "actor.name": user.name,
        "actor.roles": sorted(user.roles),
        "instance.id": str(instance.id),
        "instance.title": instance.title,
        "instance.creator": str(instance.created_by),
        "instance.nodes": marking.nodes(),
        "instance.started_at": instance.created_at,
        "item": None,
        "now": now(),
    }
    facts |= data_facts(definition, instance.data)
    return facts | _object_facts(instance)


def facts_of_news(
    definition: Definition, beginning: Beginning, news: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the facts before an instance begins, or None where its object is hidden.

    It is hidden from whoever did what the news tells of, or gone by now.
    """
    user = actor()
    facts = {
        "actor.id": str(user.id),
        "actor.name": user.name,
        "actor.roles": sorted(user.roles),
        "now": now(),
        "news": dict(news),
    }
    if beginning.object is None:
        return facts
    id = UUID(news[beginning.object])
    found = sight.described(definition.about, [id]).get(id)
    return None if found is None else facts | _as_facts(definition.about, found)


def data_facts(definition: Definition, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data's fields; one that is missing is null."""
    known = {f"data.{name}": value for name, value in data.items()}
    return dict.fromkeys(data_types(definition.data)) | known


def _object_facts(instance: Instance) -> dict[str, Any]:
    """Return what whoever acts, or answers for it, may know of the object.

    To others each fact is null: a guard that looks at it refuses.
    """
    if instance.object_id is None or instance.about not in FIELDS:
        return {}
    return _as_facts(instance.about, _described(instance, instance.object_id))


def _as_facts(about: str, found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _plain(found.get(name.removeprefix("object."))) for name in FIELDS[about]
    }


def _described(instance: Instance, id: UUID) -> Mapping[str, Any]:
    who = people.answerable(instance.created_by)
    if who is None:
        return {}
    with acting_as(who):
        return sight.described(instance.about, [id]).get(id, {})


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
