"""The statements on one pair of tables, made once: they run at every step."""

from typing import Any

from sqlalchemy import Table, bindparam, func, select

from archivolt_host.orchestration import models as m


class Statements:
    """What is said to the runs and steps of a tenant, or of the catalog."""

    def __init__(self, run: type[Any], step: type[Any]) -> None:
        self.runs: Table = run.__table__
        self.steps: Table = step.__table__
        c = self.runs.c
        of_run, held = c.id == bindparam("of_run"), c.fence == bindparam("held")
        #: The run is ours, and nobody has moved it.
        self._ours = (of_run, held, c.status == bindparam("in_status"))
        self.get = select(self.runs).where(of_run)
        self.shown = select(self.runs, self._steps_done())
        self.by_key = select(self.runs).where(
            c.unique_key == bindparam("key"), c.status != m.UNDONE
        )
        self.steps_of = (
            select(self.steps)
            .where(self.steps.c.run_id == bindparam("of_run"))
            .order_by(self.steps.c.seq)
        )
        self.add_run = self.runs.insert()
        self.add_step = self.steps.insert()
        self.note_done = self._note()
        self.move, self.turn = self._move(), self._turn()
        self.claim, self.mark = self._claim(), self._mark()
        self.extend = (
            self.runs.update()
            .where(of_run, held, c.status.in_(m.LIVE))
            .values(lease_until=bindparam("new_until"))
        )

    def _steps_done(self) -> Any:
        """How many steps stand: a run's own row does not follow each of them."""
        count = select(func.count()).select_from(self.steps)
        count = count.where(self.steps.c.run_id == self.runs.c.id)
        done = count.where(self.steps.c.status == m.DONE)
        return done.scalar_subquery().label("steps_done")

    def _note(self) -> Any:
        """Write a step down as done if the run is ours and wanted, in one statement.

        The lock keeps others from taking the run before this is committed.
        """
        c, names = self.steps.c, ("run_id", "seq", "name", "status", "output", "at")
        given = [bindparam(f"new_{n}", type_=c[n].type) for n in names]
        is_wanted = (*self._ours, self.runs.c.cancelled_by.is_(None))
        chosen = select(*given).where(*is_wanted).with_for_update(read=True)
        note = self.steps.insert().from_select(names, chosen, include_defaults=False)
        return note.execution_options(preserve_rowcount=True)

    def _move(self) -> Any:
        to: dict[str, Any] = {"cursor": bindparam("to"), "attempts": bindparam("tries")}
        change = self.runs.update().where(*self._ours).values(to)
        return change.returning(self.runs.c.cancelled_by)

    def _turn(self) -> Any:
        names = ("status", "result", "problem", "lease_until", "lease_owner")
        to: dict[str, Any] = {n: bindparam(f"new_{n}") for n in names}
        to |= {"finished_at": bindparam("new_finished_at")}
        to |= {"cursor": bindparam("to"), "attempts": bindparam("tries")}
        change = self.runs.update().where(*self._ours).values(to)
        return change.returning(self.runs.c.cancelled_by)

    def _claim(self) -> Any:
        c = self.runs.c
        return (
            self.runs.update()
            .where(*self._ours, c.lease_until == bindparam("seen_until"))
            .values(
                fence=c.fence + 1,
                attempts=c.attempts + 1,
                lease_owner=bindparam("new_owner"),
                lease_until=bindparam("new_until"),
                status=bindparam("new_status"),
            )
            .returning(*c)
        )

    def _mark(self) -> Any:
        c, names = self.steps.c, ("status", "output", "problem", "at")
        to: dict[str, Any] = {n: bindparam(f"new_{n}") for n in names}
        change = self.steps.update().where(c.run_id == bindparam("of_run"))
        change = change.where(c.seq == bindparam("of_seq"), c.status.in_(m.STANDING))
        return change.values(to)


IN_TENANT = Statements(m.RunRow, m.StepRow)
IN_CATALOG = Statements(m.CatalogRunRow, m.CatalogStepRow)
