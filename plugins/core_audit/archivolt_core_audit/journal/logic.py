"""The rules of the journal. Knows no SQL and no HTTP."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from archivolt_core_audit.journal.models import Entry
from archivolt_core_audit.journal.service import entries
from archivolt_hookspecs.audit import Change
from archivolt_host.kit.db import now, uuid7

JSON = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
# A field of a sealed row ends where a control character stands: none is inside.
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def record(changes: Sequence[Change]) -> None:
    """Write changes into the journal, in one statement."""
    moment = now()
    entries.bulk_create([_row(change, moment) for change in changes])


def _row(change: Change, moment: datetime) -> dict[str, Any]:
    actor, on_behalf_of, name = _who(change)
    return {
        "id": uuid7(),
        "at": moment,
        "actor": actor,
        "actor_name": _line(name, 200),
        "on_behalf_of": on_behalf_of,
        "action": _line(change.action, 100),
        "kind": _line(change.kind, 100),
        "object": _line(str(change.object), 200),
        "before": _json(change.before),
        "after": _json(change.after),
        "address": _line(change.address, 100),
        "user_agent": _line(change.user_agent, 500),
        "request_id": _line(change.request_id, 64),
    }


def _who(change: Change) -> tuple[UUID | None, UUID | None, str]:
    """Return who acted, for whom if that is somebody else, and under what name."""
    actor = change.actor
    if actor is None:
        return None, None, ""
    if actor.impersonator is not None:
        return actor.impersonator, actor.id, actor.name
    return actor.id, None, actor.name


def _line(text: str, longest: int) -> str:
    """Return text as one line that fits."""
    return text[:longest] if text.isprintable() else CONTROL.sub(" ", text)[:longest]


def _json(value: Mapping[str, Any] | None) -> str | None:
    if value is None:
        return None
    return orjson.dumps(value, default=str, option=JSON).decode()


def shown(entry: Entry) -> dict[str, Any]:
    """Return an entry as the API shows it."""
    row: dict[str, Any] = entry._asdict()  # type: ignore[attr-defined]
    for name in ("before", "after"):
        row[name] = orjson.loads(row[name]) if row[name] else None
    return row
