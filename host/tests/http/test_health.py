"""Is it alive, is it ready, and who may see the figures."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

FAR = {"REMOTE_ADDR": "203.0.113.9"}


def test_a_process_that_runs_is_alive_whatever_else_is_down(client):
    assert client.get("/vault/health/live").json == {"status": "ok"}


@pytest.mark.placements
def test_ready_means_that_everything_answers(valkey, client):
    answer = client.get("/vault/health/ready")
    assert answer.status_code == 200
    assert answer.json["dependencies"] == {
        "database": "ok",
        "valkey": "ok",
        "storage": "ok",
    }


def test_not_ready_names_what_is_down(client):
    answer = client.get("/vault/health/ready")
    assert answer.status_code == 503
    assert answer.json["dependencies"]["valkey"] == "down"
    assert answer.json["dependencies"]["database"] == "ok"


PROBES = """
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.registration import HealthCheck


def fail():
    raise OSError("password=secret")


class Plugin:
    @hookimpl
    def register_health_checks(self):
        return [HealthCheck("archive", fail)]
"""


def test_a_plugins_dependency_counts_and_its_error_is_not_shown(
    make_plugin, open_home, request
):
    make_plugin("probes", PROBES)
    open_home(plugins=["core_identity", "probes"])
    answer = request.getfixturevalue("client").get("/vault/health/ready")
    assert answer.json["dependencies"]["archive"] == "down"
    assert "secret" not in answer.text


def test_figures_are_shown_to_listed_addresses_alone(client, is_problem):
    is_problem(client.get("/metrics", environ_overrides=FAR), 403, "denied")
    spoofed = {"X-Forwarded-For": "127.0.0.1"}
    answer = client.get("/metrics", environ_overrides=FAR, headers=spoofed)
    is_problem(answer, 403, "denied")
    assert client.get("/metrics").status_code == 200


@pytest.mark.settings(host={"metrics_allow": ["203.0.113.0/24"]})
def test_networks_can_be_listed(client):
    assert client.get("/metrics", environ_overrides=FAR).status_code == 200
    assert client.get("/metrics").status_code == 403


def test_figures_can_be_read_by_prometheus(monkeypatch, request):
    # A start in this process, by another test, leaves its folder of figures behind.
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    client_as = request.getfixturevalue("client_as")
    admin = client_as("admin")
    admin.get("/vault/me")
    families = text_string_to_metric_families(admin.get("/metrics").text)
    names = {family.name for family in families}
    assert {"archivolt_request_seconds", "archivolt_hook_seconds"} <= names
