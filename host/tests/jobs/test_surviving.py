"""Whatever dies in the middle of the load: no job is lost, and none has two effects.

Workers and relay are processes of their own, started again when they end.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from rq import Worker
from sqlalchemy import text

from archivolt_host.cli import processes
from archivolt_host.cli.run import valkey as embedded
from archivolt_host.jobs import bus, rings, sweeping
from archivolt_host.jobs.registry import QUEUES, jobs
from archivolt_host.jobs.valkey_address import socket_path, valkey_url
from archivolt_host.kit.testing.keeping import Kept
from archivolt_host.kit.testing.servers import wait_until
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.home import Home

pytestmark = [
    pytest.mark.slow,
    pytest.mark.plugins("core_identity", "notes"),
    pytest.mark.placements,
]

MANY = 400
PATIENCE = 60.0  # seconds
PROGRAM = Path(__file__).with_name("fleet.py")


class Doorbell:
    """The Valkey of the host under test, which may be away for a while."""

    def __init__(self, folder):
        self._home, self._server = Home(folder).prepare(), None
        self.url = valkey_url(self._home)

    def start(self):
        words, log = embedded.valkey(self._home).target, self._home.logs / "v.out"
        self._server = Kept(words, log=log)
        wait_until(lambda: embedded.answers(socket_path(self._home)))

    def stop(self):
        self._server.stop()


@pytest.fixture
def doorbell():
    with tempfile.TemporaryDirectory(prefix="archivolt-") as folder:
        server = Doorbell(folder)
        server.start()
        yield server
        server.stop()


@pytest.fixture
def host(notes, open_home, doorbell):
    return open_home(manifest={"host": {"valkey_url": doorbell.url}})


@pytest.fixture
def tenant(host, make_tenant):
    return make_tenant("acme")


class Fleet:
    """Workers and a relay, each started again when it ends: see ``fleet.py``."""

    def __init__(self, folder, home):
        self._folder, self._home = folder, home
        self._process = None

    def start(self, *kinds):
        words = [sys.executable, PROGRAM, self._home, self._folder / "home.toml"]
        folders = os.pathsep.join(p for p in sys.path if p)
        out, errors = (self._folder / f"fleet.{name}" for name in ("out", "err"))
        with out.open("wb") as out, errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [*map(str, words), *kinds],
                env={**os.environ, "PYTHONPATH": folders},
                stdout=out,
                stderr=errors,
            )

    def pids(self, kind):
        lines = (self._folder / "fleet.out").read_text().splitlines()
        return [int(line.split()[1]) for line in lines if line.startswith(f"{kind} ")]

    def kill(self, kind):
        for pid in self.pids(kind):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def fleet(tmp_path, host, doorbell):
    found = Fleet(tmp_path, host.home.path)
    yield found
    found.stop()


def flush(doorbell, _postgres, _fleet):
    with rings.connect(rings.bell().url) as connection:
        connection.flushall()


def stop_valkey(doorbell, _postgres, _fleet):
    doorbell.stop()
    time.sleep(1)
    doorbell.start()


def kill_workers(_doorbell, _postgres, fleet):
    fleet.kill("work")


def kill_relays(_doorbell, _postgres, fleet):
    fleet.kill("relay")


def restart_postgres(_doorbell, postgres, _fleet):
    postgres.restart()


DISTURBANCES = [flush, stop_valkey, kill_workers, kill_relays, restart_postgres]


@pytest.mark.parametrize("disturb", DISTURBANCES, ids=lambda found: found.__name__)
def test_no_job_is_lost_and_none_has_two_effects(
    request, placement, doorbell, fleet, disturb, texts
):
    if disturb is restart_postgres and placement == "sqlite":
        disturb = kill_workers  # the database dies with whoever has it open
    server = request.getfixturevalue("postgres") if placement == "schema" else None
    enqueue_many(range(MANY))
    fleet.start("work", "work", "relay", "relay")
    for share in (4, 2):
        until(lambda share=share: done() >= MANY // share)
        disturb(doorbell, server, fleet)
    until(is_there)
    enqueue_many(range(MANY, MANY + 10))  # rings after all of that
    until(lambda: done() == MANY + 10)
    assert Counter(texts()) == Counter(f"{n:04}" for n in range(MANY + 10))
    assert statuses() == {"done": MANY + 10}


def enqueue_many(numbers):
    write = jobs().get("notes.write_later")
    with sessions.transaction():
        bus.enqueue_many(write, [{"text": f"{n:04}"} for n in numbers])


def statuses():
    query = text("SELECT status, count(*) FROM host_job GROUP BY status")
    with sessions.reading() as work:
        return {status: number for status, number in work.connection.execute(query)}


def is_there():
    """Return whether the database can be written; connections may have died with it."""
    try:
        with sessions.transaction() as work:
            return work.connection is not None
    except Exception:
        return False


def done():
    """Return how many jobs are done; a database that is away has none to show."""
    try:
        return statuses().get("done", 0)
    except Exception:
        return 0


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, statuses()
        time.sleep(0.05)


def test_a_single_job_does_not_wait_behind_another_tenants_many(
    fleet, make_tenant, here, row
):
    """It is done before the workers could do two seconds' worth of the many.

    Each of these takes so long at least, so that no clock need be asked.
    """
    other, long, workers = make_tenant("umbra"), 0.005, 2
    take, write = (jobs().get(f"notes.{name}") for name in ("take_time", "write_later"))
    with sessions.transaction():
        bus.enqueue_many(take, ({"seconds": long} for _ in range(100_000)))
    fleet.start(*["work"] * workers, "relay")
    until(lambda: done() > 20)
    for number in range(5):
        with context.acting(other):
            before = backlog(here)
            with sessions.transaction():
                id = bus.enqueue(write, text=f"single {number}")
            until(lambda id=id: row(id).status == "done")
        assert before - backlog(here) < workers * 2 / long
    assert backlog(here) > 90_000


def backlog(tenant):
    with context.acting(tenant):
        return statuses().get("queued", 0)


def test_what_is_short_does_not_wait_behind_long_jobs(fleet, here, row):
    take, write = (jobs().get(f"notes.{name}") for name in ("take_long", "write_later"))
    with sessions.transaction():
        long = bus.enqueue_many(take, ({"seconds": 90.0} for _ in range(3)))
    fleet.start("work", "work_short", "relay")
    until(lambda: statuses().get("running"))
    with sessions.transaction():
        id = bus.enqueue(write, text="short")
    until(lambda: row(id).status == "done")
    assert "done" not in {row(one).status for one in long}
    with rings.connect_blocking(rings.bell().url) as connection:
        doors = {tuple(worker.queue_names()) for worker in Worker.all(connection)}
    assert doors == {QUEUES, ("high", "medium")}


def schedule(_pipe, host):
    processes.schedule(host)


def test_a_scheduler_ends_when_asked_though_valkey_is_gone(
    host, doorbell, in_child, eventually
):
    _, child = in_child(schedule, host)
    with rings.connect(doorbell.url) as connection:
        eventually(
            lambda: connection.zscore("rq:scheduler:scheduled_jobs", sweeping.ID)
        )
        eventually(lambda: connection.exists("rq:queue:low"))  # it has ticked
    doorbell.stop()
    os.kill(child.pid, signal.SIGTERM)
    child.join(60)
    assert child.exitcode == 0
