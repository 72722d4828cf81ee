"""What each plugin costs: calls, seconds and errors, per hook, tenant and request."""

import os
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from prometheus_client import Counter, Summary

from archivolt_host.plugins import accounts
from archivolt_host.tenants import context

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
def measured(
    plugin: str, hook: str, meant: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Count one call of a plugin; an error that was ``meant`` is an answer."""
    began, failed = time.perf_counter(), True
    try:
        yield
        failed = False
    except meant:
        failed = False
        raise
    finally:
        record(plugin, hook, time.perf_counter() - began, failed=failed)


@dataclass
class Spent:
    """What one hook of a plugin has cost since this process began."""

    calls: float = 0
    seconds: float = 0
    errors: float = 0


#: Of each tenant that was busy last: by plugin, by hook. Metrics know no tenants: of
#: many there would be too many.
_tenants: OrderedDict[str, defaultdict[str, defaultdict[str, Spent]]] = OrderedDict()
_lock = threading.Lock()
# What a parent remembers stands in its own file.
os.register_at_fork(after_in_child=_tenants.clear)
MOST_TENANTS = 500

FIELDS = {"_count": "calls", "_sum": "seconds", "_total": "errors"}


def spent(plugin: str) -> dict[str, Spent]:
    """Return what each hook of a plugin has cost in this process, for all tenants."""
    return read([*SPENT.collect(), *ERRORS.collect()], plugin)


def read(metrics: Iterable[Any], plugin: str) -> dict[str, Spent]:
    """Return the accounts of a plugin out of metrics, whoever gathered them."""
    found: dict[str, Spent] = {}
    for family in metrics:
        for sample in family.samples:
            ending = sample.name[sample.name.rindex("_") :]
            if sample.labels.get("plugin") == plugin and ending in FIELDS:
                one = found.setdefault(sample.labels["hook"], Spent())
                setattr(one, FIELDS[ending], sample.value)
    return found


@cache
def _account(plugin: str, hook: str) -> Summary:
    return SPENT.labels(plugin, hook)


def record(plugin: str, hook: str, seconds: float, *, failed: bool = False) -> None:
    """Add one call to the plugin's accounts."""
    _account(plugin, hook).observe(seconds)
    if failed:
        ERRORS.labels(plugin, hook).inc()
    if (tenant := context.tenant_or_none()) is not None:
        _record_in(tenant.slug, plugin, hook, seconds, failed)
    spent = _request.get()
    if spent is not None:
        spent[plugin] = spent.get(plugin, 0.0) + seconds


def _record_in(slug: str, plugin: str, hook: str, seconds: float, failed: bool) -> None:
    with _lock:
        account = _tenants.get(slug)
        if account is None:
            account = _tenants[slug] = defaultdict(lambda: defaultdict(Spent))
            if len(_tenants) > MOST_TENANTS:
                _tenants.popitem(last=False)
        else:
            _tenants.move_to_end(slug)
        one = account[plugin][hook]
        one.calls += 1
        one.seconds += seconds
        one.errors += failed
    accounts.write_soon(_remembered)


def _remembered() -> accounts.Accounts:
    """Return all that is remembered of tenants, as it is written down."""
    with _lock:
        return {
            slug: {
                plugin: {h: [s.calls, s.seconds, s.errors] for h, s in hooks.items()}
                for plugin, hooks in account.items()
            }
            for slug, account in _tenants.items()
        }


def spent_in(slug: str, plugin: str) -> Mapping[str, Spent]:
    """Return what each hook of a plugin has cost for one tenant in this process."""
    with _lock:
        account = _tenants.get(slug)
        hooks = account[plugin].items() if account else ()
        return {hook: replace(one) for hook, one in hooks}
