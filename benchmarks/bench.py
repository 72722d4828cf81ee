"""The parts of a run: which servers they need, what they measure and print."""

import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks import auditing, comparing, figures, idle, permissions, uploading
from benchmarks.figures import Figure
from benchmarks.measuring import How, measure
from benchmarks.servers import Server
from benchmarks.sides import PROCESSES, TENANT, Archivolt, Floor
from benchmarks.workloads import WORKLOADS

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Size:
    """How much there is."""

    documents: int
    tenants: int
    in_each: int = 20
    starts: int = 3
    writes: int = 500
    entries: int = 300_000
    jobs: int = 3000
    backlog: int = 100_000


USUAL_SIZE = Size(2000, 100)
SMALL = Size(60, 10, 5, 1, 50, 5000, jobs=500, backlog=5000)


class Bench:
    """One run: its folder, its servers, and what it found."""

    def __init__(self, folder: Path, how: How, size: Size, only: Sequence[str]) -> None:
        self.folder, self.how, self.size, self.only = folder, how, size, only
        self.first_start = 0.0
        self.found: dict[str, Any] = {
            "machine": machine(),
            "how": asdict(how),
            "size": asdict(size),
            "figures": [],
        }

    def compare(self) -> None:
        """Compare both sides, workload by workload."""
        census = comparing.take_census(self.folder)
        comparing.show_census(census, self.only)
        print("\n" + comparing.EXPLAINED.format(processes=PROCESSES))
        floor = Floor(self.folder / "floor")
        ids = {"archivolt": self.ids, "floor": floor.seed([TENANT], self._many)[TENANT]}
        with started(self.archivolt, floor):
            servers = {"archivolt": self.archivolt, "floor": floor}
            rounds = comparing.compare(servers, ids, self.only, self.how)
        self.found |= {"census": census, "compare": rounds}

    def figures(self) -> None:
        """Time the start, and weigh the processes at rest and after work."""
        print("\nStart and memory:")
        server, ids = self.archivolt, self.ids
        for figure in figures.start(server, self.size.starts, self.first_start):
            self._keep(figure)
        with started(server):
            self._keep(figures.weight(server, "at rest"))
            for workload in WORKLOADS.values():
                measure(server, workload, workload.requests(server, ids), self.how)
            self._keep(figures.weight(server, "after work"))

    def tenants(self) -> None:
        """Read from many tenants in turn."""
        print("\nMany tenants:")
        slugs = [f"t{number:03d}" for number in range(self.size.tenants)]
        ids = self.archivolt.seed(slugs, self.size.in_each)
        with started(self.archivolt):
            figure, rounds = figures.tenants(self.archivolt, ids, self.how)
        self.found["tenants"] = rounds
        self._keep(figure)

    def plugins(self) -> None:
        """Measure what idle plugins cost."""
        print("\nIdle plugins:")
        where = self.folder / "plugins"
        names = idle.install(where, figures.IDLE)
        full = Archivolt(self.folder / "with", names, str(where))
        ids = {"with": prepared(full, self._many)[0], "without": self.ids}
        with started(full, self.archivolt):
            servers = {"with": full, "without": self.archivolt}
            found, rounds = figures.idle_plugins(servers, ids, self.how)
        self.found["plugins"] = rounds
        for figure in found:
            self._keep(figure)
        self._crowd()

    def _crowd(self) -> None:
        """Measure what many plugins cost beside few."""
        sides, ids = {}, {}
        for side, count in (("without", figures.FEW), ("with", figures.MANY)):
            where = self.folder / f"crowd-{count}"
            names = idle.install(where / "site", count)
            sides[side] = Archivolt(where / "home", names, str(where / "site"))
            ids[side] = prepared(sides[side], self._many)[0]
        self._keep(figures.crowded_start(sides, self.size.starts))
        with started(*sides.values()):
            found, rounds = figures.crowd(sides, ids, self.how)
        self.found["crowd"] = rounds
        for figure in found:
            self._keep(figure)

    def authors(self) -> None:
        """Time the tests of a plugin's author."""
        from benchmarks import authoring

        print("\nPlugin authors:")
        self._keep(authoring.suite(self.folder / "authors"))

    def workflow(self) -> None:
        """Measure workflows, in this process."""
        from benchmarks.workflow import SIZES, SMALL, Workflows  # as steps below

        print("\nWorkflows:")
        sizes = SMALL if self.how.rounds == 1 else SIZES
        for figure in Workflows(self.folder / "workflow", sizes).figures():
            self._keep(figure)

    def jobs(self) -> None:
        """Run jobs beside RQ and Celery, wait behind others, let many tenants rest."""
        from benchmarks.jobs import comparing as jobs
        from benchmarks.jobs import resting, sharing

        print("\nJobs:")
        folders = [self.folder / name for name in ("jobs", "sharing", "resting")]
        for folder in folders:
            folder.mkdir()
        found, rounds = jobs.compare(folders[0], self.how.rounds, self.size.jobs)
        self.found["jobs"] = rounds
        shared = sharing.single_job(folders[1], self.size.backlog)
        idle = resting.idle_tenants(folders[2], self.size.tenants * 10)
        for figure in (*found, shared, *idle):
            self._keep(figure)

    def steps(self) -> None:
        """Measure what a durable step costs, and how soon a dead run goes on."""
        from benchmarks import steps  # it imports the host, which others only start

        print("\nDurable steps:")
        self.found["steps"] = {}
        for placement in steps.GOALS:
            figure, self.found["steps"][placement] = steps.cost(self.how, placement)
            self._keep(figure)
        self._keep(steps.recovery())

    def upload(self) -> None:
        """Upload gigabytes."""
        print("\nA large upload:")
        with started(self.archivolt):
            for figure in uploading.upload(self.archivolt):
                self._keep(figure)

    def permissions(self) -> None:
        """Check and list with many grants."""
        permissions.main()

    def audit(self) -> None:
        """Compare writes with a journal to writes without one, and verify one."""
        print("\nThe journal:")
        rounds, size = self.how.rounds, self.size
        found, cost = auditing.cost(self.folder / "audit", rounds, size.writes)
        checked, speed = auditing.verify(self.folder / "audit", rounds, size.entries)
        self.found["audit"] = {"cost": cost, "verify": speed}
        for figure in [*found, *checked]:
            self._keep(figure)

    def signin(self) -> None:
        """Measure what a sign-in costs beyond argon2."""
        from benchmarks import signing_in  # it imports the host, as steps above

        print("\nSigning in:")
        times = 5 if self.how.rounds == 1 else 30
        figure, self.found["signin"] = signing_in.cost(self.folder / "signin", times)
        self._keep(figure)

    @property
    def _many(self) -> int:
        return self.size.documents

    @cached_property
    def archivolt(self) -> Archivolt:
        """Archivolt, in a home of this run's own."""
        return Archivolt(self.folder / "archivolt")

    @cached_property
    def ids(self) -> list[str]:
        """The documents of its first tenant, made when first asked for."""
        ids, self.first_start = prepared(self.archivolt, self._many)
        return ids

    def _keep(self, figure: Figure) -> None:
        self.found["figures"].append(asdict(figure.show()))

    def keep(self) -> str:
        """Write everything down and return where."""
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.json"
        path.write_text(json.dumps(self.found, indent=1))
        return str(path.relative_to(RESULTS.parent.parent))


def prepared(server: Server, documents: int) -> tuple[list[str], float]:
    """Start a server once and fill it; return the ids, and how long the start took."""
    seconds = server.start()
    server.stop()
    return server.seed([TENANT], documents)[TENANT], seconds


@contextmanager
def started(*servers: Server) -> Iterator[None]:
    """Have servers run for a while."""
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.stop)
            server.start()
        yield


def machine() -> str:
    """Say on what this was measured."""
    return (
        f"Python {platform.python_version()}, {platform.system()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
