"""One place in the set of processes: who holds it, and when it is filled again."""

import signal
from dataclasses import dataclass

from archivolt_host.cli.run.children import Child

FIRST_DELAY = 0.1
LONGEST_DELAY = 30.0
HEALTHY_AFTER = 60.0


@dataclass
class Slot:
    """A process that should be there, and its recent deaths."""

    child: Child
    pid: int | None = None
    born: float = 0.0
    due: float | None = None
    deaths: int = 0

    def started(self, pid: int, now: float) -> None:
        """Note who holds the place now."""
        self.pid, self.born, self.due = pid, now, None

    def died(self, now: float) -> float:
        """Plan the next start and return the delay: none at first, then doubling."""
        if now - self.born >= HEALTHY_AFTER:
            self.deaths = 0
        delay = self.delay()
        self.deaths += 1
        self.pid, self.due = None, now + delay
        return delay

    def delay(self) -> float:
        """Return how long to wait after one more death."""
        if self.deaths == 0:
            return 0.0
        doublings = min(self.deaths - 1, 20)
        return float(min(FIRST_DELAY * 2**doublings, LONGEST_DELAY))


def how(status: int) -> str:
    """Say how a process ended; below zero is the number of a signal."""
    if status == 0:
        return "ended by itself"
    if status > 0:
        return f"ended with exit code {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"
