"""What ``archivolt run`` says to a machine: lines of JSON, and nothing else."""

import json
import os
import signal

import psutil
import pytest

pytestmark = pytest.mark.slow
MANIFEST = """
[host]
web_processes = 1
[plugins.core_identity]
[plugins.core_documents]
[defaults]
enabled = ["core_identity", "core_documents"]
"""


@pytest.fixture
def started(deployment):
    deployment.manifest.write_text(MANIFEST)
    deployment.start(ARCHIVOLT_ADMIN_PASSWORD="a test password")
    return deployment


def lines(deployment):
    return [json.loads(line) for line in deployment.err.read_text().splitlines()]


def kill_web(deployment):
    family = psutil.Process(deployment.running.pid).children(recursive=True)
    [web] = [p for p in family if "web" in " ".join(p.cmdline())]
    os.kill(web.pid, signal.SIGKILL)
    return web.pid


def test_every_line_is_json_and_says_who_and_when(started, until):
    client = started.client("demo")
    assert client.get("/vault/documents").status == 200
    assert client.get("/vault/documents/nothing").status == 404
    assert client.send("POST", "/vault/folders", {"name": 'quoted "\n'}).status < 500
    pid = kill_web(started)
    until(lambda: str(pid) in started.err.read_text())
    until(lambda: _answers(client))
    started.stop()
    said = lines(started)
    requests = [line for line in said if line["message"] == "request"]
    assert {line["status"] for line in requests} >= {200, 404}
    assert all(line["tenant"] == "demo" and line["request_id"] for line in requests)
    assert all({"message", "level", "at"} <= line.keys() for line in said)
    [end] = [line for line in said if "killed by SIGKILL" in line["message"]]
    assert end["level"] == "warning"


def _answers(client):
    try:
        return client.get("/vault/documents").status == 200
    except OSError:
        return False
