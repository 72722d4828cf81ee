"""What people may see of the documents and requests that workflows are about."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from archivolt_core_workflow.requests import logic as requests
from archivolt_host.kit import hooks
from archivolt_host.kit.errors import DeniedError

#: What stands in the place of a title that is not for the reader.
WITHHELD = "(out of your sight)"
R = TypeVar("R")


def described(about: str, ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
    """Return those of the objects that the actor may see, by id."""
    if not ids:
        return {}
    if about == "request":
        return {row.id: row._asdict() for row in requests.seen(ids)}  # type: ignore[attr-defined]
    found: Mapping[UUID, Mapping[str, Any]] | None = hooks.first(
        "describe_documents", ids=ids
    )
    return found or {}


def sees(row: Any) -> bool:
    """Return whether the actor may see what an instance or a task is about."""
    return row.object_id is None or row.object_id in described(
        row.about, [row.object_id]
    )


def refuse_blind(row: Any) -> None:
    """Raise DeniedError where the actor may not see what it is about."""
    if not sees(row):
        raise blind(row.about)


def blind(about: str) -> DeniedError:
    """Return the error for work on something out of sight."""
    return DeniedError(
        f"You may not see the {about} that this is about, or it is in the trash: ask "
        "for it to be shared with you, or for somebody else to do this."
    )


def veiled(rows: Sequence[R]) -> list[R]:
    """Return instances or tasks; of what is out of sight nothing is told."""
    wanted: dict[str, set[UUID]] = {}
    for row in rows:
        if row.object_id is not None:  # type: ignore[attr-defined]
            wanted.setdefault(row.about, set()).add(row.object_id)  # type: ignore[attr-defined]
    seen = {id for about, ids in wanted.items() for id in described(about, list(ids))}
    return [veil(row) if _is_hidden(row, seen) else row for row in rows]


def veiled_one(row: R) -> R:
    """Return one instance or task, with nothing of what is out of sight."""
    return veiled([row])[0]


def is_veiled(row: Any) -> bool:
    """Return whether something was left out of an instance or a task."""
    return row.object_id is None and row.about != "none"


def veil(row: Any) -> Any:
    """Leave out the title, the object, and what people and actions said of it."""
    values: dict[str, Any] = {"title": WITHHELD, "object_id": None}
    if hasattr(row, "marking"):
        tokens = [[*token[:4], None] for token in row.marking["tokens"]]
        values |= {"data": {}, "marking": {**row.marking, "tokens": tokens}}
    return row._replace(**values)


def _is_hidden(row: Any, seen: set[UUID]) -> bool:
    return row.object_id is not None and row.object_id not in seen
