"""A server under test: started, called and stopped, in a home of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from benchmarks.processes import cpu_seconds

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PATIENCE = 60.0


class Server:
    """A server under test, in a home of its own."""

    name: str
    prefix = ""
    health = "/health"

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True)
        self.home = home
        self.port = 0
        self.process: Any = None

    def start(self) -> float:
        """Start it; return the seconds until its first answer."""
        self.port = free_port()
        began = time.perf_counter()
        with open(self.home / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                env={**os.environ, **self.settings()},
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        self._wait()
        return time.perf_counter() - began

    def stop(self) -> None:
        """Stop it as an init system does."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE / 2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def command(self) -> list[str]:
        """Return what starts it."""
        raise NotImplementedError

    def settings(self) -> dict[str, str]:
        """Return its environment."""
        raise NotImplementedError

    def token(self, tenant: str) -> str:
        """Return a token of the tenant's user."""
        raise NotImplementedError

    def seed(self, tenants: Sequence[str], count: int) -> dict[str, list[str]]:
        """Store documents in each tenant while it is stopped; return their ids."""
        raise NotImplementedError

    def headers(self, tenant: str) -> dict[str, str]:
        """Return what every request carries."""
        return {"Org": tenant, "Authorization": f"JWT {self.token(tenant)}"}

    def settle(self) -> None:
        """Wait until no work is left over from the requests."""

    def cpu(self) -> float:
        """Return the processor seconds of all its processes so far."""
        return cpu_seconds(self.process.pid)

    def answering_cpu(self) -> float:
        """Return the processor seconds of the processes that answer requests."""
        return self.cpu()

    def call(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, bytes]:
        """Send one request and return status and body."""
        url = f"http://127.0.0.1:{self.port}{self.prefix}{path}"
        request = Request(url, body or None, dict(headers), method=method)
        try:
            with urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            return error.code, error.read()

    def _wait(self) -> None:
        end = time.perf_counter() + PATIENCE
        while time.perf_counter() < end and self.process.poll() is None:
            try:
                if self.call("GET", self.health, {})[0] == 200:
                    return
            except (URLError, ConnectionError):
                time.sleep(0.005)
        raise SystemExit(f"{self.name} did not start:\n{self.last_words()}")

    def last_words(self) -> str:
        """Return the end of its log."""
        lines = (self.home / "server.log").read_text(errors="replace").splitlines()
        kept = [line for line in lines if '"message": "request"' not in line]
        return "\n".join([*kept[-20:], f"exit code {self.process.poll()}"])


def free_port() -> int:
    """Return a port that is free right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
