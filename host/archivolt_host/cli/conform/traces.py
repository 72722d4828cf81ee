"""Watches what a plugin leaves while it works: rows, their records, and files."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from archivolt_host.plugins import granting, recording
from archivolt_host.tenants.recorded import written

#: What a write is called in the journal.
DEEDS = {
    "INSERT": "create",
    "REPLACE": "create",
    "UPDATE": "update",
    "DELETE": "delete",
}
BY_THE_WAY = ("__pycache__", ".lock", ".db", "-wal", "-shm", "/dev/")


@dataclass
class Writes:
    """What was written, ``(table, deed)``, and what of it the journal was told."""

    made: set[tuple[str, str]] = field(default_factory=set)
    told: set[tuple[str, str]] = field(default_factory=set)

    def note(self, _: Any, cursor: Any, statement: str, *__: Any) -> None:
        """Note one statement that has run."""
        words = statement.split(None, 1)
        deed = DEEDS.get(words[0].upper()) if words else None
        if deed and cursor.rowcount != 0:
            self.made |= {(table, deed) for table in written(statement)}

    def tell(self, action: str) -> None:
        """Note what the journal is told: ``notes.note.create``."""
        kind, _, deed = action.rpartition(".")
        self.told.add((kind.replace(".", "_", 1), deed))


@contextmanager
def seen_writes(writes: Writes) -> Iterator[None]:
    """Note every statement that writes, and everything that is recorded."""
    from sqlalchemy import Engine, event

    add = recording.add

    def heard(action: str, *rest: Any, **more: Any) -> None:
        writes.tell(action)
        add(action, *rest, **more)

    event.listen(Engine, "after_cursor_execute", writes.note)
    recording.add = heard
    try:
        yield
    finally:
        recording.add = add
        event.remove(Engine, "after_cursor_execute", writes.note)


#: Whose files are noted right now, and where.
_watched: list[tuple[str, set[Path]]] = []


@contextmanager
def made_files(plugin: str, found: set[Path]) -> Iterator[None]:
    """Note the files that code of a plugin makes, wherever they are."""
    _listen()
    _watched.append((plugin, found))
    try:
        yield
    finally:
        _watched.clear()


@cache
def _listen() -> None:
    sys.addaudithook(_hear)  # it stays for as long as the process


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watched or event not in ("open", "os.rename"):
        return
    [(plugin, found)] = _watched
    if granting.plugin_at_work() == plugin and (path := _made(event, arguments)):
        found.add(path)


def _made(event: str, arguments: tuple[Any, ...]) -> Path | None:
    """Return the file that comes into being, unless it is nobody's business."""
    if event == "open" and not int(arguments[2]) & os.O_CREAT:
        return None
    name = arguments[1] if event == "os.rename" else arguments[0]
    if not isinstance(name, str | bytes | os.PathLike):
        return None
    text = os.path.abspath(os.fsdecode(name))
    return None if any(one in text for one in BY_THE_WAY) else Path(text)
