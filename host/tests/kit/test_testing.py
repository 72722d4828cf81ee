"""The fixtures that plugin authors get keep their promises."""

import sys
import threading

import pytest
import structlog

from archivolt_host.cli import logging as command_line
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


def test_a_throw_away_plugin_is_gone_with_its_test(make_plugin, open_home):
    assert not [name for name in sys.modules if name.startswith("archivolt_sample")]
    make_plugin("sample")
    assert "sample" in open_home(plugins=["core_identity", "sample"]).registry.names


def test_counting_leaves_out_what_only_begins_and_ends(tenant, query_count):
    from sqlalchemy import text

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
