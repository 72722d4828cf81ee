"""An environment in which the commands of a page can be run."""

import os
import subprocess
import sys

import pytest


@pytest.fixture
def environment(tmp_path):
    """An environment of one's own, on top of this one's packages."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    packages = next(venv.glob("lib/python*/site-packages"))
    own = next(path for path in sys.path if path.endswith("site-packages"))
    packages.joinpath("ours.pth").write_text(f"import site; site.addsitedir({own!r})\n")
    for name in ("archivolt", "pytest"):
        lend(venv / "bin", name)
    return {
        **os.environ,
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "ARCHIVOLT_HOME": str(tmp_path / "home"),
        "PYTEST_ADDOPTS": "",
    }


def lend(folder, name):
    """Let a command of this environment run in that one."""
    modules = {"archivolt": "archivolt_host.cli", "pytest": "pytest"}
    command = folder / name
    command.write_text(f'#!/bin/sh\nexec "{folder}/python" -m {modules[name]} "$@"\n')
    command.chmod(0o755)
