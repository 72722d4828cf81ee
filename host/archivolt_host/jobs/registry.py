"""Which functions are jobs, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from archivolt_host.errors import NotFoundError
from archivolt_host.plugins.registry import HOST, Registry

QUEUES = ("high", "medium", "low", "bulk", "duckdb")
FORKED = ("bulk", "duckdb")  # long or memory-hungry work, each in a process of its own


@dataclass(frozen=True, slots=True)
class Job:
    """A function that the worker may run, and how."""

    name: str
    run: Callable[..., Any]
    queue: str = "medium"
    retries: int = 3
    plugin: str = HOST


def job(
    *, queue: str = "medium", retries: int = 3
) -> Callable[[Callable[..., Any]], Job]:
    """Mark a function as a job, named after its plugin and itself.

    It takes JSON arguments, ids rather than objects, and runs in the tenant that
    enqueued it. What it writes is committed together with its own end.
    """
    if queue not in QUEUES:
        raise ValueError(f"There is no queue {queue!r}: take one of {QUEUES}.")

    def mark(function: Callable[..., Any]) -> Job:
        package = function.__module__.partition(".")[0]
        plugin = package.removeprefix("archivolt_")
        return Job(f"{plugin}.{function.__name__}", function, queue, retries, plugin)

    return mark


class Jobs:
    """The jobs of all working plugins and of the host."""

    def __init__(self, registry: Registry, own: tuple[Job, ...] = ()) -> None:
        self._jobs = {job.name: job for job in own}
        for _, found in registry.brought("register_jobs"):
            self._jobs[found.name] = found

    def get(self, name: str) -> Job:
        """Return a job by name, or raise NotFoundError."""
        if name not in self._jobs:
            raise NotFoundError("Job", name)
        return self._jobs[name]


_jobs: Jobs | None = None


def bind(jobs: Jobs) -> None:
    """Make these the jobs of this process."""
    global _jobs
    _jobs = jobs


def jobs() -> Jobs:
    """Return the bound jobs."""
    if _jobs is None:
        raise RuntimeError("No host is open: call open_host() first.")
    return _jobs
