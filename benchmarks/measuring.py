"""One measurement, and rounds of them in turns: A B, B A, A B ..."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.servers import ROOT, Server
from benchmarks.workloads import Workload, plan

Round = dict[str, dict[str, Any]]  # by side


@dataclass(frozen=True)
class How:
    """How thoroughly to measure."""

    rounds: int
    seconds: float
    connections: int
    warm_seconds: float = 0.5
    warm_most: int = 60

    def __post_init__(self) -> None:
        """Refuse what would yield no figure."""
        if min(self.rounds, self.connections) < 1 or self.seconds <= 0:
            raise SystemExit("At least one round, one connection, and some seconds.")


def load(server: Server, planned: dict[str, Any]) -> dict[str, Any]:
    """Play a plan in a process of its own; a wrong answer ends the run."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(planned),
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if done.returncode != 0:
        why = done.stderr.splitlines()[-1]
        raise SystemExit(f"{server.name}: {why}\n{server.last_words()}")
    figures: dict[str, Any] = json.loads(done.stdout)
    if figures["wrong"]:
        raise SystemExit(f"A wrong answer: {figures['first_wrong']}")
    return figures


def measure(
    server: Server, workload: Workload, requests: Sequence[bytes], how: How
) -> dict[str, Any]:
    """Load one server, after a warm-up, and account for its processor time."""
    common = plan(server, workload, requests, connections=how.connections)
    load(server, common | {"seconds": how.warm_seconds, "most": how.warm_most})
    server.settle()
    before, answering = server.cpu(), server.answering_cpu()
    figures = load(server, common | {"seconds": how.seconds})
    answered = server.answering_cpu() - answering
    server.settle()
    whole = server.cpu() - before
    count = figures["requests"]
    figures["cpu_ms"] = answered / count * 1000
    figures["cpu_with_later_work_ms"] = whole / count * 1000
    figures["load"] = os.getloadavg()[0]
    return figures


def in_turns(
    names: Sequence[str], rounds: int, one: Callable[[str], dict[str, Any]]
) -> list[Round]:
    """Measure each side once per round, in an order that turns."""
    found = []
    for number in range(rounds):
        order = list(names) if number % 2 == 0 else list(reversed(names))
        measured = {name: one(name) for name in order}
        found.append({name: measured[name] for name in names})
    return found


@dataclass(frozen=True)
class Spread:
    """Median, least and most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return the spread of some values."""
        return cls(statistics.median(values), min(values), max(values))

    def text(self, digits: int = 2) -> str:
        """Return ``median (least..most)``."""
        shown = [f"{v:.{digits}f}" for v in (self.median, self.least, self.most)]
        return f"{shown[0]} ({shown[1]}..{shown[2]})"


def spread(rounds: Sequence[Round], side: str, figure: str) -> Spread:
    """Return a figure of one side over the rounds."""
    return Spread.of([one[side][figure] for one in rounds])


def ratio(rounds: Sequence[Round], over: str, under: str, figure: str) -> Spread:
    """Return a ratio taken inside each round, over the rounds."""
    return Spread.of([one[over][figure] / one[under][figure] for one in rounds])
