"""Jobs of a plugin that is off cost nothing, and run when it is on again."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from archivolt_host.jobs import claims, parking, worker
from archivolt_host.jobs.relay import Relay
from archivolt_host.plugins import overrides
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.models import WakeRow

pytestmark = [pytest.mark.plugins("core_identity", "notes"), pytest.mark.placements]

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


@pytest.fixture
def relay(host, valkey):
    relay = Relay(host.catalog, valkey)
    relay._swept_at = float("inf")  # as just after a sweep
    return relay


@pytest.fixture
def switch(host):
    """Switch the plugin as another process does: this one hears of it when it looks."""

    def switch(on):
        overrides.write("acme", "notes", {"enabled": on}, "test")
        host.catalog._looked_at = 0.0

    return switch


def wake_row(**values):
    """Return when the relay will look at the tenant; set it first."""
    with sessions.catalog(write=True) as session:
        if values:
            session.execute(update(WakeRow).values(**values))
        return session.scalars(select(WakeRow)).one().next_at


def test_a_job_waits_while_its_plugin_is_off_and_the_relay_wakes_it(
    here, enqueue, relay, switch, row, texts
):
    id = enqueue()
    switch(False)
    relay.look()
    assert worker.run_next(here, "medium")
    assert row(id).run_at == parking.NEVER
    assert (row(id).status, row(id).attempts) == ("queued", 0)
    assert "The plugin notes is switched off" in row(id).problem
    relay.look()
    assert not worker.run_next(here, "medium")
    wake_row(hot_until=LONG_AGO, next_at=None)
    switch(True)
    assert now() < wake_row() <= now() + timedelta(seconds=2)
    wake_row(next_at=LONG_AGO)
    relay.look()
    assert row(id).problem is None
    assert worker.run_next(here, "medium")
    assert texts() == ["later"]


def test_what_a_worker_parks_that_has_not_heard_yet_is_found_by_the_sweep(
    here, enqueue, relay, row
):
    id = enqueue()
    relay.look()  # knows the plugin to be on
    [claimed] = claims.claim("medium")
    parking.park(claimed, "notes")
    relay.look()
    assert row(id).run_at == parking.NEVER
    relay._swept_at = float("-inf")
    relay.look()
    assert row(id).run_at < parking.NEVER
