"""Plugins from the template, written as their authors have them written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from archivolt_host.cli.main import archivolt


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to write plugins into."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def command():
    """Run ``archivolt`` with arguments; its answer must be the one expected."""

    def run(*arguments, code=0):
        result = CliRunner().invoke(archivolt, arguments)
        assert result.exit_code == code, result.output
        return result.output

    return run


class Project:
    """A plugin of its own, and what its author runs in it."""

    def __init__(self, folder: Path, checked: Path) -> None:
        self.folder = folder
        self._checked = checked  # what mypy found out about the host, for all of them

    def run(self, *tool):
        """Run a Python tool in the plugin's folder, as if the plugin were installed."""
        path = os.pathsep.join([str(self.folder), str(self._installed())])
        done = subprocess.run(
            [sys.executable, "-m", *tool],
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONPATH": path,
                "PYTEST_ADDOPTS": "",
                "MYPY_CACHE_DIR": str(self._checked),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        return done.stdout

    def _installed(self):
        """Write what pip would have written of an editable installation."""
        import tomllib

        project = tomllib.loads((self.folder / "pyproject.toml").read_text())["project"]
        site = self.folder.parent / "site"
        name = project["name"].replace("-", "_")
        dist = site / f"{name}-{project['version']}.dist-info"
        dist.mkdir(parents=True, exist_ok=True)
        dist.joinpath("METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {project['name']}\n"
            f"Version: {project['version']}\n\n"
            + (self.folder / "README.md").read_text()
        )
        lines = [
            f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in entries.items())
            for group, entries in project["entry-points"].items()
        ]
        dist.joinpath("entry_points.txt").write_text("".join(lines))
        return site


@pytest.fixture(scope="session")
def checked(tmp_path_factory):
    """Where mypy keeps what it found out, from one plugin to the next."""
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture
def new(here, command, checked):
    """Write a plugin: ``new("bookmarks", "jobs=no")``."""

    def write(name, *answers):
        given = [part for answer in answers for part in ("--with", answer)]
        command("plugin", "new", name, "--defaults", *given)
        return Project(here / name, checked)

    return write
