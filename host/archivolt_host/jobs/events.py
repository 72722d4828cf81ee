"""``tell``: news for other plugins, written with the business, sent after commit.

Each subscriber has a delivery of its own (a job), so one that fails is retried alone.
"""

import inspect
from functools import cache
from typing import Any
from uuid import UUID

from archivolt_host.errors import UnavailableError
from archivolt_host.jobs import bus
from archivolt_host.jobs.registry import job
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import context


def tell(hook: str, **arguments: Any) -> None:
    """Tell every plugin that listens, once, after the commit."""
    plugins = dispatch.registry()
    if plugins.verb(hook) != "tell":
        raise TypeError(f"{hook} is to be called by {plugins.verb(hook)}(), not tell()")
    slug = context.tenant().slug
    for listener in plugins.implementations(hook, plugins.wanted(slug)):
        bus.enqueue(
            deliver,
            plugin=listener.plugin,
            hook=hook,
            news={
                k: str(v) if isinstance(v, UUID) else v for k, v in arguments.items()
            },
        )


@job(queue="medium", retries=8)
def deliver(plugin: str, hook: str, news: dict[str, Any]) -> None:
    """Hand one piece of news to one subscriber; one that is out hears it later."""
    plugins, slug = dispatch.registry(), context.tenant().slug
    enabled = plugins.enabled(slug)
    if plugin in plugins.wanted(slug) - enabled:
        raise UnavailableError(f"{plugin} does not work here: its news waits.")
    for listener in plugins.implementations(hook, enabled):
        if listener.plugin == plugin:
            typed = {k: _typed(hook, k, v) for k, v in news.items()}
            listener.function(*[typed[name] for name in listener.arguments])


def _typed(hook: str, argument: str, value: Any) -> Any:
    """Give an id the type back that JSON took from it."""
    wanted = _annotations(hook).get(argument)
    return UUID(value) if wanted is UUID and isinstance(value, str) else value


@cache
def _annotations(hook: str) -> dict[str, Any]:
    spec = getattr(dispatch.registry().loading.manager.hook, hook).spec.function
    return inspect.get_annotations(spec, eval_str=True)


def forget() -> None:
    """Forget the hookspecs of this host, as before another is opened."""
    _annotations.cache_clear()
