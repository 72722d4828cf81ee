"""A stranger's plugin in real processes: built, installed, switched off and on."""

import subprocess
import time

import pytest

pytestmark = pytest.mark.slow
PROJECT = """
[project]
name = "archivolt-guestbook"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["archivolt-host"]

[project.entry-points."archivolt.plugins"]
guestbook = "archivolt_guestbook.plugin:Guestbook"

[build-system]
requires = ["uv_build>=0.8"]
build-backend = "uv_build"

[tool.uv.build-backend]
module-root = ""
"""
DECLARED = """
[plugin]
id = "guestbook"
name = "Guestbook"
summary = "For a test."
host_api = ">=1,<2"
"""
CODE = '''
"""A guestbook."""

import os
from datetime import timedelta
from typing import Any

from archivolt_hookspecs import hookimpl
from archivolt_host.kit import jobs
from archivolt_host.kit.api import Blueprint, ModelAPIView, signed_in

blueprint = Blueprint("guestbook", __name__)


@jobs.job(queue="high")
def sign(name: str) -> str:
    return f"{name} was here"


@blueprint.route("/guestbook")
class Guestbook_(ModelAPIView):
    @signed_in()
    @blueprint.response(200)
    def get(self) -> Any:
        return {"process": os.getpid()}

    @signed_in()
    @blueprint.response(202)
    def post(self) -> Any:
        """Sign it in two seconds."""
        id = jobs.enqueue(sign, name="grace", delay=timedelta(seconds=2))
        return {"job": str(id)}


class Guestbook:
    @hookimpl
    def register_blueprints(self) -> Any:
        return [blueprint]

    @hookimpl
    def register_jobs(self) -> Any:
        return [sign]
'''
MANIFEST = """
[host]
web_processes = 2
workers = 2
[plugins.core_identity]
[defaults]
enabled = ["core_identity"]
"""
AT_ONCE = 1.0  # seconds in which every process knows of a switch
MANY = 60


@pytest.fixture
def wheel(root, tmp_path):
    """Build the plugin as its author would."""
    project = tmp_path / "guestbook"
    package = project / "archivolt_guestbook"
    package.mkdir(parents=True)
    (project / "pyproject.toml").write_text(PROJECT)
    (package / "__init__.py").write_text("")
    (package / "plugin.toml").write_text(DECLARED)
    (package / "plugin.py").write_text(CODE)
    uv(root, "build", "--quiet", "--wheel", "--out-dir", str(tmp_path), str(project))
    [found] = tmp_path.glob("*.whl")
    return found


def uv(root, *words):
    subprocess.run([root / ".tools" / "bin" / "uv", *words], check=True)


@pytest.fixture
def running(deployment, wheel, root):
    """Install it, name it in the manifest, and restart."""
    deployment.manifest.write_text(MANIFEST)
    deployment.start(ARCHIVOLT_ADMIN_PASSWORD="a test password")
    deployment.do("tenants", "create", "acme", "--password", "a test password")
    assert deployment.client("acme").get("/vault/guestbook").status == 404
    target = ("--target", str(deployment.site), "--no-deps")
    uv(root, "pip", "install", "--quiet", *target, str(wheel))
    assert "archivolt plugins add guestbook" in deployment.do("plugins")
    deployment.do("plugins", "add", "guestbook")
    deployment.stop()
    deployment.start()
    return deployment


def answers(client):
    return [client.get("/vault/guestbook") for _ in range(MANY)]


def test_from_a_wheel_to_a_switch_that_every_process_obeys(running, until):
    here, there = running.client("acme"), running.client("demo")
    for client in (here, there):
        processes = {answer.json["process"] for answer in answers(client)}
        assert len(processes) == 2
    job = here.send("POST", "/vault/guestbook").json["job"]
    other = there.send("POST", "/vault/guestbook").json["job"]

    switched = here.send("PUT", "/vault/plugins/guestbook", {"enabled": False})
    assert switched.status == 200
    time.sleep(AT_ONCE)
    assert {answer.status for answer in answers(here)} == {404}
    assert {answer.status for answer in answers(there)} == {200}

    until(lambda: there.get(f"/vault/jobs/{other}").json["status"] == "done")
    assert here.get(f"/vault/jobs/{job}").json["status"] == "queued"

    here.send("PUT", "/vault/plugins/guestbook", {"enabled": True})
    time.sleep(AT_ONCE)
    assert {answer.status for answer in answers(here)} == {200}
    until(lambda: here.get(f"/vault/jobs/{job}").json["status"] == "done")
    assert here.get(f"/vault/jobs/{job}").json["result"] == "grace was here"


def test_a_plugin_that_cannot_be_imported_leaves_everything_else_up(running):
    running.stop()
    [module] = running.site.glob("archivolt_guestbook/plugin.py")
    module.write_text("raise RuntimeError('broken on purpose')\n")
    running.start()
    client = running.client("acme")
    assert client.get("/vault/me").status == 200
    found = client.get("/vault/plugins/guestbook").json
    assert found["state"] == "out"
    assert "broken on purpose" in found["reason"]
    assert "broken on purpose" in running.do("plugins")
