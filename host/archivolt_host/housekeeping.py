"""The host's own jobs: catching up, and sweeping away what is no longer needed."""

from typing import Any

from archivolt_hookspecs import host, registration
from archivolt_hookspecs.registration import Schedule
from archivolt_host.archives import importing
from archivolt_host.http import idempotency
from archivolt_host.jobs import bus, retention, runnable
from archivolt_host.jobs.registry import job
from archivolt_host.orchestration import creation
from archivolt_host.orchestration import sweeping as runs
from archivolt_host.plugins import dispatch, overrides
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now

SETTLED = 3600.0  # seconds after which a file without a row belongs to no request


@job(queue="medium", retries=5)
def resync(plugin: str) -> int | None:
    """Let a plugin that was off catch up; only then do its guards answer again."""
    rows: int | None = dispatch.ask_one(plugin, host.resync.__name__, since=None)
    sessions.unit().after_commit(
        lambda: overrides.end_catching_up(context.tenant().slug, plugin)
    )
    return rows


@job(queue="low", retries=1)
def sweep() -> dict[str, Any]:
    """Delete what has served its time, and orphaned files; finish what was begun."""
    slug = context.tenant().slug
    for plugin in dispatch.registry().overrides.catching_up(slug):
        bus.enqueue(resync, plugin=plugin, unique=f"resync:{plugin}")
    before = now().timestamp() - SETTLED
    purged = dispatch.collect(registration.purge_storage.__name__, before=before)
    runs.look()  # the watch over them could have been lost
    bus.enqueue(forget)
    return {"keys": idempotency.forget_old(), "files": sum(purged)}


@job(queue="low", retries=1)
def forget() -> dict[str, int]:
    """Delete old history, some thousand rows at a time, until none is left."""
    forgotten = retention.forget_old() | {"runs": runs.forget_old()}
    if retention.MOST in forgotten.values():
        bus.enqueue(forget)
    return forgotten


OWN_JOBS = (resync, runnable.act, sweep, forget, runs.sweep_runs, runs.resume_run)
OWN_ORCHESTRATORS = (creation.CreateTenant, importing.ImportTenant)
OWN_SCHEDULES = (Schedule("sweep", sweep, every=6 * 3600),)
