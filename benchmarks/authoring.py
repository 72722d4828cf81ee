"""How long an author waits for the tests of a plugin: fifty, of the usual kind."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.idle import ENTRY, METADATA

SUITE_GOAL = 15.0  # seconds
TESTS = 50
#: Plugins of pytest that the tests of this repository need, and no author has.
OURS = ("anyio", "hypothesispytest", "schemathesis", "xdist")
TEST = """

def test_a_bookmark_comes_back_{number}(client_as, document_of):
    ada = client_as("ada")
    bookmark = {{"document_id": document_of(ada), "note": "{number}"}}
    assert ada.post("/vault/shelf/bookmarks", json=bookmark).status_code == 201
    [found] = ada.get("/vault/shelf/bookmarks").json["items"]
    assert found["note"] == "{number}"
"""
HEAD = """import pytest

pytestmark = pytest.mark.plugins("shelf")


@pytest.fixture
def document_of():
    def upload(client):
        named = {"Content-Disposition": 'attachment; filename="a.txt"'}
        answer = client.post("/vault/documents", data=b"a", headers=named)
        return answer.json["id"]

    return upload
"""


def suite(folder: Path) -> Figure:
    """Have a plugin written, add tests that sign in and call it, and run them."""
    folder.mkdir()
    project, site = folder / "shelf", folder / "site"
    python = (sys.executable, "-m")
    new = ("archivolt_host.cli", "plugin", "new", "shelf", "--defaults")
    subprocess.run([*python, *new], cwd=folder, check=True, capture_output=True)
    tests = "".join(TEST.format(number=number) for number in range(TESTS))
    (project / "tests" / "test_fifty.py").write_text(HEAD + tests)
    dist = site / "archivolt_shelf-0.1.dist-info"
    dist.mkdir(parents=True)
    (dist / "METADATA").write_text(METADATA.format(name="shelf"))
    entry = ENTRY.format(name="shelf").replace(":Plugin", ".plugin:Shelf")
    (dist / "entry_points.txt").write_text(entry)
    path = os.pathsep.join(map(str, (project, site)))
    without = [word for name in OURS for word in ("-p", f"no:{name}")]
    began, before = time.perf_counter(), _cpu()
    done = subprocess.run(
        [*python, "pytest", "-q", *without, "tests/test_fifty.py"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(done.stdout[-3000:])
    detail = f"{_cpu() - before:.1f} s of the processor"
    return Figure(f"{TESTS} tests of an author", seconds, SUITE_GOAL, "s", detail)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
