"""Jobs that waited when an archive was made: held, as its origin may do them too."""

from sqlalchemy import func, select

from archivolt_host.jobs import bus
from archivolt_host.jobs.models import CANCELLED, QUEUED, RUNNING
from archivolt_host.plugins.registry import HOST
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now

WHY = (
    "It came with an archive. It is not run by itself, as it may be run where the "
    "archive was made; retry it where it will not be."
)
JOB, GROUP = bus.TABLE.c, bus.GROUP.c


def hold() -> None:
    """Cancel what plugins had waiting; the host's own jobs may run twice."""
    connection, moment = sessions.connection(), now()
    held = bus.TABLE.update().where(
        JOB.status.in_((QUEUED, RUNNING)), ~JOB.name.startswith(f"{HOST}.")
    )
    gone = {"status": CANCELLED, "finished_at": moment, "problem": WHY}
    connection.execute(held.values(**gone, lease_until=None, lease_owner=None))
    waiting = bus.GROUP.update().where(GROUP.pending > 0)
    ended = {"pending": 0, "failed": GROUP.failed + GROUP.pending, "ended_at": moment}
    connection.execute(waiting.values(ended))


def said(slug: str) -> list[str]:
    """Say how many jobs are held in the current tenant, and what to do; [] if none."""
    is_held = (JOB.status == CANCELLED) & (JOB.problem == WHY)
    query = select(func.count()).select_from(bus.TABLE).where(is_held)
    count = sessions.connection().scalar(query)
    if not count:
        return []
    return [
        f"Held are {count} jobs that were waiting, lest they run twice. If this was a "
        f"move and the old tenant is gone: archivolt jobs retry --held -t {slug}"
    ]
