"""Schedules: of the host, of plugins and of users; whoever ticks first enqueues.

A tick is a row, unique by schedule and time, written with its job: however many relays
and schedulers look, each time brings one job.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, Table, bindparam, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from archivolt_hookspecs.registration import Schedule
from archivolt_host.errors import ArchivoltError, InvalidError, NotFoundError
from archivolt_host.jobs import bus, carrying, rhythm, runnable, running
from archivolt_host.jobs.registry import jobs
from archivolt_host.jobs.schedule_models import SKIP, USERS, ScheduleRow, TickRow
from archivolt_host.plugins import dispatch
from archivolt_host.plugins.registry import HOST
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.context import Tenant
from archivolt_host.tenants.ids import uuid7
from archivolt_host.tenants.work import UnitOfWork

log = structlog.get_logger()

SCHEDULE: Table = ScheduleRow.__table__  # type: ignore[assignment]
TICK: Table = TickRow.__table__  # type: ignore[assignment]
LATE = timedelta(minutes=2)  # after which a time counts as missed
AT_ONCE = 100
SWEEP = "host.sweep"  # the job that does a tenant's duties

INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
IS_ENABLED = text("enabled")  # as the index has it
MOMENT = bindparam("at_moment", type_=SCHEDULE.c.next_at.type)
DUE = (
    select(SCHEDULE)
    .where(IS_ENABLED, SCHEDULE.c.next_at <= MOMENT)
    .order_by(SCHEDULE.c.next_at)
    .limit(AT_ONCE)
)
NEXT_TIME = select(func.min(SCHEDULE.c.next_at)).where(IS_ENABLED)

Declared = Mapping[tuple[str, str], Schedule]
Rows = Mapping[tuple[str, str], Row[Any]]


def tick(tenant: Tenant) -> int:
    """Enqueue what is due in a tenant; return how many jobs that were."""
    with context.acting(tenant):
        sent = {"at_moment": now()}
        with sessions.reading() as look:
            if look.connection.execute(DUE.limit(1), sent).first() is None:
                return 0
        with sessions.transaction() as work:
            due = DUE.with_for_update(skip_locked=True)
            rows = work.connection.execute(due, sent).all()
            declared = declared_in(tenant.slug)
            shared = [row for row in rows if _is_shared(row, declared)]
            alone = [row for row in rows if not _is_shared(row, declared)]
            return sum(_ticked(work, row) for row in alone) + _visit(
                work.connection, shared
            )


def _is_shared(row: Row[Any], declared: Declared) -> bool:
    found = declared.get((row.source, row.name))
    return found is not None and found.shared


def _visit(connection: Connection, rows: Sequence[Row[Any]]) -> int:
    """Have one job see to all duties that are due: it knows which those are."""
    moment = now()
    for row in rows:
        _change(connection, row.id, following(row, moment))
    if rows:
        bus.enqueue(jobs().get(SWEEP), unique=SWEEP, due=True)
    return min(len(rows), 1)


def following(row: Any, moment: datetime) -> dict[str, Any]:
    """Return when a schedule is due next; where nobody can tell, it rests and says so.

    Such a row came from another machine, or from before an upgrade.
    """
    try:
        return {"next_at": rhythm.next_after(row, moment)}
    except InvalidError as error:
        return {"next_at": None, "problem": str(error)}


def _change(connection: Connection, id: UUID, values: Mapping[str, Any]) -> None:
    connection.execute(SCHEDULE.update().where(SCHEDULE.c.id == id).values(values))


def _ticked(work: UnitOfWork, row: Row[Any]) -> bool:
    """Tick one schedule; whatever is wrong with it stops no other."""
    try:
        with work.savepoint():
            return _tick(work.connection, row)
    except OperationalError:  # the database's fault: it is tried again
        raise
    except Exception as error:
        problem = running.told(error)
        log.warning("schedule cannot run", schedule=row.name, problem=problem)
        noted = {"problem": problem, **following(row, now())}
        _change(work.connection, row.id, noted)
        return False


def _tick(connection: Connection, row: Row[Any]) -> bool:
    """Enqueue the job of one schedule for the last time that it was due."""
    moment = now()
    fire_at = max(rhythm.last_until(row, moment), row.next_at)
    change: dict[str, Any] = {"next_at": rhythm.next_after(row, moment)}
    is_missed = moment - fire_at > LATE or fire_at != row.next_at
    fires = _is_on(row) and not (is_missed and row.missed == SKIP)
    if fires and _first_at(connection, row.id, fire_at):
        change |= _fire(connection, row, fire_at)
    else:
        fires = False
    _change(connection, row.id, change)
    return fires


def _is_on(row: Row[Any]) -> bool:
    """Return whether the schedule's plugin works in this tenant."""
    if row.source in (USERS, HOST):
        return True
    return row.source in dispatch.registry().enabled(context.tenant().slug)


def _first_at(connection: Connection, schedule: UUID, fire_at: datetime) -> bool:
    """Write the tick down; False where somebody else was first."""
    insert = INSERTS[connection.dialect.name](TICK).on_conflict_do_nothing()
    values = {"id": uuid7(), "schedule_id": schedule, "fire_at": fire_at}
    statement = insert.execution_options(preserve_rowcount=True)
    return bool(connection.execute(statement, values).rowcount)


def _fire(connection: Connection, row: Row[Any], fire_at: datetime) -> dict[str, Any]:
    """Enqueue the job as its owner; return what becomes of the schedule."""
    try:
        with runnable.as_owner(row):
            job = run(row)
    except (ArchivoltError, TypeError, ValueError) as error:
        log.warning("schedule cannot run", schedule=row.name, problem=str(error))
        return {"problem": str(error), "last_at": now()}
    of_tick = TICK.update().where(
        TICK.c.schedule_id == row.id, TICK.c.fire_at == fire_at
    )
    connection.execute(of_tick.values(job_id=job))
    return {"problem": None, "last_at": now()}


def run(row: Any) -> UUID:
    """Enqueue a schedule's job; one of it that still waits or runs stands for it."""
    job, arguments = runnable.resolve(row.runs, row.arguments)
    return bus.enqueue(job, unique=f"schedule:{row.id}", **arguments)


def next_time(connection: Connection) -> datetime | None:
    """Return when the next schedule is due."""
    found: datetime | None = connection.scalar(NEXT_TIME)
    return found


_synced: dict[UUID, Declared] = {}


def sync(tenant: Tenant) -> None:
    """Bring the tenant's rows to what the host and its plugins declare, if need be."""
    declared = declared_in(tenant.slug)
    if _synced.get(tenant.id) == declared:
        return
    with context.acting(tenant):
        with sessions.reading() as look:
            differs = _differences(look.connection, declared)
        if differs:
            with sessions.transaction() as work:
                _bring(work.connection, declared)
    _synced[tenant.id] = declared


def declared_in(slug: str) -> Declared:
    """Return what the host and the tenant's plugins declare."""
    registry = dispatch.registry()
    on = registry.enabled(slug)
    return {
        (plugin, found.name): found
        for plugin, found in (*runnable.own_schedules(), *registry.schedules)
        if (plugin == HOST or plugin in on) and not found.public
    }


def _known(connection: Connection) -> Rows:
    query = select(SCHEDULE).where(SCHEDULE.c.source != USERS)
    return {(r.source, r.name): r for r in connection.execute(query)}


def _values(found: Schedule) -> dict[str, Any]:
    return {
        "runs": found.job.name,
        "arguments": dict(found.arguments),
        "cron": found.cron,
        "every": found.every,
        "zone": found.zone,
        "missed": found.missed,
    }


def _differences(connection: Connection, declared: Declared) -> bool:
    known = _known(connection)
    gone, resting = _without_declaration(known, declared)
    return bool(gone or resting) or any(
        _is_other(known.get(key), found) for key, found in declared.items()
    )


def _is_other(row: Row[Any] | None, found: Schedule) -> bool:
    """Return whether a row is not as declared, or rests as its plugin was off."""
    if row is None or row.next_at is None:
        return True
    return any(getattr(row, name) != value for name, value in _values(found).items())


def _without_declaration(known: Rows, declared: Declared) -> tuple[list[UUID], ...]:
    """Return what nobody declares any more, and what a plugin does that is off.

    The latter is kept as somebody may have switched it: that outlasts the switch of
    its plugin.
    """
    plugins = dispatch.registry()
    on = {HOST, *plugins.enabled(context.tenant().slug)}
    kept = {*plugins.infos, *plugins.manifest.plugins} - on
    left = [row for key, row in known.items() if key not in declared]
    gone = [row.id for row in left if row.source not in kept]
    return gone, [row.id for row in left if row.source in kept and row.next_at]


def _bring(connection: Connection, declared: Declared) -> None:
    """Replace what the host and plugins have declared by what they declare now."""
    known = _known(connection)
    for key, found in declared.items():
        row = known.get(key)
        if _is_other(row, found):
            _put(connection, key, found, row.id if row else None)
    gone, resting = _without_declaration(known, declared)
    if gone:
        connection.execute(SCHEDULE.delete().where(SCHEDULE.c.id.in_(gone)))
    if resting:
        rest = SCHEDULE.update().where(SCHEDULE.c.id.in_(resting))
        connection.execute(rest.values(next_at=None))


def _put(
    connection: Connection, key: tuple[str, str], found: Schedule, id: UUID | None
) -> None:
    moment, values = now(), _values(found)
    row = ScheduleRow(id=id or uuid7(), source=key[0], **values)
    values |= {"updated_at": moment, "problem": None, **following(row, moment)}
    if id is not None:
        _change(connection, id, values)
        return
    own = {"id": row.id, "source": key[0], "name": key[1], "created_at": moment}
    insert = INSERTS[connection.dialect.name](SCHEDULE).on_conflict_do_nothing()
    actor = context.actor()
    who = {"owner_id": actor.id, "carried": carrying.pack(actor)}
    plain = {"enabled": True, "revision": 1}
    connection.execute(insert, {**values, **own, **who, **plain})


def get(id: UUID) -> ScheduleRow:
    """Return a schedule of the current tenant, or raise NotFoundError."""
    row = sessions.session().get(ScheduleRow, id)
    if row is None or not _is_on(row):  # type: ignore[arg-type]
        raise NotFoundError("Schedule", id)
    return row


def forget() -> None:
    """Forget which tenants are in order, as before another host is opened."""
    _synced.clear()
