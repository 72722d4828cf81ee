"""Jobs that waited when an archive was made, and would tell the world things twice.

Held are those of plugins that speak to other systems: that ask for servers in their
plugin.toml, or by name for an action of such a plugin. All others only work on the
tenant itself, and have to be done in the copy too.
"""

from typing import Any

from sqlalchemy import false, func, or_, select

from archivolt_host.jobs import bus, desk
from archivolt_host.jobs.models import CANCELLED, QUEUED, RUNNING
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now

WHY = (
    "It came with an archive. It is not run by itself, as it speaks to other systems "
    "and may be run where the archive was made; retry it where it will not be."
)
JOB, GROUP = bus.TABLE.c, bus.GROUP.c


def hold() -> None:
    """Cancel what would speak to other systems a second time."""
    connection, moment = sessions.connection(), now()
    waiting = JOB.status.in_((QUEUED, RUNNING)) & _speaks()
    grouped = select(JOB.group_id, func.count()).where(
        waiting, JOB.group_id.is_not(None)
    )
    for group, count in connection.execute(grouped.group_by(JOB.group_id)).all():
        connection.execute(_counted_down(group, count))
    gone = {"status": CANCELLED, "finished_at": moment, "problem": WHY}
    free = {"lease_until": None, "lease_owner": None}
    connection.execute(bus.TABLE.update().where(waiting).values(**gone, **free))


def _speaks() -> Any:
    """Return the condition for jobs of plugins that speak to other systems."""
    plugins = dispatch.registry()
    asking = {n for n, info in plugins.infos.items() if info.grants.get("net")}
    theirs = {name for name, (owner, _) in plugins.actions.items() if owner in asking}
    for name, info in plugins.infos.items():
        if theirs & {*info.grants.get("call", ())}:
            asking.add(name)
    own = [JOB.name.startswith(f"{name}.", autoescape=True) for name in sorted(asking)]
    return or_(false(), *own)


def _counted_down(group: Any, count: int) -> Any:
    """Let a group wait for its held members no longer; nothing is called back.

    It has not ended: where they are tried again, the last of them has that done.
    """
    values = {"pending": GROUP.pending - count, "failed": GROUP.failed + count}
    return bus.GROUP.update().where(GROUP.id == group).values(values)


def said(slug: str) -> list[str]:
    """Say how many jobs are held in the current tenant, and what to do; [] if none."""
    count = len(desk.held(WHY))
    if not count:
        return []
    return [
        f"Held are {count} jobs that speak to other systems, lest they do so twice. If "
        f"this was a move and the old tenant is gone: archivolt jobs retry --held -t "
        f"{slug}"
    ]
