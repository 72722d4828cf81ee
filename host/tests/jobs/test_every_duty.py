"""Every duty of the product: listed, explained, and done without complaint."""

from pathlib import Path

import pytest
from sqlalchemy import select

from archivolt_host.app import VERSION
from archivolt_host.jobs import bus, runnable, schedules
from archivolt_host.jobs.registry import jobs
from archivolt_host.jobs.schedule_models import ScheduleRow
from archivolt_host.maintenance import Maintenance
from archivolt_host.plugins.manifest import read_manifest
from archivolt_host.tenants import sessions

MANIFEST = Path(__file__).parents[3] / "manifest.toml"
PLUGINS = list(read_manifest(MANIFEST).plugins)
LEAST = 24

pytestmark = [pytest.mark.plugins(*PLUGINS), pytest.mark.placements]


@pytest.fixture
def notes():
    """Nothing: there are plugins enough."""


def test_every_duty_is_listed_and_done_together_and_alone(
    host, here, run_jobs, client_as, clock
):
    admin = client_as("admin")
    schedules.sync(here)
    listed = admin.get("/vault/schedules?limit=200").json["items"]
    declared = [*runnable.own_schedules(), *host.registry.schedules]
    declared = [(plugin, one) for plugin, one in declared if not one.public]
    assert len(listed) == len(declared)
    assert len(declared) + len(Maintenance(host, VERSION).tasks()) >= LEAST
    summaries = [one["summary"] for one in listed]
    assert len({*summaries}) == len(summaries)
    assert all(text.endswith(".") for text in summaries)

    with sessions.transaction():
        bus.enqueue(jobs().get("host.sweep"))
    done = {job.name: job for job in run_jobs()}
    told = done["host.sweep"].result
    assert told.keys() == {f"{one['source']}.{one['name']}" for one in listed}
    assert [said for said in told.values() if "Error" in str(said)] == []

    for one in listed:
        answer = admin.post(f"/vault/schedules/{one['id']}/run")
        assert answer.status_code == 202, one["name"]
    alone = run_jobs()
    assert {job.name for job in alone} >= {one["runs"] for one in listed}
    assert {(job.problem, job.status) for job in alone} == {(None, "done")}

    clock.move(days=8)  # now all of them are due at once
    [visit] = [job for job in run_jobs() if job.name == "host.sweep"]
    assert visit.result.keys() == told.keys()
    with sessions.reading() as work:
        rows = work.session.scalars(select(ScheduleRow)).all()
    assert {row.problem for row in rows} == {None}
    assert None not in {row.last_at for row in rows}
