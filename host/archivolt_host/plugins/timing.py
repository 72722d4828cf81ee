"""What each plugin costs: calls, seconds and errors, per hook and per request."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

from prometheus_client import Counter, Summary

SPENT = Summary(
    "archivolt_hook_seconds", "Hook calls and time by plugin", ["plugin", "hook"]
)
ERRORS = Counter("archivolt_hook_errors_total", "Hooks that raised", ["plugin", "hook"])

_request: ContextVar[dict[str, float] | None] = ContextVar("request", default=None)


def begin_request() -> None:
    """Count the seconds per plugin from here on, for ``Server-Timing``."""
    _request.set({})


def of_request() -> dict[str, float]:
    """Return the seconds per plugin since the request began."""
    return _request.get() or {}


@contextmanager
def measured(plugin: str, hook: str) -> Iterator[None]:
    """Count one call of a plugin."""
    began = time.perf_counter()
    try:
        yield
    except Exception:
        ERRORS.labels(plugin, hook).inc()
        raise
    finally:
        record(plugin, hook, time.perf_counter() - began)


@dataclass
class Spent:
    """What one hook of a plugin has cost since this process began."""

    calls: float = 0
    seconds: float = 0
    errors: float = 0


FIELDS = {"_count": "calls", "_sum": "seconds", "_total": "errors"}


def spent(plugin: str) -> dict[str, Spent]:
    """Return what each hook of a plugin has cost in this process."""
    found: dict[str, Spent] = {}
    for metric in (SPENT, ERRORS):
        for sample in (s for family in metric.collect() for s in family.samples):
            if sample.labels.get("plugin") == plugin:
                one = found.setdefault(sample.labels["hook"], Spent())
                ending = sample.name[sample.name.rindex("_") :]
                if ending in FIELDS:
                    setattr(one, FIELDS[ending], sample.value)
    return found


@cache
def _account(plugin: str, hook: str) -> Summary:
    return SPENT.labels(plugin, hook)


def record(plugin: str, hook: str, seconds: float) -> None:
    """Add one call to the plugin's account."""
    _account(plugin, hook).observe(seconds)
    spent = _request.get()
    if spent is not None:
        spent[plugin] = spent.get(plugin, 0.0) + seconds
