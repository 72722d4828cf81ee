"""Who began a run, and in which request: it goes on under the same name."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from archivolt_hookspecs.identity import Actor
from archivolt_host.jobs import carrying
from archivolt_host.tenants import context
from archivolt_host.tenants.context import Tenant


def actor() -> Actor:
    """Return who is asking; without anybody it is the system."""
    tenant = context.tenant_or_none()
    return context.actor_or_none() or context.system_actor(
        tenant.slug if tenant else ""
    )


def carried() -> dict[str, Any]:
    """Return who is asking, as JSON."""
    return carrying.pack(actor())


def resumed(
    tenant: Tenant | None, found: Mapping[str, Any]
) -> AbstractContextManager[None]:
    """Be, for a while, whoever began the run; the system goes on with its own."""
    if tenant is None:
        return context.acting(None, actor(), found["request_id"])
    return carrying.acting(tenant, found)
