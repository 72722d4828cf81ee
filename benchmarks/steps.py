"""What a durable step costs, and how soon somebody goes on where a process died.

Both sides insert one row per transaction through the same session, as durably. The
step adds the note that it is done; everything else is the same.
"""

import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from archivolt_host.app import Host, open_host
from archivolt_host.cli import processes
from archivolt_host.cli.opening import prepare_catalog_database
from archivolt_host.cli.run import valkey as embedded
from archivolt_host.housekeeping import OWN_ORCHESTRATORS
from archivolt_host.http.idempotency import IdempotencyRow
from archivolt_host.jobs.valkey_address import socket_path
from archivolt_host.kit.orchestrator import Orchestrator, Step
from archivolt_host.kit.testing.keeping import Kept
from archivolt_host.kit.testing.postgres import Postgres
from archivolt_host.kit.testing.servers import wait_until
from archivolt_host.orchestration import registry
from archivolt_host.orchestration.creation import CreateTenant
from archivolt_host.orchestration.journal import LEASE, Journal
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.home import Home
from archivolt_host.tenants.ids import uuid7
from benchmarks.figures import Figure
from benchmarks.measuring import How, Round, in_turns, ratio, spread

GOALS = {"sqlite": 1.3, "schema": 1.5}
TITLES = {"sqlite": "SQLite, synchronous=FULL", "schema": "PostgreSQL, fsync on"}
RECOVERY_GOAL = 32.0  # seconds: the lease of 30 and 2
STEPS = 50  # of one run
INSERT = IdempotencyRow.__table__.insert()
MANIFEST = """
[host]
catalog_url = "{catalog}"
migrator_url = "{migrator}"
default_placement = "{placement}"
sqlite_synchronous = "FULL"
[plugins.core_identity]
[defaults]
enabled = ["core_identity"]
"""


def write() -> None:
    """Do a little business: one row."""
    values = {"key": str(uuid7()), "owner": "bench", "lease_until": now()}
    sessions.connection().execute(INSERT, values)


class Chain(Orchestrator):
    """Insert a row, again and again."""

    def steps(self) -> Iterator[Step]:
        """Yield as many steps as there are."""
        for number in range(STEPS):
            yield Step(str(number), self.once, undo=self.never)

    def once(self) -> None:
        """Insert a row."""
        write()

    def never(self) -> None:
        """No step fails here."""


class Sleep(Orchestrator):
    """Do something, then wait for ever, unless this is the second time."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def steps(self) -> Iterator[Step]:
        """Yield the step before the death, and the one in which it comes."""
        yield Step("write", write, irreversible="A bench.")
        yield Step("sleep", self.sleep, irreversible="A bench.", external=True)

    def sleep(self) -> None:
        """Tell that it is time to be killed."""
        if not Path(self.mark).exists():
            Path(self.mark).touch()
            time.sleep(600)


def cost(how: How, placement: str) -> tuple[Figure, list[Round]]:
    """Compare a step with its bare transaction."""
    with opened(placement) as host, context.acting(host.catalog.get("bench")):
        sides = {"step": chain, "bare": bare}
        for side in sides.values():
            timed(side, how.warm_seconds)
        rounds = in_turns(
            ("step", "bare"), how.rounds, lambda n: timed(sides[n], how.seconds)
        )
    over = ratio(rounds, "step", "bare", "ms")
    shown = [spread(rounds, side, "ms").text(3) for side in sides]
    detail = (
        f"{shown[0]} over {shown[1]} ms = {over.text()}; "
        f"CPU {ratio(rounds, 'step', 'bare', 'cpu_ms').text()}"
    )
    title = f"a step over its transaction, {TITLES[placement]}"
    return Figure(title, over.median, GOALS[placement], "x", detail), rounds


def chain() -> None:
    """Run steps."""
    Chain().run()


def bare() -> None:
    """Run as many bare transactions."""
    for _ in range(STEPS):
        with sessions.transaction():
            write()


def timed(side: Callable[[], None], seconds: float) -> dict[str, Any]:
    """Run one side for so long; return milliseconds per step."""
    count, began, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        side()
        count += STEPS
    wall = time.perf_counter() - began
    spent = time.process_time() - cpu
    load = os.getloadavg()[0]
    return {"ms": wall / count * 1e3, "cpu_ms": spent / count * 1e3, "load": load}


def recovery() -> Figure:
    """Kill a process in the middle of a run, and wait until others have ended it."""
    fork = multiprocessing.get_context("fork")
    with opened("sqlite") as host, ExitStack() as started:
        server = Kept(embedded.valkey(host.home).target, log=host.home.logs / "valkey")  # type: ignore[arg-type]
        started.callback(server.stop)
        wait_until(lambda: embedded.answers(socket_path(host.home)))
        processes.preload()
        host.databases.dispose()
        for target in (processes.relay, processes.work):
            child = fork.Process(target=target, args=(host,))
            child.start()
            started.callback(child.join)
            started.callback(child.terminate)
        mark = host.home.path / "mark"
        victim = fork.Process(target=run_in_tenant, args=(host, str(mark)))
        victim.start()
        wait_until(mark.exists)
        os.kill(victim.pid or 0, signal.SIGKILL)
        victim.join()
        began = time.monotonic()
        wait_until(lambda: is_done(host), seconds=3 * RECOVERY_GOAL)
        seconds = time.monotonic() - began
    detail = f"a lease of {LEASE.total_seconds():g} s, then a worker"
    return Figure("a run goes on after SIGKILL", seconds, RECOVERY_GOAL, "s", detail)


def run_in_tenant(host: Host, mark: str) -> None:
    """Be the process that is killed."""
    with context.acting(host.catalog.get("bench")):
        Sleep(mark).run()


def is_done(host: Host) -> bool:
    """Return whether the run has ended."""
    journal = Journal(host.catalog.get("bench"))
    with journal.reading() as connection:
        query = "SELECT COUNT(*) FROM host_run WHERE status = 'done'"
        return connection.exec_driver_sql(query).scalar() == 1


@contextmanager
def opened(placement: str) -> Iterator[Host]:
    """Open a host with one tenant, on a home and a server of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="archivolt-steps-") as folder,
        ExitStack() as s,
    ):
        catalog = migrator = ""
        if placement == "schema":
            place = s.enter_context(tempfile.TemporaryDirectory(prefix="archivolt-pg-"))
            server = Postgres(Path(place), options=("listen_addresses=",))
            s.callback(server.stop)
            server.start()
            database = server.database()
            catalog, migrator = database.login_url, database.migrator_url
        manifest = Path(folder) / "manifest.toml"
        given = {"catalog": catalog, "migrator": migrator, "placement": placement}
        manifest.write_text(MANIFEST.format(**given))
        host = open_host(Home(Path(folder) / "home"), manifest)
        s.callback(host.close)
        kinds = (*OWN_ORCHESTRATORS, Chain, Sleep)
        registry.bind(registry.Orchestrators(host.registry, kinds))
        prepare_catalog_database(host)
        CreateTenant("bench", placement=placement).run()
        yield host
