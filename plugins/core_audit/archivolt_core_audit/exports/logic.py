"""Writes the journal as CSV or JSON, piece by piece. Knows no SQL and no HTTP."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from archivolt_core_audit.journal.logic import JSON, shown
from archivolt_core_audit.journal.models import Entry
from archivolt_core_audit.journal.service import entries
from archivolt_host.kit.context import Tenant, tenant
from archivolt_host.kit.db import now, reading
from archivolt_host.kit.paging import Page

PIECE = 1000  # entries
NAMES: tuple[str, ...] = ("id", "at", "actor", "actor_name", "on_behalf_of")
NAMES += ("action", "kind", "object", "before", "after")
NAMES += ("address", "user_agent", "request_id")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def export(format: str, filters: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the file; between two pieces no session is held.

    What is written meanwhile is not in it, so it comes to an end.
    """
    until = {"at__lt": min(filters.get("at__lt", now()), now())}
    return WRITERS[format](_pieces(tenant(), {**filters, **until}))


def _pieces(of: Tenant, filters: Mapping[str, Any]) -> Iterator[list[Entry]]:
    page = Page(limit=PIECE, sort="at")
    while True:
        with reading(of):
            found = entries.filter(page, **filters)
        yield list(found.items)
        if found.next is None:
            return
        page = replace(page, cursor=found.next)


def _json(pieces: Iterable[list[Entry]]) -> Iterator[bytes]:
    """Write one array, an entry on each line."""
    before = b"["
    for piece in pieces:
        for entry in piece:
            yield before + b"\n" + orjson.dumps(shown(entry), option=JSON)
            before = b","
    yield b"\n]\n" if before == b"," else b"[]\n"


def _csv(pieces: Iterable[list[Entry]]) -> Iterator[bytes]:
    """Write a heading and a line for each entry; ``before`` and ``after`` are JSON."""
    yield _lines([NAMES])
    for piece in pieces:
        yield _lines([_cell(getattr(e, name)) for name in NAMES] for e in piece)


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


WRITERS: Mapping[str, Callable[[Iterable[list[Entry]]], Iterator[bytes]]] = {
    "json": _json,
    "csv": _csv,
}
