"""How a run can end, or not end, other than well."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from archivolt_host.errors import RefusedError, UnavailableError
from archivolt_host.jobs.claims import LeaseLostError


class LostError(LeaseLostError):
    """Another process has the run now; nothing of ours may be committed."""


class RunUndoneError(RefusedError):
    """A run of several steps could not be completed, and was taken back."""

    code: ClassVar[str] = "run_undone"


class RunWaitsError(UnavailableError):
    """A step of a run failed and is tried again later; its run goes on by itself."""

    code: ClassVar[str] = "run_waits"

    def __init__(self, run: UUID, until: datetime, problem: str) -> None:
        super().__init__(
            f"Not done yet: {problem} It is tried again by itself: see "
            f"/vault/runs/{run} for what becomes of it."
        )
        self.until = until


class RunStuckError(RefusedError):
    """A run could not be taken back by itself: somebody has to look at it."""

    code: ClassVar[str] = "run_stuck"

    def __init__(self, run: UUID, problem: str) -> None:
        super().__init__(
            f"The run {run} could not be taken back: {problem} Mend the cause, then "
            f"POST /vault/runs/{run}/retry, or /skip once it is taken back by hand."
        )
        self.run = run


class DeclarationError(Exception):
    """An orchestrator is not declared as it must be; its plugin cannot work."""
