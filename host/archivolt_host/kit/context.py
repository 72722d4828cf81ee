"""Who is asking, and for which tenant."""

from archivolt_host.tenants.context import Origin as Origin
from archivolt_host.tenants.context import Tenant as Tenant
from archivolt_host.tenants.context import (
    actor,
    actor_or_none,
    origin,
    request_id,
    tenant,
)

__all__ = [
    "Origin",
    "Tenant",
    "actor",
    "actor_or_none",
    "origin",
    "request_id",
    "tenant",
]
