"""What expressions may look at, and of which type each fact is."""

from collections.abc import Mapping
from typing import Any

from archivolt_core_workflow.engine.guards import Facts, facts_of

BEFORE = {
    "actor.id": "string",
    "actor.name": "string",
    "actor.roles": "strings",
    "now": "time",
}
COMMON = {
    **BEFORE,
    "instance.id": "string",
    "instance.title": "string",
    "instance.creator": "string",
    "instance.nodes": "strings",
    "instance.started_at": "time",
    "item": "any",
}
DOCUMENT = {
    "object.id": "string",
    "object.title": "string",
    "object.filename": "string",
    "object.mime_type": "string",
    "object.size": "int",
    "object.version": "int",
    "object.status": "string",
    "object.folder_id": "any",
    "object.tags": "strings",
    "object.metadata": "map",
    "object.created_at": "time",
    "object.created_by": "any",
}
REQUEST = {
    "object.id": "string",
    "object.title": "string",
    "object.description": "string",
    "object.status": "string",
    "object.created_by": "string",
    "object.assigned_to": "any",
    "object.reviewed_by": "any",
}
OBJECTS: Mapping[str, Mapping[str, str]] = {
    "none": {},
    "document": DOCUMENT,
    "request": REQUEST,
}
SIMPLE = {"string": "string", "integer": "int", "number": "double", "boolean": "bool"}


def facts_for(about: str, data: Mapping[str, Any]) -> Facts:
    """Return the facts of a definition about such objects, with such data."""
    types = {**COMMON, **OBJECTS[about], **data_types(data)}
    return facts_of(tuple(sorted(types.items())))


def news_facts_for(about: str, arguments: Mapping[str, str] | None = None) -> Facts:
    """Return the facts before an instance begins by news.

    With the news' own arguments each of them has its type; without, any may be there.
    """
    news = {"news": "map"}
    if arguments is not None:
        news = {f"news.{name}": kind for name, kind in arguments.items()}
    types = {**BEFORE, **OBJECTS[about], **news}
    return facts_of(tuple(sorted(types.items())))


def data_types(schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the types of the fields; one that may be missing has none."""
    required = schema.get("required", ())
    return {
        f"data.{name}": _type(field) if name in required else "any"
        for name, field in schema.get("properties", {}).items()
    }


def _type(field: Any) -> str:
    kind = field.get("type") if isinstance(field, Mapping) else None
    if isinstance(kind, str) and kind in SIMPLE:
        return SIMPLE[kind]
    if kind == "array" and field.get("items") == {"type": "string"}:
        return "strings"
    return "map" if kind == "object" else "any"
