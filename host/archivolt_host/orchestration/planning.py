"""A dry run: what an orchestrator would do, and how it would be taken back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archivolt_host.orchestration.registry import steps_of
from archivolt_host.orchestration.steps import AnyStep, Child


@dataclass(frozen=True)
class Line:
    """One step as it would happen; ``depth`` is that of a child's."""

    depth: int
    name: str
    kind: str
    tries: int
    undo: str


def forward(kind: type[Any], depth: int = 0) -> Iterator[Line]:
    """Yield the steps in the order they happen."""
    for step in steps_of(kind):
        yield _line(step, depth)
        if isinstance(step, Child):
            yield from forward(step.of, depth + 1)


def backward(kind: type[Any], depth: int = 0) -> Iterator[Line]:
    """Yield the steps as they are undone once all of them are done."""
    for step in reversed(steps_of(kind)):
        yield _line(step, depth)
        if isinstance(step, Child):
            yield from backward(step.of, depth + 1)


def _line(step: AnyStep, depth: int) -> Line:
    left_out = ", perhaps" if step.when is not None else ""
    if isinstance(step, Child):
        child = f"child {step.of.name}{left_out}"
        return Line(depth, step.name, child, 1, "as a whole")
    kind = "external" if step.external else "local"
    undo = step.undo.__name__ if step.undo else f"stays: {step.irreversible}"
    return Line(depth, step.name, f"{kind}{left_out}", step.tries, undo)
