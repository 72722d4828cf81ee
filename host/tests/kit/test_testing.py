"""The fixtures that plugin authors get keep their promises."""

import subprocess
import sys
import threading
from datetime import timedelta
from importlib.machinery import SourceFileLoader
from pathlib import Path

import psutil
import pytest
import structlog
from sqlalchemy import text

from archivolt_host.cli import logging as command_line
from archivolt_host.kit.testing import unrecorded
from archivolt_host.kit.testing.postgres import _copied, _programs
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import catalog, context, sessions


def test_two_hosts_in_turn_do_not_mix(open_home, make_tenant, client_as):
    open_home("first")
    first = client_as("admin")
    token = first.environ_base["HTTP_AUTHORIZATION"]
    open_home("second")
    make_tenant("acme")
    second = client_as("admin")
    assert second.get("/vault/me").status_code == 200
    assert second.get("/vault/me", headers={"Authorization": token}).status_code == 401
    open_home("first")
    assert client_as("admin").get("/vault/me").status_code == 200


def test_a_closed_host_leaves_no_thread_and_no_tenant(open_home, make_tenant, run_jobs):
    host = open_home()
    tenant = make_tenant("acme")
    from archivolt_host.jobs import bus
    from archivolt_host.jobs.registry import jobs

    with context.acting(tenant), sessions.transaction():
        bus.enqueue(jobs().get("host.sweep"))
    bells = [t for t in threading.enumerate() if t.name == "bell"]
    assert bells
    open_home("another")
    for bell in bells:
        bell.join(5)
        assert not bell.is_alive()
    assert dispatch.registry() is not host.registry
    assert context.tenant_or_none() is None


@pytest.mark.plugins("core_identity", "sample")
@pytest.mark.settings(sample={"limit": 3})
@pytest.mark.manifest(tenants={"acme": {"settings": {"sample": {"limit": 4}}}})
def test_marks_name_plugins_settings_and_the_rest_of_the_manifest(
    make_plugin, open_home
):
    limit = {"type": "integer", "default": 1, "scope": "tenant"}
    make_plugin("sample", settings={"limit": limit})
    host = open_home()
    assert host.registry.names == ("core_permissions", "core_identity", "sample")
    assert host.registry.settings("sample", None)["limit"] == 3
    assert host.registry.settings("sample", "acme")["limit"] == 4


def open_files(folder):
    opened = [Path(file.path) for file in psutil.Process().open_files()]
    return [path for path in opened if path.is_relative_to(folder)]


def test_a_closed_host_leaves_nothing_to_the_next_one(host, make_tenant, open_home):
    tenant = make_tenant("acme")
    with context.acting(tenant), sessions.transaction() as work:
        work.connection.execute(unrecorded("CREATE TABLE mine (note TEXT)"))
    assert tenant.place.path in open_files(host.home.path)
    open_home("another")
    again = make_tenant("acme")
    assert open_files(host.home.path) == []
    with context.acting(again), sessions.reading() as work:
        found = "SELECT count(*) FROM sqlite_master WHERE name = 'mine'"
        assert work.connection.scalar(text(found)) == 0


def test_the_host_is_imported_as_it_is_and_tests_with_their_assertions(request):
    from archivolt_host import app

    assert isinstance(app.__loader__, SourceFileLoader)
    assert not isinstance(request.module.__loader__, SourceFileLoader)


def test_a_throw_away_plugin_is_gone_with_its_test(make_plugin, open_home):
    assert not [name for name in sys.modules if name.startswith("archivolt_sample")]
    make_plugin("sample")
    assert "sample" in open_home(plugins=["core_identity", "sample"]).registry.names


def test_counting_leaves_out_what_only_begins_and_ends(tenant, query_count):
    with query_count() as asked, context.acting(tenant), sessions.reading() as work:
        catalog.current_epoch()
        work.session.execute(text("SELECT 1"))
    assert asked.statements == ["SELECT 1"]


@pytest.mark.placements
def test_the_placement_is_where_tenants_are(placement, tenant):
    assert type(tenant.place).__name__ == f"{placement.title()}Place"


def test_what_a_command_said_about_the_log_ends_with_the_next_home(open_home):
    command_line.configure("critical", for_people=True)
    open_home()
    with structlog.testing.capture_logs() as lines:
        structlog.get_logger().info("heard")
    assert [line["event"] for line in lines] == ["heard"]


NIGHTLY = """
from archivolt_hookspecs import hookimpl
from archivolt_host.kit.jobs import job
from archivolt_host.kit.schedules import Schedule


@job(queue="low")
def tidy():
    return "tidy"


@job(queue="low")
def late():
    return "late"


class Plugin:
    @hookimpl
    def register_jobs(self):
        return [tidy, late]

    @hookimpl
    def register_schedules(self):
        return [Schedule("tidy", tidy, cron="20 3 * * *")]
"""


@pytest.mark.plugins("core_identity", "nightly")
@pytest.mark.placements
def test_a_moved_clock_makes_schedules_and_delays_come_due(
    make_plugin, open_home, make_tenant, in_tenant, run_jobs, clock
):
    from archivolt_host.kit import jobs
    from archivolt_host.kit.db import now

    make_plugin("nightly", NIGHTLY)
    open_home()
    tenant = make_tenant("acme")
    with in_tenant(tenant):
        late = sys.modules["archivolt_nightly.plugin"].late
        jobs.enqueue(late, delay=timedelta(hours=30))

    def ran():
        return {job.name for job in run_jobs()} & {"nightly.tidy", "nightly.late"}

    assert ran() == set()
    clock.move(days=1)
    assert ran() == {"nightly.tidy"}
    before = now()
    assert clock.move(hours=7) - before >= timedelta(hours=7)
    assert "nightly.late" in ran()


@pytest.mark.plugins("core_identity", "core_documents")
def test_what_was_told_can_be_read_and_what_was_rolled_back_is_not_there(
    client_as, events, in_tenant, tenant
):
    from archivolt_host.kit import hooks
    from archivolt_host.kit.db import uuid7

    named = {"Content-Disposition": 'attachment; filename="a.txt"'}
    made = client_as("admin").post("/vault/documents", data=b"a", headers=named).json
    [one] = events("document_created")
    assert (one.object, one.arguments) == (made["id"], {"document_id": made["id"]})
    with pytest.raises(ZeroDivisionError), in_tenant(tenant):
        hooks.tell("document_created", document_id=uuid7())
        raise ZeroDivisionError
    assert len(events("document_created")) == 1
    assert len(events()) >= 1


def test_a_copy_of_postgresql_runs_where_root_keeps_the_environment_to_itself(tmp_path):
    programs = _copied(_programs(), tmp_path / "programs")
    found = subprocess.run([programs / "initdb", "--version"], capture_output=True)
    assert found.returncode == 0, found.stderr
