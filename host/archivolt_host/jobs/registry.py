"""Which functions are jobs, by name."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from archivolt_host.errors import NotFoundError
from archivolt_host.plugins.registry import HOST, Registry

QUEUES = ("high", "medium", "low", "bulk", "duckdb")
SHORT_QUEUES = ("high", "medium")  # what people wait for
FORKED = ("bulk", "duckdb")  # long or memory-hungry work, each in a process of its own
BACKOFF = (1, 5, 30, 120, 600, 3600)  # seconds before the next attempt
TIMEOUT = 300  # seconds
SHORT_TIMEOUT = 5  # seconds, as others wait for the database meanwhile
LONG_TIMEOUT = 3600  # seconds, in a process of its own
NO_ALIASES: Mapping[str, str] = MappingProxyType({})
#: What ``enqueue`` takes for itself.
OPTIONS = frozenset({"job", "delay", "unique", "priority", "group"})


@dataclass(frozen=True, slots=True)
class Job:
    """A function that the worker may run, and how."""

    name: str
    run: Callable[..., Any]
    queue: str = "medium"
    retries: int = 3
    plugin: str = HOST
    timeout: float = TIMEOUT
    unique: bool = False
    short: bool = False
    priority: int = 0
    backoff: tuple[float, ...] = BACKOFF
    permission: str | None = None

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raise TypeError where the arguments are not those of the function."""
        takes, needs = _signature(self.run)
        sent = arguments.keys()
        if takes is not None and (unknown := sent - takes):
            raise TypeError(f"{self.name} takes no {', '.join(sorted(unknown))}.")
        if missing := needs - sent:
            raise TypeError(f"{self.name} needs {', '.join(sorted(missing))}.")

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of its arguments."""
        return tuple(inspect.signature(self.run).parameters)

    @property
    def summary(self) -> str:
        """What it does, in the first line of its docstring."""
        return (self.run.__doc__ or "").strip().partition("\n")[0]


@cache
def _signature(
    function: Callable[..., Any],
) -> tuple[frozenset[str] | None, frozenset[str]]:
    """Return what a function takes, None for anything, and what it needs."""
    parameters = inspect.signature(function).parameters.values()
    named = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    takes = frozenset(p.name for p in named)
    needs = frozenset(p.name for p in named if p.default is p.empty)
    takes_any = any(p.kind == p.VAR_KEYWORD for p in parameters)
    return None if takes_any else takes, needs


def job(
    *,
    queue: str = "medium",
    retries: int = 3,
    timeout: float | None = None,
    unique: bool = False,
    short: bool = False,
    priority: int = 0,
    backoff: Sequence[float] = BACKOFF,
    permission: str | None = None,
) -> Callable[[Callable[..., Any]], Job]:
    """Mark a function as a job, named after its plugin and itself.

    It takes JSON arguments, ids rather than objects, and runs in the tenant that
    enqueued it. What it writes is committed together with its own end.

    ``timeout`` is in seconds. While a ``unique`` job waits or runs, one with the same
    arguments is not enqueued again. A ``short`` job takes milliseconds and writes only
    in the transaction that it is given: several of them are committed at once, each
    undone by itself. The lower the ``priority``, the sooner among those of its queue.
    Users who hold the ``permission`` may have the job run by a schedule of theirs.
    """

    def mark(function: Callable[..., Any]) -> Job:
        package = function.__module__.partition(".")[0]
        plugin = package.removeprefix("archivolt_")
        name = f"{plugin}.{function.__name__}"
        taken = OPTIONS & inspect.signature(function).parameters.keys()
        if taken:
            raise TypeError(f"{name}: {', '.join(sorted(taken))} is for enqueue().")
        return Job(
            name,
            function,
            queue,
            retries,
            plugin,
            timeout or _usual_timeout(queue, short),
            unique,
            short,
            priority,
            tuple(backoff) or (0,),
            permission,
        )

    return mark


def _usual_timeout(queue: str, short: bool) -> float:
    if queue in FORKED:
        return LONG_TIMEOUT
    return SHORT_TIMEOUT if short else TIMEOUT


class Jobs:
    """The jobs of all working plugins and of the host."""

    def __init__(
        self,
        registry: Registry,
        own: tuple[Job, ...] = (),
        aliases: Mapping[str, str] = NO_ALIASES,
    ) -> None:
        self._aliases = aliases
        self._jobs = {job.name: job for job in own}
        scheduled = [(plugin, one.job) for plugin, one in registry.schedules]
        for plugin, found in [*registry.brought("register_jobs"), *scheduled]:
            try:
                self._jobs[found.name] = replace(found, queue=self.queue(found.queue))
            except ValueError as error:
                registry.put_out(plugin, f"Its job {found.name} cannot be run: {error}")

    def get(self, name: str) -> Job:
        """Return a job by name, or raise NotFoundError."""
        if name not in self._jobs:
            raise NotFoundError("Job", name)
        return self._jobs[name]

    def plugin_of(self, name: str) -> str | None:
        """Return whose job it is, or None where it is not known here."""
        return self._jobs[name].plugin if name in self._jobs else None

    def summary_of(self, name: str) -> str:
        """Return what a job does, or its name where it is not known here."""
        return self._jobs[name].summary if name in self._jobs else name

    def queue(self, name: str) -> str:
        """Return the queue that a name stands for."""
        queue = self._aliases.get(name, name)
        if queue not in QUEUES:
            known = ", ".join((*QUEUES, *sorted(self._aliases)))
            raise ValueError(f"there is no queue {name!r}, only {known}.")
        return queue

    def for_users(self) -> list[Job]:
        """Return the jobs that users may schedule, by name."""
        found = [j for j in self._jobs.values() if j.permission is not None]
        return sorted(found, key=lambda job: job.name)


def aliases(lines: Sequence[str]) -> dict[str, str]:
    """Read ``tasks=medium`` and the like: other names for queues."""
    pairs = [line.partition("=") for line in lines]
    for name, _, queue in pairs:
        if queue.strip() not in QUEUES or not name.strip():
            raise ValueError(
                f"queue_aliases: {name}={queue} names none of {', '.join(QUEUES)}: "
                "write it as 'tasks=medium'."
            )
    return {name.strip(): queue.strip() for name, _, queue in pairs}


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
