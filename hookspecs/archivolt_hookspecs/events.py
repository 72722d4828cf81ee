"""What the host asks about news that somebody wants to replay."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archivolt_hookspecs.markers import collects


@dataclass(frozen=True, slots=True)
class EventInfo:
    """A piece of news: the hook that was told, of which object, with what."""

    position: int
    hook: str
    object: str
    arguments: Mapping[str, Any]
    at: datetime


@collects
def visible_events(events: Sequence[EventInfo]) -> Collection[int]:
    """Return the positions of those that the caller may read.

    A plugin answers for the news that it tells itself; what nobody answers for is
    shown to those alone who may read all of it, with ``events.read``.
    """
    return ()
