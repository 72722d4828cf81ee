"""The command line as a user has it, in this process or as one of its own."""

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from archivolt_host.cli import declared, opening
from archivolt_host.cli.main import archivolt

MANIFEST = """\
# Ours, and dear to us.
[host]
sqlite_synchronous = "OFF"  # a test can be repeated

[plugins.core_identity]
[plugins.core_permissions]

[plugins.core_documents]
max_upload = "2GiB"  # for all

[plugins.core_search]

[defaults]
enabled = ["core_identity", "core_documents", "core_search"]
"""
CACHES = (
    opening.manifest,
    opening.opened,
    opening.ready,
    declared.commands,
)


def end():
    """Leave this process as a command leaves it: with nothing open."""
    if opening.opened.cache_info().currsize:
        opening.opened().close()
    for function in CACHES:
        function.cache_clear()


class Deployment:
    """A folder with a manifest and a home, and commands in it."""

    def __init__(self, folder):
        self.folder = folder
        self.home = folder / "home"
        self.manifest = folder / "manifest.toml"
        if not self.manifest.exists():
            self.manifest.write_text(MANIFEST)

    @property
    def environment(self):
        return {
            "ARCHIVOLT_HOME": str(self.home),
            "ARCHIVOLT_MANIFEST": str(self.manifest),
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        }

    def __call__(self, *arguments, input=None, **environment):
        """Run a command, and return what came of it."""
        end()  # what another test has left open is not ours
        unset = {"ARCHIVOLT_PORT": None, "ARCHIVOLT_ADMIN_PASSWORD": None}
        env = unset | self.environment | environment
        try:
            return CliRunner().invoke(archivolt, arguments, input=input, env=env)
        finally:
            end()

    @contextmanager
    def open(self):
        """Open the host in this process."""
        end()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            try:
                yield opening.ready()
            finally:
                end()

    def ok(self, *arguments, **more):
        """Return what a command prints that goes well."""
        done = self(*arguments, **more)
        assert done.exit_code == 0, done.output
        return done.stdout

    def refused(self, *arguments, **more):
        """Return the one sentence with which a command refuses."""
        done = self(*arguments, **more)
        assert done.exit_code in (1, 2), done.output
        assert "Traceback" not in done.output
        *usage, said = done.stderr.strip().splitlines()
        assert all(line.startswith(("Usage:", "Try ", "")) for line in usage)
        assert said.startswith("Error: "), done.output
        return said.removeprefix("Error: ")


@pytest.fixture
def deployment(tmp_path):
    """A deployment that has never been used."""
    return Deployment(tmp_path)


@pytest.fixture(scope="session")
def used(tmp_path_factory):
    folder = tmp_path_factory.mktemp("used")
    Deployment(folder).ok("tenants", "create", "demo", "--password", "a test password")
    return folder


@pytest.fixture
def cli(used, tmp_path):
    """A deployment with the tenant ``demo``."""
    shutil.copytree(used, tmp_path, dirs_exist_ok=True)
    return Deployment(Path(tmp_path))
