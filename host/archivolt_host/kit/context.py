"""Who is asking, for which tenant, and in which trace."""

from collections.abc import Iterator
from contextlib import contextmanager

from archivolt_hookspecs.identity import Actor
from archivolt_host.tenants import context, tracing
from archivolt_host.tenants.context import SYSTEM as SYSTEM
from archivolt_host.tenants.context import Origin as Origin
from archivolt_host.tenants.context import Tenant as Tenant
from archivolt_host.tenants.context import (
    actor,
    actor_or_none,
    origin,
    request_id,
    tenant,
)
from archivolt_host.tenants.tracing import after_news, news_before


@contextmanager
def acting_as(who: Actor | None) -> Iterator[None]:
    """Act as somebody else for a while, in the same tenant; None is the system.

    For work that nobody is asking for any more, as when a timer fires.
    """
    before = context.actor_or_none()
    context.signed_in(who or context.system_actor(context.tenant().slug))
    try:
        yield
    finally:
        context.signed_in(before)


@contextmanager
def on_behalf_of(actor: Actor) -> Iterator[None]:
    """Act for somebody who is not asking themselves: what they may not is refused."""
    with context.acting(tenant(), actor, request_id(), origin()):
        yield


def traceparent() -> str | None:
    """Return the header that lets a call to another system join the trace under way."""
    trace = tracing.current()
    return None if trace is None else trace.header


__all__ = [
    "SYSTEM",
    "Origin",
    "Tenant",
    "acting_as",
    "actor",
    "actor_or_none",
    "after_news",
    "news_before",
    "on_behalf_of",
    "origin",
    "request_id",
    "tenant",
    "traceparent",
]
