"""News that plugins want by its name, whoever tells it: ``any_news`` brings it."""

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any

from archivolt_hookspecs import events as hookspecs
from archivolt_hookspecs.events import EventInfo
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import sessions

ANY = hookspecs.any_news.__name__


class NotAskedError(Exception):
    """What a plugin wants to hear cannot be found out now."""


def by(plugin: str) -> list[str]:
    """Return the news that a plugin wants in the current tenant."""
    try:
        with sessions.unit().savepoint():
            found = dispatch.ask_one(plugin, hookspecs.news_wanted.__name__)
    except Exception as error:  # a plugin may raise anything
        raise NotAskedError(f"{plugin} cannot tell which news it wants") from error
    return sorted(set(found or ()) & set(news()))


def is_any_by(plugin: str) -> bool:
    """Return whether a plugin wants news; where it cannot say, its place is kept."""
    try:
        return bool(by(plugin))
    except NotAskedError:
        return True


def news() -> list[str]:
    """Return all hooks that are told."""
    return [hook for hook in dispatch.registry().spoken_by("tell") if hook != ANY]


@cache
def annotations(hook: str) -> Mapping[str, Any]:
    """Return the arguments of a piece of news with their types."""
    spec = getattr(dispatch.registry().loading.manager.hook, hook).spec.function
    found = inspect.get_annotations(spec, eval_str=True)
    return {name: kind for name, kind in found.items() if name != "return"}


def news_or_none(name: str) -> Mapping[str, Any] | None:
    """Return the arguments of the news of that name, or None where there is none."""
    return annotations(name) if name in news() else None


def info(row: Any) -> EventInfo:
    """Return a piece of news as plugins see it."""
    return EventInfo(row.position, row.hook, row.object, dict(row.arguments), at=row.at)


def forget() -> None:
    """Forget the hookspecs of this host, as before another is opened."""
    annotations.cache_clear()
