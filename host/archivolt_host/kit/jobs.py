"""Work for later: ``@job`` names it, ``enqueue`` has it done after the commit."""

from archivolt_host.jobs.bus import enqueue
from archivolt_host.jobs.registry import Job, job

__all__ = ["Job", "enqueue", "job"]
