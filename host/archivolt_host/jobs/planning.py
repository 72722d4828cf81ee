"""Schedules that users make: checked when made, and run with their owner's rights."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from archivolt_host.errors import InvalidError, RefusedError, StaleError
from archivolt_host.jobs import carrying, rhythm, runnable, schedules, wake
from archivolt_host.jobs.schedule_models import USERS, ScheduleRow
from archivolt_host.plugins import dispatch
from archivolt_host.plugins.registry import HOST
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now

SHOWN_RUNS = 5
MOST = 1000  # schedules of users in one tenant


def sources() -> list[str]:
    """Return whose schedules exist here now."""
    return [USERS, HOST, *dispatch.registry().enabled(context.tenant().slug)]


def create(**values: Any) -> ScheduleRow:
    """Add a schedule of the caller's."""
    rhythm.check(values["cron"], values["every"], values["zone"])
    runnable.check(values["runs"], values["arguments"])
    if len(_of_users()) >= MOST:
        raise RefusedError(f"A tenant has at most {MOST} schedules.")
    owner = {"owner_id": context.actor().id, "carried": carrying.pack()}
    row = ScheduleRow(source=USERS, **values, **owner)
    sessions.session().add(row)
    _flush()  # gives it the id, which spreads intervals
    row.next_at = rhythm.next_after(row, now())
    _flush()
    _wake()
    return row


def change(row: ScheduleRow, values: Mapping[str, Any]) -> ScheduleRow:
    """Change a schedule; those of the host and of plugins can be switched alone."""
    if row.source != USERS and values.keys() - {"enabled"}:
        raise RefusedError("Only 'enabled' can be changed: it is declared in code.")
    for name, value in values.items():
        setattr(row, name, value)
    if values.keys() & {"cron", "every"} and not {"cron", "every"} <= values.keys():
        other = "every" if "cron" in values else "cron"
        setattr(row, other, None)  # there is one of them
    if row.source == USERS:
        rhythm.check(row.cron, row.every, row.zone)
        runnable.check(row.runs, row.arguments)
        _take_over(row)
    found = {"problem": None, **schedules.following(row, now())}
    row.next_at, row.problem = found["next_at"], found["problem"]
    row.updated_at = now()
    _flush()
    _wake()
    return row


def _take_over(row: ScheduleRow) -> None:
    """Let whoever changes it answer for it: nobody lends another's rights."""
    row.owner_id, row.carried = context.actor().id, carrying.pack()


def delete(row: ScheduleRow) -> None:
    """Delete a schedule of users."""
    if row.source != USERS:
        raise RefusedError("It is declared in code: switch it off instead.")
    sessions.session().delete(row)
    _flush()


def run_now(row: ScheduleRow) -> UUID:
    """Enqueue what a schedule runs, as its owner."""
    with runnable.as_owner(row):
        return schedules.run(row)


def next_runs(row: ScheduleRow) -> list[datetime]:
    """Return the times at which it is due next; none where nobody can tell."""
    times = [row.next_at] if row.next_at else []
    with suppress(InvalidError):
        while len(times) < SHOWN_RUNS:
            times.append(rhythm.next_after(row, times[-1] if times else now()))
    return times


def _of_users() -> list[UUID]:
    query = select(ScheduleRow.id).where(ScheduleRow.source == USERS).limit(MOST)
    return list(sessions.session().scalars(query))


def _flush() -> None:
    try:
        sessions.session().flush()
    except IntegrityError as error:
        raise InvalidError(
            "There is a schedule of this name already.", {"name": ["Taken."]}
        ) from error
    except StaleDataError as error:
        raise StaleError() from error


def _wake() -> None:
    tenant = context.tenant()
    sessions.unit().before_commit(lambda: wake.heat(tenant.id))
