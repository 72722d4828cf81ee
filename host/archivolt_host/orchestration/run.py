"""Runs steps in order, and undoes the finished ones when a later one fails."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import structlog

from archivolt_host.tenants import sessions

log = structlog.get_logger()


@dataclass(frozen=True)
class Step:
    """One thing to do, in transactions of its own, and how to take it back."""

    name: str
    do: Callable[[], object]
    undo: Callable[[], object] | None = None


class Orchestrator:
    """Subclass it, yield your steps, call ``run`` on a fresh object.

    ``undo`` must bear that ``do`` never happened, or only in part.
    """

    def steps(self) -> Iterator[Step]:
        """Yield the steps in the order they happen."""
        raise NotImplementedError

    def run(self) -> None:
        """Do every step; on an error undo backwards and raise it again."""
        unit = sessions.unit_or_none()
        if unit is not None and unit.write and unit.began:
            raise RuntimeError(
                "An orchestrator was run inside an open write transaction"
            )
        begun: list[Step] = []
        try:
            for step in self.steps():
                begun.append(step)
                step.do()
        except BaseException:
            for step in reversed(begun):
                self._undo(step)
            raise

    def _undo(self, step: Step) -> None:
        if step.undo is None:
            return
        try:
            step.undo()
        except Exception:  # the first error is the one worth raising
            log.exception("step not undone", step=step.name)
