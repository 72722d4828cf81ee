"""Lanes: what a plugin could not hear waits, costs nothing meanwhile, and ends."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from archivolt_host.jobs import delivery, events, rings, schedules
from archivolt_host.jobs.event_models import EventRow, LaneRow, SubscriberRow
from archivolt_host.jobs.relay import Relay
from archivolt_host.jobs.schedule_models import ScheduleRow
from archivolt_host.plugins import overrides
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.models import WakeRow

pytestmark = pytest.mark.placements

FAILURE = RuntimeError("a plugin's own bug")
LONG_AGO, FAR_AHEAD = (datetime(year, 1, 1, tzinfo=UTC) for year in (2001, 2101))


@pytest.fixture(autouse=True)
def here(plugins, tenant):
    with context.acting(tenant):
        yield tenant


def tell(*things):
    """Tell news of one and the same object."""
    with sessions.transaction() as work:
        for thing in things:
            events.tell("happened", thing=thing)
        work.connection.execute(update(EventRow).values(object="it"))


def change(row, **values):
    with sessions.transaction() as work:
        work.connection.execute(update(row).values(**values))


@pytest.fixture
def looks(here, plugins, monkeypatch):
    """Let the tenant cool, and return how many are looked at in each of some looks."""
    monkeypatch.setattr(rings, "ring_now", lambda valkey, found: None)
    relay = Relay(plugins.catalog, "redis://127.0.0.1:1")
    relay._swept_at = float("inf")
    schedules.sync(here)
    change(ScheduleRow, next_at=FAR_AHEAD)  # nothing else is to be looked for

    def count():
        with sessions.catalog(write=True) as session:
            cold = update(WakeRow).values(hot_until=LONG_AGO, next_at=None)
            session.execute(cold)
        return [relay.look() for _ in range(4)]

    return count


@pytest.mark.usefixtures("heard")
def test_a_worker_that_died_behind_the_last_news_leaves_nothing_to_look_for(
    run_jobs, looks
):
    tell("it")
    run_jobs()
    change(SubscriberRow, lease_until=LONG_AGO, lease_owner="dead:1")
    assert looks() == [1, 0, 0, 0]


def test_where_news_waits_behind_a_dead_workers_lease_the_relay_looks_at_its_end(
    heard, run_jobs, looks
):
    tell("first")
    run_jobs()
    until = datetime.now(UTC) + timedelta(hours=1)
    change(SubscriberRow, lease_until=until, lease_owner="dead:1")
    tell("it")
    assert looks() == [1, 0, 0, 0]
    with sessions.catalog() as session:
        [next_at] = session.scalars(select(WakeRow.next_at))
    assert next_at == until
    change(SubscriberRow, lease_until=LONG_AGO)
    assert looks() == [1, 1, 1, 1]  # until a worker comes
    run_jobs()
    assert heard["one"] == ["first", "it"]


def test_the_lane_of_a_plugin_that_is_out_is_not_looked_for(
    answers, heard, plugins, run_jobs, lane, let_pass, looks
):
    answers(heard["one"].append, heard["two"].append, FAILURE)
    tell("it")
    run_jobs()
    plugins.registry.put_out("three", "for a test")
    let_pass()
    run_jobs()
    assert lane().plugin == "three"
    assert looks() == [1, 0, 0, 0]


def test_a_long_lane_is_told_to_its_end_without_waiting_for_the_relay(
    answers, heard, here, run_jobs, lane, let_pass
):
    answers(FAILURE, heard["two"].append, heard["three"].append)
    said = [f"{n:03}" for n in range(250)]
    tell(*said)
    run_jobs()
    answers(heard["one"].append)
    let_pass()
    turns = 0
    while delivery.take(here, lambda: False, 60.0)[1]:
        turns += 1
    assert heard["one"] == said
    assert lane() is None
    assert turns == 2  # each tells a hundred, and the last one what is left


def test_where_a_plugin_is_off_its_lane_is_gone_as_its_place_is(
    answers, heard, plugins, run_jobs
):
    answers(FAILURE, FAILURE, FAILURE)
    tell("before")
    run_jobs()
    overrides.write("acme", "three", {"enabled": False}, "test")
    plugins.catalog.refresh(force=True)
    tell("while off")
    run_jobs()
    with sessions.reading() as work:
        left = set(work.session.scalars(select(LaneRow.plugin)))
    assert left == {"one", "two"}
