"""``archivolt conform`` as it is used: a program, on a plugin that is installed."""

import json
import os
import subprocess
import sys

import pytest


class Verdict:
    """What conform says of one plugin."""

    def __init__(self, done):
        assert done.returncode in (0, 1), done.stderr
        assert done.stdout.startswith("{"), done.stderr
        self.conforms = done.returncode == 0
        self.checks = {c["check"]: c for c in json.loads(done.stdout)["checks"]}

    @property
    def failed(self):
        return {
            n: c["problems"] for n, c in self.checks.items() if c["state"] == "failed"
        }


def _conform(name, site=None):
    path = os.pathsep.join(
        filter(None, [str(site) if site else "", os.environ.get("PYTHONPATH", "")])
    )
    return Verdict(
        subprocess.run(
            [sys.executable, "-m", "archivolt_host.cli", "conform", name, "--json"],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
    )


@pytest.fixture
def conform():
    """Have an installed plugin checked."""
    return _conform


@pytest.fixture
def verdict(make_plugin, tmp_path):
    """Write a throw-away plugin, and have it checked."""

    def judge(name, code=None, **declared):
        given = {"code": code} if code else {}
        package = make_plugin(name, **given, **declared)
        return _conform(name, package.parent)

    return judge
