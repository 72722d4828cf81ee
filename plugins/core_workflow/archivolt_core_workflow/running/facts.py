"""What expressions see of an instance: itself, its object, its data, who acts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from archivolt_core_workflow.engine.facts import DOCUMENT, REQUEST, data_types
from archivolt_core_workflow.engine.model import Definition, Marking
from archivolt_core_workflow.instances.models import Instance
from archivolt_core_workflow.requests.service import requests
from archivolt_host.kit import hooks
from archivolt_host.kit.context import actor
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import NotFoundError

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
    return facts | _object_facts(instance.about, instance.object_id)


def data_facts(definition: Definition, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data's fields; one that is missing is null."""
    known = {f"data.{name}": value for name, value in data.items()}
    return dict.fromkeys(data_types(definition.data)) | known


def _object_facts(about: str, id: UUID | None) -> dict[str, Any]:
    if id is None or about not in FIELDS:
        return {}
    found = described(about, id)
    return {
        name: _plain(found.get(name.removeprefix("object."))) for name in FIELDS[about]
    }


def described(about: str, id: UUID) -> Mapping[str, Any]:
    """Return what an instance is about, or raise NotFoundError."""
    if about == "request":
        return requests.get(id)._asdict()  # type: ignore[attr-defined,no-any-return]
    found = hooks.first("describe_documents", ids=[id]) or {}
    if id not in found:
        raise NotFoundError("Document", id)
    document: Mapping[str, Any] = found[id]
    return document


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
