import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

NOTES = Path(__file__).parent / "notes"
SECOND_PROCESS = Path(__file__).parent / "second_process.py"


@pytest.fixture
def notes(make_plugin):
    """Install the plugin ``notes``: a table, routes and jobs."""
    first = "migrations/0001_first.py"
    code, files = (NOTES / "plugin.py").read_text(), (NOTES / first).read_text()
    return make_plugin("notes", code, files={first: files})


@pytest.fixture
def eventually():
    """Wait for a condition's first true answer."""

    def wait(condition, seconds=10.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if answer := condition():
                return answer
            time.sleep(0.01)
        raise AssertionError(f"still not so after {seconds} s")

    return wait


class Process:
    """Another process of the same deployment, which does as it is told."""

    def __init__(self, host, doing):
        path = os.pathsep.join(p for p in sys.path if p)
        self.process = subprocess.Popen(
            [sys.executable, SECOND_PROCESS, doing],
            env=os.environ
            | {
                "PYTHONPATH": path,
                "ARCHIVOLT_HOME": str(host.home.path),
                "ARCHIVOLT_MANIFEST": str(host.manifest.path),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def ask(self, **words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def kill(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def second_process():
    """Start other processes of a host's deployment."""
    with ExitStack() as started:

        def start(host, doing="answer"):
            process = Process(host, doing)
            started.callback(process.kill)
            return process

        yield start
