"""Every database access of the instances domain, and nothing else."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, bindparam, func, or_, select

from archivolt_core_workflow.instances.models import RUNNING, Event, Instance, Timer
from archivolt_core_workflow.tasks.models import Task
from archivolt_host.kit.db import Prepared
from archivolt_host.kit.service import Service

INSTANCE: Table = Instance.__table__  # type: ignore[assignment]
TASK: Table = Task.__table__  # type: ignore[assignment]
TIMER: Table = Timer.__table__  # type: ignore[assignment]
STUCK = TIMER.c.fire_at.is_(None)


class InstanceService(Service[Instance]):
    """Instances of the current tenant."""

    model = Instance
    kind = "Instance"
    sorts = ("created_at", "updated_at")  # no title: its order would tell of it
    sql_verbs = ("hold", "children", "running_of", "count_running")

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        if name == "of":
            mine = select(TASK.c.instance_id).where(TASK.c.assignee == value)
            return or_(self._c["created_by"] == value, self._c["id"].in_(mine))
        if name == "stuck":
            found = self._c["id"].in_(select(TIMER.c.instance_id).where(STUCK))
            return found if value else ~found
        return super()._condition(name, value)

    def hold(self, id: UUID) -> Instance | None:
        """Return an instance, and let no other event at it until the commit.

        Those around it are held first, from the outermost: its end leads on in them, as
        their cancelling ends it, and two who come from both sides must not meet.
        """
        held = _family().all(self.connection, {"id": id})
        return held[-1] if held else None

    def children(self, id: UUID) -> Sequence[Instance]:
        """Return the instances that run inside of one."""
        query = self._sql.select.where(
            self._c["parent_id"] == id, self._c["state"] == RUNNING
        )
        return self._rows(query)

    def running_of(
        self, key: str, after: UUID | None, limit: int, ids: Sequence[UUID] | None
    ) -> Sequence[Instance]:
        """Return running instances of a key, whatever their version, in id order."""
        query = self._sql.select.where(
            self._c["key"] == key, self._c["state"] == RUNNING
        )
        if after is not None:
            query = query.where(self._c["id"] > after)
        if ids is not None:
            query = query.where(self._c["id"].in_(ids))
        return self._rows(query.order_by(self._c["id"]).limit(limit))

    def count_running(self, key: str) -> int:
        """Return how many instances of a key run."""
        query = select(func.count()).where(
            self._c["key"] == key, self._c["state"] == RUNNING
        )
        return int(self.connection.scalar(query) or 0)


@cache
def _family() -> Prepared:
    """Return the statement that locks an instance and those around it, in order."""
    one = INSTANCE.c.id == bindparam("id", type_=INSTANCE.c.id.type)
    line = select(INSTANCE.c.id, INSTANCE.c.parent_id).where(one)
    around = line.cte("around", recursive=True)
    above = select(INSTANCE.c.id, INSTANCE.c.parent_id)
    around = around.union_all(above.where(INSTANCE.c.id == around.c.parent_id))
    shapes = InstanceService._sql
    query = shapes.select.where(INSTANCE.c.id.in_(select(around.c.id)))
    ordered = query.order_by(INSTANCE.c.depth).with_for_update(of=INSTANCE)
    return Prepared(ordered, shapes.record)


class EventService(Service[Event]):
    """The history of instances."""

    model = Event
    kind = "Event"
    sorts = ("number",)


class TimerService(Service[Timer]):
    """What waits for its time."""

    model = Timer
    kind = "Timer"
    sorts = ("fire_at",)
    sql_verbs = ("due", "earliest", "drop", "take", "postpone", "stuck", "retry")

    def due(self, moment: datetime, limit: int) -> Sequence[Timer]:
        """Return timers whose time has come, the oldest first."""
        query = self._sql.select.where(self._c["fire_at"] <= moment)
        order = self._c["fire_at"], self._c["id"]
        return self._rows(query.order_by(*order).limit(limit))

    def earliest(self) -> datetime | None:
        """Return when the next timer fires, or None where there is none."""
        query = select(self._c["fire_at"]).where(~STUCK)
        query = query.order_by(self._c["fire_at"]).limit(1)
        found: datetime | None = self.connection.scalar(query)
        return found

    def postpone(self, timer: Timer, until: datetime | None, problem: str) -> bool:
        """Note a failure, unless the timer is gone or somebody else has noted it."""
        same = self._c["id"] == timer.id, self._c["attempts"] == timer.attempts
        values = {"fire_at": until, "attempts": timer.attempts + 1, "problem": problem}
        return self._update_where(*same, **values) == 1

    def stuck(self, instance: UUID) -> Sequence[Timer]:
        """Return the timers of an instance that nobody tries any more."""
        return self._rows(
            self._sql.select.where(self._c["instance_id"] == instance, STUCK)
        )

    def retry(self, instance: UUID, moment: datetime) -> int:
        """Have the stuck timers of an instance tried again, and return how many."""
        return self._update_where(
            self._c["instance_id"] == instance, STUCK, fire_at=moment, attempts=0
        )

    def drop(self, instance: UUID, tokens: Sequence[int]) -> None:
        """Forget the timers of tokens that have moved on."""
        self.connection.execute(
            self._table.delete().where(
                self._c["instance_id"] == instance, self._c["token"].in_(tokens)
            )
        )

    def take(self, id: UUID) -> bool:
        """Take a timer away; whoever comes second takes nothing."""
        return bool(self._sql.delete.run(self.connection, {"id": id}))


instances = InstanceService()
events = EventService()
timers = TimerService()
