"""A permission hook that fails, is slow, or is not there opens no door."""

import subprocess
import sys
import textwrap
import time

import pytest

from archivolt_core_permissions import plugin
from archivolt_core_permissions.rights.service import rights

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents", "core_search"),
    pytest.mark.placements,
]


@pytest.fixture
def hidden(owner):
    return owner.upload("hidden")


DOORS = ("/documents", "/folders", "/trash", "/search?q=hidden", "/plugins", "/users")


@pytest.mark.parametrize(
    "hook", ["permission_granted", "access_granted", "access_predicate", "roles_of"]
)
def test_a_hook_that_raises_lets_nobody_in(outsider, hidden, monkeypatch, app, hook):
    def explode(*_, **__):
        raise RuntimeError("a bug")

    registry_forget = app  # the application is open; its implementations are bound
    assert registry_forget is not None
    monkeypatch.setattr(rights, "token", explode)
    for door in (*DOORS, f"/documents/{hidden}", f"/documents/{hidden}/content"):
        answer = outsider.ask("GET", door)
        assert answer.status_code == 503, (hook, door, answer.text)
        assert answer.json["code"] == "guard_down"
        assert "hidden" not in answer.text.replace("/search", "")
    assert outsider.ask("POST", "/folders", json={"name": "x"}).status_code == 503


def test_a_slow_hook_is_waited_for_and_decides(outsider, hidden, monkeypatch):
    quick = rights.token

    def slow():
        time.sleep(0.2)
        return quick()

    monkeypatch.setattr(rights, "token", slow)
    assert outsider.titles() == set()
    outsider.get(f"/documents/{hidden}", 404)
    outsider.folder("mine", status=403)


def test_without_the_plugin_nobody_gets_in(
    owner, hidden, open_home, monkeypatch, archivolt_users
):
    token = owner.client.environ_base["HTTP_AUTHORIZATION"]

    def explode(_):
        raise OSError("no library")

    monkeypatch.setattr(plugin.Permissions, "__init__", explode)
    host = open_home()
    assert "no library" in host.registry.out["core_permissions"]
    client = archivolt_users.app.test_client()
    headers = {"Org": "acme", "Authorization": token}
    for door in (*DOORS, f"/documents/{hidden}"):
        answer = client.get(f"/vault{door}", headers=headers)
        assert answer.status_code == 503, (door, answer.text)


ELSEWHERE = """
import sys
from pathlib import Path
from uuid import UUID
from archivolt_host.app import open_host
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.home import Home
from archivolt_core_permissions.grants import logic
from archivolt_core_permissions.grants.service import grants

home, manifest, grant = sys.argv[1:]
host = open_host(Home(Path(home)), Path(manifest))
with context.acting(host.catalog.get("acme")), sessions.transaction():
    logic.revoke(grants.get(UUID(grant)))
"""


def test_a_revoke_in_another_process_is_felt_by_the_next_request(
    owner, outsider, hidden, host, tmp_path
):
    given = owner.grant("guest", user=outsider.id)
    assert outsider.titles() == {"hidden"}
    assert outsider.titles() == {"hidden"}  # from what this process remembers
    script = tmp_path / "elsewhere.py"
    script.write_text(textwrap.dedent(ELSEWHERE))
    manifest = host.manifest.path
    done = subprocess.run(
        [sys.executable, script, host.home.path, manifest, given["id"]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert outsider.titles() == set()
    outsider.get(f"/documents/{hidden}", 404)
