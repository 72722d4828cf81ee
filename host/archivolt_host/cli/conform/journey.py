"""A day in the life of the plugin under test, lived once, and what it left to see."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archivolt_host.cli.conform.probing import Answer, Client, paths_of
from archivolt_host.cli.conform.stage import OTHER, WITH, Stage
from archivolt_host.cli.conform.traces import Writes, made_files, seen_writes


@dataclass
class Journey:
    """What happened in the first tenant, and what another one saw before it."""

    before: list[Answer]
    answers: list[Answer] = field(default_factory=list)
    writes: Writes = field(default_factory=Writes)
    files: set[Path] = field(default_factory=set)


def journey(stage: Stage) -> Journey:
    """Live through it, once: samples, every route, all jobs."""
    if "journey" not in stage.__dict__:
        other = stage.client(OTHER)
        found = Journey(before=list(other.reads(paths(stage, other))))
        stage.__dict__["journey"] = found
        with seen_writes(found.writes), made_files(stage.name, found.files):
            found.answers += _live(stage)
    lived: Journey = stage.__dict__["journey"]
    return lived


def paths(stage: Stage, client: Client) -> dict[str, Any]:
    """Return the plugin's operations that a client is shown, by path."""
    return paths_of(client.document, stage.routes)


def _live(stage: Stage) -> Iterator[Answer]:
    from archivolt_host.plugins import dispatch
    from archivolt_host.tenants import context, sessions

    client = stage.client(WITH)
    with context.acting(stage.tenants[WITH]), sessions.transaction():
        dispatch.collect("load_samples")
    yield from client.writes(paths(stage, client))
    everything = client.document["paths"]
    list(client.writes({p: o for p, o in everything.items() if _is_harmless(p)}))
    yield from client.reads(paths(stage, client))
    _work(stage)


def _is_harmless(path: str) -> bool:
    """Leave out what would lock the client itself out."""
    return not any(word in path for word in ("/auth/", "/plugins/", "/users", "/me"))


def _work(stage: Stage) -> None:
    """Run the jobs that are due."""
    from archivolt_host.jobs import worker
    from archivolt_host.jobs.registry import QUEUES
    from archivolt_host.tenants import context

    tenant = stage.tenants[WITH]
    with context.acting(tenant):
        while any([worker.run_next(tenant, queue) for queue in QUEUES]):
            pass
