"""What an orchestrator is made of: steps, children, and the early end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

EXTERNAL_RETRIES = 3


@dataclass(frozen=True)
class Step:
    """One thing to do, and how to take it back.

    What a plain step writes is committed together with the note that it is done. An
    ``external`` one leaves the database (files, other systems, other tenants): no
    transaction is open, and after a crash it is done again, with the same
    ``self.key``. Its ``undo`` must bear that ``do`` never happened, or only in part.

    A step without ``undo`` says why: ``irreversible="..."``. ``retries`` is how often
    it is tried again after an unexpected error: never, or 3 times where external.
    ``when`` leaves it out where it answers False.
    """

    name: str
    do: Callable[[], Any]
    undo: Callable[[], Any] | None = None
    irreversible: str = ""
    external: bool = False
    retries: int | None = None
    when: Callable[[], bool] | None = None

    @property
    def tries(self) -> int:
        """How often it is tried at most."""
        default = EXTERNAL_RETRIES if self.external else 0
        return 1 + (default if self.retries is None else self.retries)


@dataclass(frozen=True)
class Child:
    """Another orchestrator as one step: done when it is done, undone as a whole.

    ``given`` returns its inputs by name.
    """

    name: str
    of: type[Any]
    given: Callable[[], Mapping[str, Any]]
    when: Callable[[], bool] | None = None


@dataclass(frozen=True)
class Finish:
    """Returned by a step to end the run there, done, with this result."""

    result: Any = None


AnyStep = Step | Child
