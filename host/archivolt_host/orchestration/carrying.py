"""Who began a run, and in which request: it goes on under the same name."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import fields
from typing import Any

from archivolt_hookspecs.identity import Actor
from archivolt_host.orchestration import values
from archivolt_host.tenants import context
from archivolt_host.tenants.context import Tenant

TYPES = values.signature_of(Actor).parameters


def actor() -> Actor:
    """Return who is asking; without anybody it is the system."""
    tenant = context.tenant_or_none()
    return context.actor_or_none() or context.system_actor(
        tenant.slug if tenant else ""
    )


def carried() -> dict[str, Any]:
    """Return who is asking, as JSON."""
    who = actor()
    facts = {one.name: getattr(who, one.name) for one in fields(who)}
    named = values.plain(facts, "An actor's fields")
    return {"actor": named, "request_id": context.request_id()}


def resumed(
    tenant: Tenant | None, found: Mapping[str, Any]
) -> AbstractContextManager[None]:
    """Be, for a while, whoever began the run."""
    known = {n: v for n, v in found["actor"].items() if n in TYPES}
    typed = {n: values.typed(TYPES[n].annotation, v) for n, v in known.items()}
    return context.acting(tenant, Actor(**typed), found["request_id"])
