"""Figures with a goal: start, memory, many tenants, idle plugins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.measuring import How, Round, Spread, in_turns, measure, ratio, spread
from benchmarks.processes import memory
from benchmarks.servers import Server
from benchmarks.workloads import GET, WORKLOADS, Sent

START_GOAL = 3.0  # seconds
MEMORY_GOAL = 400.0  # MB
TENANTS_GOAL = 1.5  # times the p95 of one tenant
IDLE = 20
IDLE_GOAL = 1.05  # times the CPU without them
FEW, MANY = 10, 100
MANY_START_GOAL = 1.5  # times the CPU of a start with few


@dataclass(frozen=True)
class Figure:
    """A measured figure beside its goal."""

    title: str
    value: float
    goal: float
    unit: str
    detail: str = ""

    def show(self) -> "Figure":
        """Print it, and say whether it holds."""
        verdict = "ok" if self.value <= self.goal else "MISSED"
        text = f"{self.value:.2f} {self.unit}, goal at most {self.goal:g}: {verdict}"
        print(f"  {self.title:44} {text}", flush=True)
        if self.detail:
            print(f"    {self.detail}")
        return self


def start(server: Server, times: int, first: float) -> list[Figure]:
    """Time the start to the first answer, in a home that is there; then stop."""
    again, cpu = [], []
    for _ in range(times):
        again.append(server.start())
        cpu.append(server.cpu())
        server.stop()
    found = Spread.of(again)
    detail = f"{found.text()} s; of the processor {Spread.of(cpu).text()} s"
    title = "start to first answer, all plugins"
    return [
        Figure(title, found.median, START_GOAL, "s", detail),
        Figure("  the very first, which makes the home", first, START_GOAL, "s"),
    ]


def weight(server: Server, when: str) -> Figure:
    """Add up the shares of memory of all processes."""
    shares = sorted(memory(server.process.pid).items(), key=lambda s: -s[1])
    detail = ", ".join(f"{name} {mb:.0f}" for name, mb in shares)
    total = sum(mb for _, mb in shares)
    return Figure(f"memory (PSS) of all, {when}", total, MEMORY_GOAL, "MB", detail)


def tenants(
    server: Server, ids: Mapping[str, Sequence[str]], how: How
) -> tuple[Figure, list[Round]]:
    """Read documents of one tenant, and of all tenants in turn."""
    first = next(iter(ids))
    wires = {
        "one": [read(id).wire(server, first) for id in ids[first]],
        "all": [read(own[0]).wire(server, slug) for slug, own in ids.items()],
    }
    rounds = in_turns(
        ("one", "all"), how.rounds, lambda n: measure(server, GET, wires[n], how)
    )
    over = ratio(rounds, "all", "one", "p95")
    p95s = [spread(rounds, name, "p95").text() for name in wires]
    detail = (
        f"p95 {p95s[1]} over {p95s[0]} ms = {over.text()}; "
        f"CPU {ratio(rounds, 'all', 'one', 'cpu_ms').text()}"
    )
    title = f"p95 of {len(ids)} tenants in turn, over one"
    return Figure(title, over.median, TENANTS_GOAL, "x", detail), rounds


def read(id: str) -> Sent:
    """Return the request for one document."""
    return Sent("GET", f"/documents/{id}")


def idle_plugins(
    servers: Mapping[str, Server], ids: Mapping[str, Sequence[str]], how: How
) -> tuple[list[Figure], dict[str, list[Round]]]:
    """Measure with and without plugins that are only there."""
    return compared(servers, ids, how, f"{IDLE} idle plugins")


def crowd(
    servers: Mapping[str, Server], ids: Mapping[str, Sequence[str]], how: How
) -> tuple[list[Figure], dict[str, list[Round]]]:
    """Measure with many plugins that are only there, beside few."""
    return compared(servers, ids, how, f"{MANY} plugins over {FEW}", GET_LIST)


def crowded_start(servers: Mapping[str, Server], times: int) -> Figure:
    """Time the CPU of a start with many plugins over that with few."""
    cpu: dict[str, list[float]] = {side: [] for side in servers}
    for _ in range(times):
        for side, server in servers.items():
            server.start()
            cpu[side].append(server.cpu())
            server.stop()
    few, many = Spread.of(cpu["without"]), Spread.of(cpu["with"])
    title = f"CPU of a start, {MANY} plugins over {FEW}"
    detail = f"{many.text()} over {few.text()} s of the processor"
    return Figure(title, many.median / few.median, MANY_START_GOAL, "x", detail)


ALL = ("get", "list", "create")
GET_LIST = ("get", "list")


def compared(
    servers: Mapping[str, Server],
    ids: Mapping[str, Sequence[str]],
    how: How,
    what: str,
    names: Sequence[str] = ALL,
) -> tuple[list[Figure], dict[str, list[Round]]]:
    """Compare the CPU per request ``with`` and ``without``."""
    figures, found = [], {}
    for name in names:
        workload = WORKLOADS[name]
        wires = {s: workload.requests(servers[s], ids[s]) for s in servers}

        def one(side: str) -> dict[str, Any]:
            return measure(servers[side], workload, wires[side], how)  # noqa: B023

        found[name] = in_turns(("with", "without"), how.rounds, one)
        over = ratio(found[name], "with", "without", "cpu_ms")
        heard = ", each hears of it" if name == "create" else ""
        title = f"CPU with {what}, {name}{heard}"
        figures.append(Figure(title, over.median, IDLE_GOAL, "x", over.text()))
    return figures, found
