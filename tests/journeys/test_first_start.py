"""The first minute: what a stranger sees, and that it works when pasted."""

import json
import shlex
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow
READS = """
import os, sys
def note(event, words):
    if event == "open" and str(words[0]).endswith("manifest.toml"):
        os.write(2, b"READ\\n")
sys.addaudithook(note)
from archivolt_host.cli.main import main
main()
"""


@pytest.fixture
def shipped(deployment, root):
    """A deployment with the manifest as it is shipped."""
    shutil.copy(root / "manifest.toml", deployment.manifest)
    return deployment


def test_the_first_start_says_three_things_and_the_last_one_works(shipped):
    shipped.start(ARCHIVOLT_ADMIN_PASSWORD="")
    assert shipped.err.read_text() == ""
    address, sign_in, try_it = [s.strip() for s in shipped.said().strip().splitlines()]
    assert address == f"Archivolt runs at {shipped.address}"
    assert sign_in.startswith("Sign in           tenant demo, user admin, password ")
    line = try_it.removeprefix("Try it").strip()
    told = subprocess.run(shlex.split(line), capture_output=True, check=True)
    assert json.loads(told.stdout)["access"]


def test_a_later_start_shows_no_password_and_a_line_that_works(shipped):
    shipped.start(ARCHIVOLT_ADMIN_PASSWORD="a test password")
    assert "password as set before" in shipped.said()
    assert "a test password" not in shipped.said()
    line = shipped.said().strip().splitlines()[-1].strip().removeprefix("Try it")
    told = subprocess.run(shlex.split(line), capture_output=True, check=True)
    assert json.loads(told.stdout)["status"] == "ok"


def test_the_manifest_is_read_exactly_once_per_start(shipped):
    shipped.start(sys.executable, "-c", READS, ARCHIVOLT_ADMIN_PASSWORD="long enough")
    shipped.stop()
    assert shipped.err.read_text().count("READ") == 1


def test_commands_work_beside_a_running_archivolt(shipped):
    shipped.start(ARCHIVOLT_ADMIN_PASSWORD="a test password")
    assert "core_identity" in shipped.do("plugins")
    assert "demo" in shipped.do("tenants", "list")
    shipped.do("tenants", "create", "acme", "--password", "a test password")
    assert shipped.client("acme").get("/vault/me").status == 200
