"""Work that one transaction cannot hold: steps in order, undone in reverse.

A plain step's work is committed with the note that it is done; an ``external`` one
reaches other systems. Whatever dies, each run ends done, or undone, or in the inbox.
"""

from archivolt_host.orchestration.errors import (
    RunStuckError,
    RunUndoneError,
    RunWaitsError,
)
from archivolt_host.orchestration.orchestrator import Orchestrator
from archivolt_host.orchestration.registry import orchestrators
from archivolt_host.orchestration.steps import Child, Finish, Step

__all__ = [
    "Child",
    "Finish",
    "Orchestrator",
    "RunStuckError",
    "RunUndoneError",
    "RunWaitsError",
    "Step",
    "get",
]


def get(name: str, **inputs: object) -> Orchestrator:
    """Return a fresh run object of an orchestrator, by name; each time another."""
    found: Orchestrator = orchestrators().get(name, **inputs)
    return found
