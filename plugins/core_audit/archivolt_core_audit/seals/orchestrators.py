"""The long story of sealing: a job, a minute after something was written."""

from datetime import timedelta
from time import monotonic
from uuid import UUID

from archivolt_core_audit.seals import logic
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import after_commit
from archivolt_host.kit.jobs import enqueue, job

EVERY = timedelta(minutes=1)
UNIQUE = "core_audit.seal"

_asked: dict[UUID, float] = {}


@job(queue="low", retries=4)
def seal() -> int:
    """Seal what was written since; nothing is lost if this comes late."""
    return logic.seal_all()


def seal_soon() -> None:
    """Have the journal sealed within a minute; asked for once a minute and process."""
    id, moment = tenant().id, monotonic()
    if moment < _asked.get(id, 0.0):
        return
    enqueue(seal, delay=EVERY, unique=UNIQUE)
    after_commit(lambda: _asked.update({id: moment + EVERY.total_seconds()}))
