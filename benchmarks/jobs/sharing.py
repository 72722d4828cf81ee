"""How long a tenant's single job waits behind the many of another."""

import time
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.figures import Figure
from benchmarks.jobs.comparing import WORKERS, valkey
from benchmarks.jobs.sides import PATIENCE, Archivolt

GOAL = 2.0  # seconds
SINGLES = 10


def single_job(folder: Path, many: int) -> Figure:
    """Enqueue single jobs while a backlog of another tenant's is worked off."""
    from archivolt_host.orchestration.creation import CreateTenant

    with valkey() as url:
        side = Archivolt(folder, url, WORKERS)
        side.enqueue_many("write", many)
        who = {"placement": "sqlite", "admin": "", "password": ""}
        CreateTenant("single", **who).run()
        side.tenant = side.host.catalog.get("single")
        with side.working():
            _waited(side)  # the workers have begun
            waits = [_waited(side) for _ in range(SINGLES)]
        left = many + SINGLES + 1 - side.ran()
    each = ", ".join(f"{one:.2f}" for one in sorted(waits))
    title = f"a single job behind another's {many:,}, longest"
    detail = f"{each} s; {left:,} were still waiting after these"
    return Figure(title, max(waits), GOAL, "s", detail)


def _waited(side: Archivolt) -> float:
    """Enqueue one job; return the seconds until it was done."""
    from archivolt_host.kit.db import transaction
    from archivolt_host.kit.jobs import enqueue

    with side.inside() as jobs:
        began = time.perf_counter()
        with transaction():
            id = enqueue(jobs.get("benched.write"), text="a row")
        while not _is_done(id):
            if time.perf_counter() - began > PATIENCE:
                raise SystemExit(f"the single job was not done within {PATIENCE:g} s")
            time.sleep(0.005)
        return time.perf_counter() - began


def _is_done(id: UUID) -> Any:
    from archivolt_host.jobs import bus
    from archivolt_host.tenants import sessions

    with sessions.reading():
        return bus.get(id).status == "done"
