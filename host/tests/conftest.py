import multiprocessing
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from archivolt_host.tenants import sessions

NOTES = Path(__file__).parent / "notes"


@pytest.fixture
def notes(make_plugin):
    """Install the plugin ``notes``: a table, routes and jobs."""
    first = "migrations/0001_first.py"
    code, files = (NOTES / "plugin.py").read_text(), (NOTES / first).read_text()
    return make_plugin("notes", code, files={first: files})


@pytest.fixture
def eventually():
    """Wait for a condition's first true answer."""

    def wait(condition, seconds=60.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if answer := condition():
                return answer
            time.sleep(0.01)
        raise AssertionError(f"still not so after {seconds} s")

    return wait


@pytest.fixture
def in_child():
    """Run a function in a fork of the open host, as web processes and workers are.

    It gets one end of a pipe; the other, and the process, is returned.
    """
    fork = multiprocessing.get_context("fork")
    with ExitStack() as started:

        def start(function, *arguments):
            ours, theirs = fork.Pipe()
            sessions.databases().dispose()
            child = fork.Process(target=function, args=(theirs, *arguments))
            child.start()
            theirs.close()
            started.callback(ours.close)
            started.callback(child.join)
            started.callback(child.kill)
            return ours, child

        yield start


@pytest.fixture
def is_problem():
    """Check that an answer is a problem document, and return it."""

    def check(answer, status, code):
        assert answer.status_code == status, answer.text
        assert answer.content_type == "application/problem+json"
        body = answer.json
        assert body["code"] == code, body
        assert body["status"] == status
        assert body["detail"]
        assert body["request_id"] == answer.headers["X-Request-Id"]
        assert "Traceback" not in answer.text
        return body

    return check
