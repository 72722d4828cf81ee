"""Work for later: ``@job`` names it, ``enqueue`` has it done after the commit."""

from archivolt_host.jobs.bus import enqueue, enqueue_many
from archivolt_host.jobs.groups import enqueue_group
from archivolt_host.jobs.registry import Job, job
from archivolt_host.jobs.running import progress

__all__ = ["Job", "enqueue", "enqueue_group", "enqueue_many", "job", "progress"]
