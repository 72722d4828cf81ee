"""Begins runs, here or by a job, and goes on with those that others left."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError

from archivolt_host.errors import RefusedError
from archivolt_host.jobs import bus
from archivolt_host.jobs.claims import LeaseLostError
from archivolt_host.jobs.desk import RESUME
from archivolt_host.jobs.registry import jobs
from archivolt_host.orchestration import beginning, carrying
from archivolt_host.orchestration import journal as journals
from archivolt_host.orchestration import models as m
from archivolt_host.orchestration.driving import Drive, taken
from archivolt_host.orchestration.errors import LostError
from archivolt_host.orchestration.journal import Journal, Run
from archivolt_host.orchestration.patience import ASLEEP
from archivolt_host.orchestration.registry import UnknownVersionError, orchestrators
from archivolt_host.orchestration.watching import watch
from archivolt_host.plugins import dispatch
from archivolt_host.plugins.registry import HOST
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.ids import uuid7

log = structlog.get_logger()


def run(orchestrator: Any, unique: str | None) -> Any:
    """Do every step and return the result; on an error undo backwards and raise."""
    unit = sessions.unit_or_none()
    if unit is not None and unit.write and unit.began:
        raise RuntimeError(
            f"{orchestrator.name} was run inside an open write transaction: its steps "
            "have transactions of their own. Run it before anything is written."
        )
    _refuse_unknown(orchestrator)
    journal = journals.here(orchestrator.scope)
    new = beginning.new(orchestrator, uuid7(), unique)
    key = new.unique_key
    if key is not None and (earlier := journal.standing(key)):
        return _result_of(journal, earlier)
    try:
        return Drive(journal, new, orchestrator).forward()
    except IntegrityError:  # two with the same key at the same time
        earlier = journal.standing(key) if key is not None else None
        if earlier is None:
            raise
        return _result_of(journal, earlier)


def start(orchestrator: Any, unique: str | None) -> UUID:
    """Note a run in the caller's transaction; a worker begins it after the commit."""
    _refuse_unknown(orchestrator)
    given = [n for n in orchestrator.unwritten if orchestrator.inputs[n] is not None]
    if orchestrator.scope != "tenant" or given:
        raise RuntimeError(
            f"{orchestrator.name} cannot be left to a worker: call run() and wait."
        )
    journal, work = journals.here(orchestrator.scope), sessions.unit()
    new = beginning.new(orchestrator, uuid7(), unique)
    if new.unique_key is not None:
        earlier = journal.standing_in(work.connection, new.unique_key)
        if earlier is not None:
            return earlier.id
    journal.insert(work.connection, new, lease_owner=None, lease_until=now())
    take_up(new.id)
    watch(work, journal.tenant, now() + journals.LEASE)  # should that job be lost
    return new.id


def take_up(id: UUID) -> None:
    """Have a worker go on with a run after the commit."""
    bus.enqueue(jobs().get(RESUME), run=id, unique=f"{RESUME}:{id}")


def _refuse_unknown(orchestrator: Any) -> None:
    if not orchestrators().knows(type(orchestrator)):
        raise RuntimeError(
            f"{orchestrator.name} is not registered, so that after a crash nobody "
            "could go on with it: return its class from register_orchestrators()."
        )


def _result_of(journal: Journal, earlier: Run) -> Any:
    """Return what an earlier run with the same key gave."""
    if earlier.status != m.DONE:
        raise RefusedError(
            f"The same is under way already: see /vault/runs/{earlier.id}."
        )
    drive = taken(journal, earlier)
    ended = [n for s, n in enumerate(earlier.steps) if s in drive.begun]
    return drive.outputs[ended[-1]] if ended else None


def resume(journal: Journal, id: UUID) -> Run | None:
    """Go on with a run that nobody holds; return it as it is then."""
    found = journal.find(id)
    if found is None or found.status not in m.LIVE or found.lease_until > now():
        return found
    try:
        with carrying.resumed(journal.tenant, found.carried):
            if reason := _asleep(journal, found) or _unfit(found):
                _postpone(journal, found, reason)
            else:
                taken(journal, found).forward_or_tell()
    except LostError as error:
        log.info("run lost", run=str(id), problem=str(error))
    except LeaseLostError:
        raise  # the job that goes on with it is no longer ours
    except Exception as error:  # its end is noted in the run
        log.warning("run ended badly", run=str(id), problem=repr(error))
    return journal.find(id)


def _asleep(journal: Journal, found: Run) -> str | None:
    """Say why a run cannot go on where its plugin is switched off."""
    plugin = orchestrators().plugins.get(found.name, HOST)
    slug = journal.tenant.slug if journal.tenant else None
    if plugin == HOST or plugin in dispatch.registry().enabled(slug):
        return None
    return f"The plugin {plugin} is switched off or does not work here."


def _unfit(found: Run) -> str | None:
    """Say why a run cannot go on where its class is gone, or is another one now."""
    try:
        orchestrators().rebuilt(found)
    except UnknownVersionError as error:
        return f"{error} It goes on once that is loaded again."
    return None


def _postpone(journal: Journal, found: Run, reason: str) -> None:
    """Look at a run again in a while, without counting that as an attempt."""
    run, until = journal.claim(found), now() + timedelta(seconds=ASLEEP)
    facts: dict[str, Any] = {"until": until, "problem": reason}
    facts["tries"] = run.attempts - 1
    with journal.writing() as work:
        journal.turn(work.connection, run, run.status, run.cursor, **facts)
        watch(work, journal.tenant, until)
