"""The host's own jobs: catching up, and the duties that keep each tenant in order."""

from archivolt_hookspecs import host, registration
from archivolt_hookspecs.registration import Schedule
from archivolt_host.archives import importing
from archivolt_host.http import idempotency
from archivolt_host.jobs import bus, duties, retention, runnable
from archivolt_host.jobs.registry import Job, job
from archivolt_host.orchestration import creation
from archivolt_host.orchestration import sweeping as runs
from archivolt_host.plugins import dispatch, overrides
from archivolt_host.tenants import context, sessions, upkeep
from archivolt_host.tenants.columns import now

SETTLED = 3600.0  # seconds after which a file without a row belongs to no request
HOURS, DAYS = 3600, 86400  # seconds


@job(queue="medium", retries=5)
def resync(plugin: str) -> int | None:
    """Let a plugin that was off catch up; only then do its guards answer again."""
    rows: int | None = dispatch.ask_one(plugin, host.resync.__name__, since=None)
    sessions.unit().after_commit(
        lambda: overrides.end_catching_up(context.tenant().slug, plugin)
    )
    return rows


@job(queue="low", retries=1)
def resume_catching_up() -> int:
    """Have plugins that were switched on catch up, where their job was lost."""
    behind = dispatch.registry().overrides.catching_up(context.tenant().slug)
    for plugin in behind:
        bus.enqueue(resync, plugin=plugin, unique=f"resync:{plugin}")
    return len(behind)


@job(queue="low", retries=1)
def purge_files() -> int:
    """Have plugins delete files that no row needs."""
    before = now().timestamp() - SETTLED
    found = dispatch.collect(registration.purge_storage.__name__, before=before)
    return sum(found)


@job(queue="low", retries=1)
def look_after_runs() -> int:
    """Have runs taken up that nobody holds, should the watch over them be lost."""
    return runs.look()


@job(queue="low", retries=1)
def forget_keys() -> int:
    """Delete idempotency keys whose day is over."""
    return idempotency.forget_old()


@job(queue="low", retries=1)
def forget_jobs() -> int:
    """Delete jobs that ended long ago, with their attempts."""
    return _in_portions(retention.forget_jobs(), forget_jobs)


@job(queue="low", retries=1)
def forget_groups() -> int:
    """Delete groups of jobs that ended long ago."""
    return _in_portions(retention.forget_groups(), forget_groups)


@job(queue="low", retries=1)
def forget_events() -> int:
    """Delete old news that every plugin has heard."""
    return _in_portions(retention.forget_events(), forget_events)


@job(queue="low", retries=1)
def forget_ticks() -> int:
    """Delete the times at which schedules were due long ago."""
    return _in_portions(retention.forget_ticks(), forget_ticks)


@job(queue="low", retries=1)
def forget_runs() -> int:
    """Delete runs of orchestrators that ended long ago, with their steps."""
    return _in_portions(runs.forget_old(retention.MOST), forget_runs)


@job(queue="low", retries=1)
def check_database() -> str:
    """Look for damage in the tenant's database: pages, or indexes not to be trusted."""
    with sessions.reading() as work:  # nobody waits meanwhile
        return upkeep.check(work.connection)


def _in_portions(count: int, job: Job) -> int:
    """Return how many rows went; where there are more, go on in another job."""
    if count >= retention.MOST:
        bus.enqueue(job)
    return count


RHYTHMS: dict[Job, int] = {
    resume_catching_up: 6 * HOURS,
    look_after_runs: 6 * HOURS,
    purge_files: 6 * HOURS,
    forget_keys: 6 * HOURS,
    forget_jobs: 6 * HOURS,
    forget_groups: DAYS,
    forget_events: 6 * HOURS,
    forget_ticks: DAYS,
    forget_runs: DAYS,
    check_database: 7 * DAYS,
}
OWN_JOBS = (
    resync,
    runnable.act,
    duties.sweep,
    runs.sweep_runs,
    runs.resume_run,
    *RHYTHMS,
)
OWN_ORCHESTRATORS = (creation.CreateTenant, importing.ImportTenant)
OWN_SCHEDULES = tuple(
    Schedule(duty.name.partition(".")[2], duty, every=every, shared=True)
    for duty, every in RHYTHMS.items()
)
