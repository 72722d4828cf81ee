"""Whole deployments as operators start them, looked at through real sockets."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
import tomlkit

PASSWORD = "a first password"
FILE = {"Content-Disposition": 'attachment; filename="a.txt"'}


class Deployment:
    """One `archivolt run` on a home of its own, and its first tenant's admin."""

    def __init__(self, folder, host):
        self.home, self.log = folder / "home", folder / "run.log"
        self.opened = []
        manifest = folder / "manifest.toml"
        names = ["core_identity", "core_documents"]
        written = {
            "host": {"web_processes": 1, "access_log": False, **host},
            "plugins": {name: {} for name in names},
            "defaults": {"enabled": names},
        }
        manifest.write_text(tomlkit.dumps(written))
        command = [Path(sys.executable).with_name("archivolt"), "run"]
        options = ["--home", self.home, "--manifest", manifest, "--port", "0"]
        environment = {"ARCHIVOLT_ADMIN_PASSWORD": PASSWORD, "PYTHONUNBUFFERED": "1"}
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [*command, *options],
                stdout=out,
                stderr=subprocess.STDOUT,
                env=os.environ | environment,
            )
        self.until(lambda: self._place(), 30)
        self.headers = {"Org": "demo"}
        sent = {"username": "admin", "password": PASSWORD}
        _, tokens = self.ask("POST", "/auth/token", json.dumps(sent), JSON)
        self.headers["Authorization"] = f"JWT {tokens['access']}"
        self.blobs = self.home / "blobs" / "demo"

    def _place(self):
        assert self.process.poll() is None, self.said()
        return re.search(r"Archivolt runs at http://([\d.]+):(\d+)", self.said())

    def said(self):
        return self.log.read_text()

    def until(self, condition, seconds=60):
        """Wait for a condition, and return its first true answer."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if answer := condition():
                return answer
            time.sleep(0.02)
        raise AssertionError(f"not so after {seconds} s; the log: {self.said()}")

    def connect(self):
        """Open a bare connection."""
        place = self._place()
        opened = socket.create_connection((place[1], int(place[2])), timeout=15)
        self.opened.append(opened)
        return opened

    def ask(self, method, path, body=None, headers=None):
        """Return the status and the JSON of an answer."""
        place = self._place()
        connection = HTTPConnection(place[1], int(place[2]), timeout=15)
        try:
            connection.request(
                method, f"/vault{path}", body, {**self.headers, **(headers or {})}
            )
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text else None

    def begin(self, length, content=b"", **headers):
        """Begin an upload on a connection of its own, and send this much of it."""
        connection = self.connect()
        sent = {**self.headers, **FILE, "Content-Length": str(length), **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        head = f"POST /vault/documents HTTP/1.1\r\nHost: x\r\n{lines}\r\n"
        connection.sendall(head.encode() + content)
        return connection

    def add(self, content=b"some words"):
        status, made = self.ask("POST", "/documents", content, FILE)
        assert status == 201, made
        return made

    def pids(self, name):
        """Return the living children of a name."""
        found = []
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):  # it may be ending
                if child.cmdline()[0].startswith(f"archivolt: {name}"):
                    found.append(child.pid)
        return found

    def contents(self):
        return {path.name for path in self.blobs.glob("??/*")}

    def incoming(self):
        return list(self.blobs.glob("incoming/*"))

    def sweep(self):
        """Have the worker do the hourly sweep now, an hour and more later."""
        from archivolt_host.app import open_host
        from archivolt_host.jobs import bus
        from archivolt_host.jobs.registry import jobs
        from archivolt_host.tenants import context, sessions
        from archivolt_host.tenants.home import Home

        for left in self.incoming():
            os.utime(left, (time.time() - 7200,) * 2)
        host = open_host(Home(self.home), self.home.parent / "manifest.toml")
        try:
            for tenant in host.catalog.all():
                with context.acting(tenant), sessions.transaction():
                    bus.enqueue(jobs().get("host.sweep"))
        finally:
            host.close()
        self.until(lambda: self.incoming() == [])

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="session")
def deployment(tmp_path_factory):
    """A deployment for all tests of this process: a start takes seconds."""
    started = Deployment(
        tmp_path_factory.mktemp("run"),
        host={"web_threads": 8, "body_stall_seconds": "3s"},
    )
    yield started
    started.stop()


@pytest.fixture
def one(deployment):
    """A deployment in good health; what a test leaves open is closed behind it."""
    yield deployment
    while deployment.opened:
        deployment.opened.pop().close()
    deployment.until(lambda: deployment.ask("GET", "/health/ready")[0] == 200, 30)
