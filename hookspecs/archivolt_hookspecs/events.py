"""What the host asks about news, and how a plugin hears of any."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archivolt_hookspecs.markers import collects, tells


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


@collects
def news_wanted() -> Collection[str]:
    """Return of which news this plugin is to be told in the tenant, whoever tells it.

    For what only the tenant's own data can say, as the events that begin a workflow.
    Asked whenever there is news, so it is one short query; ``any_news`` tells it.
    """
    return ()


@tells
def any_news(news: EventInfo) -> None:
    """React to a piece of news that ``news_wanted`` named; ids are text in it.

    The host tells it, as it tells all news: committed, in order, again where it fails.
    """
