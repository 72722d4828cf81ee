"""``tell``: news for other plugins, written with the business, heard after the commit.

It goes into an outbox; ``delivery`` hands it to each subscriber by itself.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Table

from archivolt_host.jobs import bus, carrying, rings, wake
from archivolt_host.jobs.event_models import EventRow
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.prepared import Prepared

EVENT: Table = EventRow.__table__  # type: ignore[assignment]
INSERT = Prepared(EVENT.insert().inline())


def tell(hook: str, **arguments: Any) -> None:
    """Tell every plugin that listens, once and in order per object, after the commit.

    The object is the first id among the arguments.
    """
    plugins = dispatch.registry()
    if plugins.verb(hook) != "tell":
        raise TypeError(f"{hook} is to be called by {plugins.verb(hook)}(), not tell()")
    tenant, work = context.tenant(), sessions.unit()
    values = {
        "hook": hook,
        "object": next((str(v) for v in arguments.values() if isinstance(v, UUID)), ""),
        "arguments": bus.plain(hook, arguments),
        "carried": carrying.pack(),
        "at": now(),
    }
    INSERT.run(work.connection, values)
    work.before_commit(lambda: wake.heat(tenant.id))
    # Where nobody listens, the relay alone gives it a position, when it looks.
    if plugins.implementations(hook, plugins.wanted(tenant.slug)):
        work.after_commit(lambda: rings.bell().ring(tenant.slug, rings.EVENTS))
