"""What the host tells plugins about their own life in a tenant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from archivolt_hookspecs.markers import collects, joins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that belongs to a tenant's rows, and how to open it.

    ``name`` is unique within the plugin: letters, digits, dots, hyphens, underscores.
    ``open`` raises FileNotFoundError where the file is missing; a text of its own says
    what it belongs to, for people.
    """

    name: str
    size: int
    sha256: str
    open: Callable[[], IO[bytes]] = field(compare=False)


@collects
def resync(since: datetime | None) -> int | None:
    """Catch up with what was written while the plugin was off; return how many rows.

    Only the plugin that was switched on is asked, in a job; its state is
    ``catching_up`` until it returns. ``since`` None means from the beginning.
    """


@joins
def plugin_purged(plugin: str) -> None:
    """Forget what is kept in the current tenant for a plugin that was purged.

    The host takes care of its tables, jobs and schedules; this is for what others
    hold, such as its permissions in a role.
    """


@collects
def stored_files() -> Iterable[StoredFile]:
    """Yield the files that rows of the current tenant refer to, for an archive of it.

    Asked in the same read transaction as the rows, also where the plugin is off for
    the tenant. They may be many: yield them as they are read.
    """
    return ()


@collects
def receive_file(name: str, content: IO[bytes]) -> None:
    """Store one file that ``stored_files`` once yielded, in the current tenant.

    Only the plugin that yielded it is asked, after the rows are there. A content that
    does not fit its name is refused.
    """


@collects
def drop_files() -> None:
    """Delete every file of the current tenant, whose rows are gone."""
