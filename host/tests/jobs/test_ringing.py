"""The doorbell: rings find a worker, and a lost ring costs a moment, not a job."""

import os
import signal
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from archivolt_host.errors import UnavailableError
from archivolt_host.jobs import bus, rings, schedules, sweeping, wake, worker
from archivolt_host.jobs.registry import QUEUES, jobs
from archivolt_host.jobs.relay import Relay
from archivolt_host.jobs.schedule_models import ScheduleRow
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.models import WakeRow

pytestmark = [pytest.mark.plugins("core_identity", "notes"), pytest.mark.placements]


@pytest.fixture
def relay(host):
    relay = Relay(host.catalog, host.valkey_url)
    relay._swept_at = float("inf")  # as just after a sweep
    return relay


@pytest.fixture
def rung(valkey):
    """Say which doors have been rung and not answered."""
    connection = rings.connect(valkey)

    def names():
        keys = connection.keys(PREFIX + "*")
        return {key.decode().removeprefix(PREFIX) for key in keys}

    yield names
    connection.close()


PREFIX = "archivolt:ring:"
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def note(**values):
    with sessions.catalog(write=True) as session:
        session.execute(update(WakeRow).values(**values))


def work(pipe, url):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    pipe.send(os.getpid())
    worker.work(url, QUEUES)


def test_a_worker_process_runs_a_job_end_to_end(
    host, valkey, in_child, client_as, eventually, texts
):
    member = client_as("member")
    pipe, _ = in_child(work, valkey)
    assert pipe.recv() != os.getpid()
    answer = member.post("/vault/notes/later", json={"text": "from afar"})
    address = f"/vault/jobs/{answer.json['job']}"
    eventually(lambda: member.get(address).json["status"] == "done")
    assert texts() == ["from afar"]


def test_a_commit_rings_once_for_each_queue(rung, enqueue, eventually):
    for words in ("a", "b"):
        enqueue(words=words)
    enqueue("fail_later")
    assert eventually(lambda: rung() == {"acme:medium", "acme:high"})


def test_a_rollback_does_not_ring(rung, client_as, eventually, enqueue):
    member = client_as("member")
    member.post("/vault/notes/later", json={"text": "a", "refuse": True})
    enqueue("fail_later")
    eventually(lambda: "acme:high" in rung())
    assert rung() == {"acme:high"}


def test_an_answered_ring_drains_the_queue(rung, enqueue, texts):
    for words in ("a", "b", "c"):
        enqueue(words=words)
    rings.bell().close()  # all three have been rung for
    assert rung() == {"acme:medium"}
    assert worker.drain("acme", "medium") == 3
    assert texts() == ["a", "b", "c"]
    assert rung() == set()


def test_the_relay_finds_a_job_whose_ring_was_lost(
    rung, enqueue, relay, eventually, valkey
):
    enqueue()
    eventually(rung)
    with rings.connect(valkey) as connection:
        connection.flushall()
    relay.look()
    assert rung() == {"acme:medium"}


def test_the_relay_finds_a_job_that_falls_due_after_the_tenant_cooled(
    rung, enqueue, relay, let_pass, valkey
):
    enqueue(delay=timedelta(hours=1))
    relay.look()
    assert rung() == set()
    note(hot_until=LONG_AGO)
    relay.look()  # cooled: from here on only the time of the job counts
    assert wake.awake() == []
    let_pass()
    note(next_at=LONG_AGO)
    relay.look()
    assert rung() == {"acme:medium"}


@pytest.mark.usefixtures("valkey")
def test_the_relay_looks_only_at_tenants_that_are_awake(relay, make_tenant, enqueue):
    for n in range(3):
        make_tenant(f"asleep-{n}")
    with sessions.catalog(write=True) as session:
        session.execute(delete(WakeRow))  # as a minute after they were made
    wake.forget()
    enqueue()
    assert relay.look() == 1


def test_a_sweep_of_all_finds_what_nobody_knows_to_be_hot(
    relay, enqueue, rung, eventually
):
    enqueue()
    eventually(rung)
    with sessions.catalog(write=True) as session:
        session.execute(delete(WakeRow))
    rings.connect(rings.bell().url).flushall()
    assert relay.look() == 0
    relay._swept_at = float("-inf")
    assert relay.look() == 1
    assert rung() == {"acme:medium"}


@pytest.mark.usefixtures("valkey")
def test_a_round_takes_a_few_tenants_at_a_time_and_misses_none(
    relay, make_tenant, monkeypatch
):
    """However many there are, a look costs the same; the first round is brisk."""
    for n in range(4):
        make_tenant(f"asleep-{n}")
    with sessions.catalog(write=True) as session:
        session.execute(delete(WakeRow))
    seen = []
    monkeypatch.setattr(relay, "_ring_for", lambda t, find_next: seen.append(t.slug))
    monkeypatch.setattr("archivolt_host.jobs.relay.CALM", 2)
    monkeypatch.setattr("archivolt_host.jobs.relay.SWEEP_EVERY", 1)
    relay._swept_at = float("-inf")
    assert relay.look() == 5
    relay._swept_at = 0.0
    assert [relay.look() for _ in range(3)] == [2, 2, 1]
    assert sorted(seen[:5]) == sorted(seen[5:])
    assert len(set(seen)) == 5


@pytest.fixture
def broken(host, make_tenant):
    """A tenant whose database was damaged, with work that waits; made before acme's."""
    found = make_tenant("broken")
    with host.provisioner.migration(found.place) as connection:
        for table in ("host_tick", "host_schedule"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
    return found


def test_a_tenant_that_cannot_be_read_hides_no_other(
    broken, make_tenant, relay, rung, eventually, valkey
):
    for tenant in (broken, make_tenant("whole")):
        with context.acting(tenant), sessions.transaction():
            bus.enqueue(jobs().get("notes.write_later"), text="a")
    eventually(lambda: len(rung()) == 2)
    for is_cold in (False, True):
        with rings.connect(valkey) as connection:
            connection.flushall()
        note(hot_until=LONG_AGO) if is_cold else None
        relay.look()
        assert "whole:medium" in rung()
    assert broken.id not in {row.tenant_id for row in wake.awake()}
    note(next_at=LONG_AGO)  # a minute later it is tried again, and waits once more
    relay.look()
    assert wake.expected([broken.id])[broken.id] > datetime.now(UTC)


@pytest.mark.usefixtures("valkey")
def test_the_second_ticker_passes_over_a_tenant_that_cannot_be_read(
    broken, make_tenant
):
    whole = make_tenant("whole")
    schedules.sync(whole)
    with context.acting(whole), sessions.transaction() as work:
        due = update(ScheduleRow).values(next_at=LONG_AGO)
        work.connection.execute(due)
    for tenant in (broken, whole):
        wake.expect(tenant.id, LONG_AGO)
    assert sweeping.tick_all() == 1  # one job for all of its duties


@pytest.mark.usefixtures("valkey")
def test_the_relay_outlives_a_catalog_that_is_away(relay, monkeypatch):
    looks = []

    def refresh():
        looks.append(len(looks))
        if len(looks) < 3:
            raise UnavailableError("The catalog database does not answer.")

    monkeypatch.setattr(relay.catalog, "refresh", refresh)
    relay.run(lambda seconds: len(looks) == 3)
    assert looks == [0, 1, 2]


def test_without_a_valkey_requests_are_answered_all_the_same(client_as, run_jobs):
    member = client_as("member")
    answer = member.post("/vault/notes/later", json={"text": "a"})
    assert answer.status_code == 202
    assert [job.status for job in run_jobs()] == ["done"]
