"""How far a plugin has heard, held by lease and fence, and the lanes where it hangs."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, func, or_, select

from archivolt_host.jobs import claims, positions
from archivolt_host.jobs.positions import EVENT, LANE, SUBSCRIBER
from archivolt_host.jobs.registry import BACKOFF
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.ids import uuid7

LEASE = claims.LEASE
HOLD_EVERY = LEASE.total_seconds() / 3
AT_ONCE = 100  # pieces of news read at once
MOST_ATTEMPTS = 8  # after which a lane is parked
LONGEST_PROBLEM = claims.LONGEST_PROBLEM

Hooks = Callable[[], Sequence[str]]
Event = Row[Any]
Lane = Row[Any]

MOMENT = bindparam("at_moment", type_=SUBSCRIBER.c.lease_until.type)
OF_PLUGIN = SUBSCRIBER.c.plugin == bindparam("of_plugin")
IS_FREE = or_(SUBSCRIBER.c.lease_until.is_(None), SUBSCRIBER.c.lease_until < MOMENT)
LANES = select(LANE).where(LANE.c.plugin == bindparam("of_plugin"))
DUE_LANES = LANES.where(LANE.c.retry_at <= MOMENT).order_by(LANE.c.retry_at)
IS_BEHIND = SUBSCRIBER.c.position < positions.LAST.scalar_subquery()
HAS_DUE_LANE = (
    select(LANE.c.id)
    .where(LANE.c.plugin == SUBSCRIBER.c.plugin, LANE.c.retry_at <= MOMENT)
    .exists()
)
WAITING = select(SUBSCRIBER.c.plugin).where(IS_FREE, or_(IS_BEHIND, HAS_DUE_LANE))
#: When there is something to look for again, in plugins that can be told at all.
OF_WORKING = SUBSCRIBER.c.plugin.in_(bindparam("working", expanding=True))
LEASE_ENDS = select(func.min(SUBSCRIBER.c.lease_until)).where(
    OF_WORKING, or_(IS_BEHIND, HAS_DUE_LANE)
)
LANE_IS_DUE = (
    select(func.min(LANE.c.retry_at))
    .join(SUBSCRIBER, SUBSCRIBER.c.plugin == LANE.c.plugin)
    .where(OF_WORKING)
)
CLAIM = (
    SUBSCRIBER.update()
    .where(OF_PLUGIN, IS_FREE)
    .values(
        fence=SUBSCRIBER.c.fence + 1,
        lease_owner=bindparam("for_owner"),
        lease_until=bindparam("until"),
    )
    .returning(SUBSCRIBER.c.position, SUBSCRIBER.c.fence)
)
OURS = SUBSCRIBER.update().where(OF_PLUGIN, SUBSCRIBER.c.fence == bindparam("of_fence"))
HOLD = OURS.values(lease_until=bindparam("until"))
ADVANCE = OURS.values(
    lease_until=bindparam("until"), position=bindparam("new_position")
)
OF_HOOKS = EVENT.c.hook.in_(bindparam("hooks", expanding=True))
AFTER = EVENT.c.position > bindparam("after")
UP_TO = EVENT.c.position <= bindparam("last")
NEXT = (
    select(EVENT)
    .where(AFTER, UP_TO, OF_HOOKS)
    .order_by(EVENT.c.position)
    .limit(AT_ONCE)
)
IN_LANE = (
    select(EVENT)
    .where(EVENT.c.object == bindparam("of_object"), OF_HOOKS)
    .where(EVENT.c.position >= bindparam("first"))
    .where(EVENT.c.position <= bindparam("last"))
    .order_by(EVENT.c.position)
    .limit(AT_ONCE)
)


def waiting(connection: Connection) -> set[str]:
    """Return the plugins that have something to hear and are not being told."""
    return set(connection.scalars(WAITING, {"at_moment": now()}))


def claim(plugin: str, hooks: Hooks) -> "Heard | None":
    """Take what a plugin has to hear, or None where nothing waits."""
    moment = now()
    with sessions.reading() as look:
        if plugin not in waiting(look.connection):
            return None
    lease = {"for_owner": claims.owner(), "until": moment + LEASE}
    with sessions.transaction() as work:
        sent = {"of_plugin": plugin, "at_moment": moment, **lease}
        row = work.connection.execute(CLAIM, sent).first()
        objects = work.connection.execute(LANES, {"of_plugin": plugin}).all()
    if row is None:
        return None
    return Heard(plugin, hooks, row.position, row.fence, {o.object for o in objects})


class Heard:
    """How far one plugin has heard, while this worker tells it."""

    def __init__(
        self,
        plugin: str,
        hooks: Hooks,
        position: int,
        fence: int,
        hanging: set[str],
    ) -> None:
        self._plugin, self._hooks, self._fence = plugin, hooks, fence
        self._position = self._durable = position
        self._hanging = hanging
        self.was_asked = False

    def guard(self, connection: Connection) -> None:
        """Let nothing be committed once another worker tells the plugin."""
        self.was_asked = True
        self._write(connection, HOLD)

    def hold(self) -> None:
        """Extend the lease, in a transaction of its own."""
        with sessions.transaction() as work:
            self._write(work.connection, HOLD)

    def _write(self, connection: Connection, statement: Any, **new: Any) -> None:
        until = now() + LEASE
        sent = {"of_plugin": self._plugin, "of_fence": self._fence, "until": until}
        if connection.execute(statement, {**sent, **new}).rowcount != 1:
            raise claims.LeaseLostError(f"another worker tells {self._plugin}")

    def next(self) -> Sequence[Event]:
        """Return what comes next; at the end, it has heard all that was told."""
        with sessions.reading() as look:
            last = look.connection.scalar(positions.LAST) or 0
            # Asked behind that: what is wanted from now on stands further on.
            sent = {"after": self._position, "last": last, "hooks": self._hooks()}
            found = look.connection.execute(NEXT, sent).all()
        if not found and last > self._position:
            self.passed(last)
            self.settle()
        return found

    def has_lane(self, object: str) -> bool:
        """Return whether news of this object waits behind what failed."""
        return object in self._hanging

    def passed(self, position: int) -> None:
        """Note what need not be told again; ``settle`` makes it durable."""
        self._position = position

    def advance(self, connection: Connection, position: int) -> None:
        """Note it in the transaction that holds what the plugin wrote."""
        self._write(connection, ADVANCE, new_position=position)
        self._durable = position

    def settle(self) -> None:
        """Make durable how far it has heard."""
        if self._durable == self._position:
            return
        with sessions.transaction() as work:
            self.advance(work.connection, self._position)

    def release(self) -> None:
        """Let others tell it from here on."""
        free = OURS.values(lease_until=None, lease_owner=None)
        with sessions.transaction() as work:
            self._write(work.connection, ADVANCE, new_position=self._position)
            work.connection.execute(
                free, {"of_plugin": self._plugin, "of_fence": self._fence}
            )

    def open_lane(self, event: Event, problem: str) -> None:
        """Let news of an object wait behind what could not be heard."""
        with sessions.transaction() as work:
            values = {
                "id": uuid7(),
                "plugin": self._plugin,
                "object": event.object,
                "position": event.position,
                "since": now(),
                **_after_failing(1, problem),
            }
            work.connection.execute(LANE.insert(), values)
            self.advance(work.connection, event.position)
        self._hanging.add(event.object)

    def due_lanes(self) -> Sequence[Lane]:
        """Return the lanes that are to be tried again now."""
        sent = {"of_plugin": self._plugin, "at_moment": now()}
        with sessions.reading() as look:
            return look.connection.execute(DUE_LANES, sent).all()

    def in_lane(self, lane: Lane) -> Sequence[Event]:
        """Return what waits in a lane, the oldest first."""
        sent = {"first": lane.position, "last": self._position}
        with sessions.reading() as look:
            hooks = self._hooks()
            return look.connection.execute(
                IN_LANE, {**sent, "of_object": lane.object, "hooks": hooks}
            ).all()

    def advance_lane(self, connection: Connection, lane: Lane, heard: int) -> None:
        """Note what was heard in a lane, with what the plugin wrote."""
        self._write(connection, HOLD)
        connection.execute(
            _lane(lane.id).values(position=heard + 1, attempts=0, problem="")
        )

    def fail_lane(self, lane: Lane, event: Event, problem: str) -> None:
        """Let a lane wait longer, or park it."""
        attempts = lane.attempts + 1 if event.position == lane.position else 1
        with sessions.transaction() as work:
            self._write(work.connection, HOLD)
            change = _lane(lane.id).values(
                position=event.position, **_after_failing(attempts, problem)
            )
            work.connection.execute(change)

    def close_lane(self, lane: Lane) -> bool:
        """Forget a lane in which nothing waits any more; True where something does."""
        with sessions.transaction() as work:
            self._write(work.connection, HOLD)
            left = select(EVENT.c.position).where(
                EVENT.c.object == lane.object,
                EVENT.c.hook.in_(self._hooks()),
                EVENT.c.position >= _lane_position(work.connection, lane.id),
                EVENT.c.position <= self._position,
            )
            is_long = work.connection.scalar(left.limit(1)) is not None
            if is_long:
                work.connection.execute(_lane(lane.id).values(retry_at=now()))
            else:
                work.connection.execute(LANE.delete().where(LANE.c.id == lane.id))
                self._hanging.discard(lane.object)
        return is_long


def _lane(id: UUID) -> Any:
    return LANE.update().where(LANE.c.id == id)


def _lane_position(connection: Connection, id: UUID) -> int:
    return int(connection.scalar(select(LANE.c.position).where(LANE.c.id == id)) or 0)


def _after_failing(attempts: int, problem: str) -> dict[str, Any]:
    wait = BACKOFF[min(attempts, len(BACKOFF)) - 1]
    parked = attempts >= MOST_ATTEMPTS
    return {
        "attempts": attempts,
        "problem": problem[:LONGEST_PROBLEM],
        "retry_at": None if parked else now() + timedelta(seconds=wait),
    }


def next_time(connection: Connection) -> Any:
    """Return when a lane is to be tried again, or a dead worker's lease runs out."""
    working = sorted(dispatch.registry().enabled(context.tenant().slug))
    sent = {"working": working, "at_moment": now()}
    times = [connection.scalar(query, sent) for query in (LANE_IS_DUE, LEASE_ENDS)]
    return min((t for t in times if t is not None), default=None)
