"""A tenant's administrator reads nothing of the operator's by way of a secret."""

import pytest
import structlog

from archivolt_host.kit.settings import secret
from archivolt_host.plugins import overrides
from archivolt_host.tenants import context

pytestmark = [pytest.mark.plugins("core_identity", "vaulted")]
KEY = {"key": {"type": "string", "default": "", "secret": True, "scope": "tenant"}}
ONLY = "Only the operator refers to secrets, in the manifest."
REFERENCES = [{"secret": "env:OF_THE_OPERATOR"}, {"secret": "file:/etc/passwd"}]


@pytest.fixture(autouse=True)
def installed(make_plugin, monkeypatch):
    monkeypatch.setenv("OF_THE_OPERATOR", "sesame")
    make_plugin("vaulted", settings=KEY)


@pytest.fixture
def read(host):
    """Read the key as the plugin itself does."""

    def read():
        with context.acting(host.catalog.get("acme")):
            return secret("vaulted", "key")

    return read


@pytest.mark.parametrize("sent", [*REFERENCES, {"secret": 3}, {}, 3, ["a"]])
def test_a_tenant_sets_no_reference(installed, client_as, is_problem, read, sent):
    admin = client_as("admin")
    answer = admin.put("/vault/plugins/vaulted", json={"settings": {"key": sent}})
    assert is_problem(answer, 400, "invalid")["errors"] == {"settings.key": [ONLY]}
    assert read() == ""


def test_a_tenant_sets_a_text_of_its_own_that_nobody_reads_back(client_as, read):
    admin = client_as("admin")
    answer = admin.put("/vault/plugins/vaulted", json={"settings": {"key": "mine"}})
    assert answer.status_code == 200
    assert "mine" not in answer.text
    assert read() == "mine"
    shape = answer.json["settings_schema"]["properties"]["key"]
    assert (shape["type"], "anyOf" in shape) == ("string", False)


@pytest.mark.parametrize("written", ["env:OF_THE_OPERATOR", "file:/etc/passwd"])
def test_a_text_that_looks_like_a_reference_is_a_text(client_as, read, written):
    body = {"settings": {"key": written}}
    assert (
        client_as("admin").put("/vault/plugins/vaulted", json=body).status_code == 200
    )
    assert read() == written


@pytest.mark.parametrize("stored", REFERENCES)
def test_a_reference_that_was_stored_before_counts_for_nothing(
    client_as, host, read, stored
):
    admin = client_as("admin")
    overrides.write("acme", "vaulted", {"settings.key": stored}, "grace")
    with structlog.testing.capture_logs() as lines:
        host.registry.forget()
    assert lines[0]["setting"] == "key"
    assert read() == ""
    assert admin.get("/vault/plugins/vaulted").json["settings"]["key"] == {
        "value": "",
        "origin": "default",
        "where": "plugin.toml",
    }


@pytest.mark.settings(vaulted={"key": {"secret": "env:OF_THE_OPERATOR"}})
def test_the_operator_refers_to_one_in_the_manifest(client_as, read):
    client_as("admin")
    assert read() == "sesame"
