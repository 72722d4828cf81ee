"""Start stand-in deployments as real processes, and watch them from outside."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

STAND_IN = Path(__file__).parent / "stand_in.py"


def wait_until(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Return the condition's first true answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.01)
    raise AssertionError(f"still not so after {seconds} s: {condition}")


class StandIn:
    """One `archivolt run` of the stand-in deployment."""

    def __init__(self, home: Path, log: Path, **environment: str) -> None:
        self.home, self.log = home, log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, STAND_IN, "--home", home, "--port", "0"],
                stdout=out,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
            )
        self.pid = self.process.pid

    def ready(self) -> "StandIn":
        wait_until(lambda: self.address() or self.process.poll() is not None)
        assert self.address(), self.said()
        return self

    def said(self) -> str:
        return self.log.read_text()

    def address(self) -> str:
        found = re.search(r"Archivolt runs at (\S+)\n.*Try it", self.said(), re.DOTALL)
        return found[1] if found else ""

    def get(self, path: str = "/") -> str:
        with urllib.request.urlopen(self.address() + path, timeout=4) as answer:
            return answer.read().decode()

    def pids(self, name: str = "") -> list[int]:
        """Return the living children of this name."""
        found = []
        for child in psutil.Process(self.pid).children(recursive=True):
            try:
                title = child.cmdline()[0]
            except (psutil.NoSuchProcess, IndexError):
                continue
            if title.startswith(f"archivolt: {name}"):
                found.append(child.pid)
        return found

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(4)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., StandIn]]:
    """Start stand-ins, by default on a home that the test's runs share."""
    started: list[StandIn] = []

    def start(home: Path = tmp_path / "home", **environment: str) -> StandIn:
        log = tmp_path / f"run-{len(started)}.log"
        started.append(StandIn(home, log, **environment))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.fixture
def until() -> Callable[..., Any]:
    return wait_until
