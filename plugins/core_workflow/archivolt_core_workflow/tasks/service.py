"""Every database access of the tasks domain, and nothing else."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    union,
)

from archivolt_core_workflow.instances.models import Instance
from archivolt_core_workflow.tasks.models import (
    DONE,
    NEVER,
    OPEN,
    Candidate,
    Rotation,
    Task,
    Vote,
)
from archivolt_host.kit.paging import Page, Slice, bad_cursor
from archivolt_host.kit.service import Service

INSTANCE: Table = Instance.__table__  # type: ignore[assignment]
CANDIDATE: Table = Candidate.__table__  # type: ignore[assignment]
VOTE: Table = Vote.__table__  # type: ignore[assignment]
ROTATION: Table = Rotation.__table__  # type: ignore[assignment]
MOST_PARTS = 200  # of a union: SQLite takes 500


class TaskService(Service[Task]):
    """Tasks of the current tenant."""

    model = Task
    kind = "Task"
    sorts = ("created_at", "due_at")
    sql_verbs = (
        "show_to",
        "hide",
        "inbox",
        "of_tokens",
        "open_of",
        "has_part",
        "hold",
        "move",
        "figures",
        "spans",
    )

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        if name == "of":
            given = select(INSTANCE.c.id).where(INSTANCE.c.created_by == value)
            mine = self._c["assignee"] == value, self._c["ended_by"] == value
            return or_(*mine, self._c["instance_id"].in_(given))
        return super()._condition(name, value)

    def show_to(self, task: Task, subjects: Iterable[str]) -> None:
        """Let these find the task in their inbox, and nobody else."""
        self.hide([task.id])
        rows = [
            {"subject": subject, "task_id": task.id, "due_at": task.due_at or NEVER}
            for subject in dict.fromkeys(subjects)
        ]
        if rows:
            self.connection.execute(CANDIDATE.insert(), rows)

    def hide(self, ids: Sequence[UUID], subject: str | None = None) -> None:
        """Take tasks out of everybody's inbox, or of one's."""
        gone = CANDIDATE.delete().where(CANDIDATE.c.task_id.in_(ids))
        if subject is not None:
            gone = gone.where(CANDIDATE.c.subject == subject)
        self.connection.execute(gone)

    def inbox(
        self,
        page: Page,
        subjects: Sequence[str],
        voter: UUID,
        before: datetime | None = None,
    ) -> Slice:
        """Return a page of the open tasks of these subjects, the most urgent first.

        Each subject gives no more than a page: what one's roles could do may be
        anything, what one sees next is little.
        """
        after = page.after()
        values = {"voter": voter, "most": page.limit + 1, "before": before}
        if after is not None:
            keys = [(CANDIDATE.c.due_at, False), (CANDIDATE.c.task_id, False)]
            if len(after) != len(keys):
                raise bad_cursor()
            values["due"], values["task"] = self._parsed(keys, after)
        rows = self._urgent(subjects, values)
        shown, more = rows[: page.limit], len(rows) > page.limit
        following = None
        if more:
            last = shown[-1].due_at.isoformat(), str(shown[-1].task_id)
            following = page.cursor_at(last)
        return Slice(self._by_ids([row.task_id for row in shown]), following)

    def _urgent(self, subjects: Sequence[str], values: dict[str, Any]) -> list[Any]:
        """Return the first places in the inbox of these subjects, in their order."""
        found: list[Any] = []
        for first in range(0, len(subjects), MOST_PARTS):
            some = subjects[first : first + MOST_PARTS]
            after, before = "due" in values, values["before"] is not None
            named = dict(zip(_names(len(some)), some, strict=True))
            statement = _inbox(len(some), after, before)
            found += self.connection.execute(statement, {**values, **named})
        if len(subjects) > MOST_PARTS:  # each part is in order, and without doubles
            found = sorted(set(found))
        return found[: values["most"]]

    def _by_ids(self, ids: Sequence[UUID]) -> list[Task]:
        rows = self._rows(self._sql.select.where(self._c["id"].in_(ids)))
        by_id = {row.id: row for row in rows}
        return [by_id[id] for id in ids if id in by_id]

    def hold(self, id: UUID) -> Task | None:
        """Return a task, and let nobody else change it until the commit."""
        return self._first(self._sql.locked, id=id)

    def of_tokens(self, instance: UUID, tokens: Sequence[int]) -> Sequence[Task]:
        """Return the open tasks of these tokens."""
        return self._rows(
            self._sql.select.where(
                self._c["instance_id"] == instance,
                self._c["state"] == OPEN,
                self._c["token"].in_(tokens),
            )
        )

    def open_of(self, instance: UUID) -> Sequence[Task]:
        """Return the open tasks of an instance."""
        query = self._sql.select.where(
            self._c["instance_id"] == instance, self._c["state"] == OPEN
        )
        return self._rows(query.order_by(self._c["id"]))

    def has_part(self, instance: UUID, user: UUID, subjects: Sequence[str]) -> bool:
        """Return whether somebody has, or may have, a task in an instance."""
        mine = or_(
            self._c["assignee"] == user,
            self._c["ended_by"] == user,
            exists().where(
                CANDIDATE.c.task_id == self._c["id"], CANDIDATE.c.subject.in_(subjects)
            ),
            exists().where(VOTE.c.task_id == self._c["id"], VOTE.c.voter == user),
        )
        query = select(self._c["id"]).where(self._c["instance_id"] == instance, mine)
        return self.connection.scalar(query.limit(1)) is not None

    def move(self, instance: UUID, nodes: dict[str, str]) -> None:
        """Let the open tasks of an instance lie at the nodes of another version."""
        for old, new in nodes.items():
            self.connection.execute(
                self._table.update()
                .where(self._c["instance_id"] == instance, self._c["state"] == OPEN)
                .where(self._c["node"] == old)
                .values(node=new)
            )

    def figures(self, key: str, since: datetime) -> Sequence[Any]:
        """Return by node how many tasks ended since then, and how many of them late."""
        late = self._c["ended_at"] > self._c["due_at"]
        query = select(
            self._c["node"],
            func.count().label("done"),
            func.count().filter(late).label("late"),
        ).where(*self._ended(key, since))
        return self.connection.execute(query.group_by(self._c["node"])).all()

    def spans(self, key: str, node: str, since: datetime, most: int) -> list[float]:
        """Return how many seconds tasks of a node took, the latest first."""
        query = select(self._c["created_at"], self._c["ended_at"]).where(
            *self._ended(key, since), self._c["node"] == node
        )
        rows = self.connection.execute(
            query.order_by(self._c["ended_at"].desc()).limit(most)
        )
        return [(ended - created).total_seconds() for created, ended in rows]

    def _ended(self, key: str, since: datetime) -> tuple[Any, ...]:
        return (
            self._c["key"] == key,
            self._c["state"] == DONE,
            self._c["ended_at"] >= since,
        )


def _names(subjects: int) -> list[str]:
    return [f"subject_{number}" for number in range(subjects)]


@lru_cache(maxsize=200)
def _inbox(subjects: int, after: bool, before: bool) -> Any:
    """Return the statement for so many subjects, made once for each number."""
    # Each part in a table of its own: SQLite sorts no parts of a union.
    parts = [select(_part(name, after, before)) for name in _names(subjects)]
    found = union(*parts).subquery()
    ordered = select(found).order_by(found.c.due_at, found.c.task_id)
    return ordered.limit(bindparam("most"))


def _part(name: str, after: bool, before: bool) -> Any:
    """Return what one subject gives: no more than a page."""
    due, task = CANDIDATE.c.due_at, CANDIDATE.c.task_id
    query = select(due, task).where(CANDIDATE.c.subject == bindparam(name))
    for part in (VOTE.c.voter, VOTE.c.for_whom):
        voted = exists().where(VOTE.c.task_id == task, part == bindparam("voter"))
        query = query.where(~voted)
    if before:
        query = query.where(due < bindparam("before"))
    if after:
        at, last = bindparam("due", type_=due.type), bindparam("task", type_=task.type)
        beyond = or_(due > at, and_(due == at, task > last))
        query = query.where(due >= at, beyond)
    return query.order_by(due, task).limit(bindparam("most")).subquery()


class VoteService(Service[Vote]):
    """Votes of the current tenant."""

    model = Vote
    kind = "Vote"
    sql_verbs = ("of",)

    def of(self, task: UUID) -> Sequence[Vote]:
        """Return the votes on a task."""
        query = self._sql.select.where(self._c["task_id"] == task)
        return self._rows(query.order_by(self._c["id"]))


class RotationService(Service[Rotation]):
    """Whose turn it is."""

    model = Rotation
    kind = "Rotation"
    sql_verbs = ("next_position",)

    def next_position(self, key: str, node: str) -> int:
        """Return a number that is one more at each call, for one node."""
        here = self._c["key"] == key, self._c["node"] == node
        moved = self._table.update().where(*here)
        self.connection.execute(moved.values(position=self._c["position"] + 1))
        query = select(self._c["position"]).where(*here)
        found = self.connection.scalar(query)
        if found is None:
            self.create(key=key, node=node, position=0)
        return int(found or 0)


tasks = TaskService()
votes = VoteService()
rotations = RotationService()
