"""Whole deployments, started as an operator starts them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("archivolt")
ROOT = Path(__file__).parents[2]
PASSWORD = "a test password"


def wait_until(condition, seconds=90.0):
    """Return the condition's first true answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"still not so after {seconds} s")


class Answer:
    def __init__(self, status, text):
        self.status, self.text = status, text

    @property
    def json(self):
        return json.loads(self.text)


class Client:
    """A user of one tenant, over a connection of its own for each request."""

    def __init__(self, address, tenant):
        self.address, self.headers = address, {"Org": tenant}
        sent = {"username": "admin", "password": PASSWORD}
        answer = self.send("POST", "/vault/auth/token", sent)
        self.headers["Authorization"] = f"JWT {answer.json['access']}"

    def send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(
            self.address + path,
            data,
            self.headers | {"Content-Type": "application/json", "Connection": "close"},
            method=method,
        )
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return Answer(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode())

    def get(self, path):
        return self.send("GET", path)


class Deployment:
    """A folder with a manifest, a home and a folder of further packages."""

    def __init__(self, folder, command=COMMAND):
        self.folder, self.command = folder, command
        self.manifest, self.site = folder / "manifest.toml", folder / "site"
        self.site.mkdir()
        self.environment = os.environ | {
            "ARCHIVOLT_HOME": str(folder / "home"),
            "ARCHIVOLT_MANIFEST": str(self.manifest),
            "PYTHONPATH": str(self.site),
        }
        self.running = None

    def do(self, *words, cwd=None, **more):
        """Run a command to its end and return what it printed."""
        done = subprocess.run(
            [self.command, *words],
            cwd=cwd,
            env=self.environment | more,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *wrapped, **more):
        """Start everything, and wait until it says so."""
        command = wrapped or (self.command,)
        self.out, self.err = (self.folder / name for name in ("out.log", "err.log"))
        with self.out.open("w") as out, self.err.open("w") as err:
            self.running = subprocess.Popen(
                [*command, "run", "--port", "0"],
                env=self.environment | more,
                stdout=out,
                stderr=err,
            )
        wait_until(lambda: "Try it" in self.said() or self.running.poll() is not None)
        assert "Try it" in self.said(), self.err.read_text()
        self.address = re.search(r"runs at (\S+)", self.said())[1]

    def said(self):
        return self.out.read_text()

    def client(self, tenant):
        return Client(self.address, tenant)

    def stop(self):
        if self.running is not None and self.running.poll() is None:
            self.running.send_signal(signal.SIGTERM)
            self.running.wait(20)


@pytest.fixture
def deployment(tmp_path):
    made = Deployment(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def make_deployment(tmp_path):
    """Make a deployment whose command is another environment's."""
    made = []

    def make(command):
        made.append(Deployment(tmp_path, command))
        return made[0]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def until():
    return wait_until


@pytest.fixture
def root():
    return ROOT
