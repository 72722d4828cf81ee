"""The sandbox: what happens around a document, whatever happens inside."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from archivolt_core_documents.extraction import Extracted, Limits, extract, warm_up

LIMITS = Limits(seconds=60)
WAIT = 60.0


@pytest.fixture
def slow(written: Callable[..., Path]) -> Path:
    """A file that takes seconds to read."""
    return written("slow.html", b"<p>word</p>" * 300_000)


def until(condition: Callable[[], object]) -> object:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def helpers() -> list[psutil.Process]:
    """Our own: a test run has other children too, such as a database server."""
    children = psutil.Process().children()
    return [c for c in children if "archivolt_core_documents" in " ".join(c.cmdline())]


def helper() -> psutil.Process:
    warm_up()
    return helpers()[0]


def reader() -> psutil.Process:
    """Wait for the process that reads a document."""
    return until(lambda: helper().children())[0]


@pytest.fixture
def reading(slow: Path) -> Iterator[list[Extracted]]:
    """A document being read in the background."""
    found: list[Extracted] = []
    thread = threading.Thread(target=lambda: found.append(html(slow, LIMITS)))
    thread.start()
    yield found
    thread.join(WAIT)
    assert not thread.is_alive()


def html(path: Path, limits: Limits = LIMITS) -> Extracted:
    return extract(path, "text/html", limits)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_crash_costs_one_document(
    number: int, reading: list[Extracted], written: Callable[..., Path]
) -> None:
    before = helper().pid
    reader().send_signal(number)
    until(lambda: reading)
    assert reading[0].status == "failed"
    assert "crash" in (reading[0].problem or "")
    assert html(written("page.html")).status == "done"
    assert helper().pid == before


def test_a_hanging_reader_is_ended(slow: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(html, slow, Limits(seconds=1))
        child = reader()
        child.suspend()
        assert future.result(WAIT).problem == "Stopped after 1 s."
        until(lambda: not child.is_running())


def test_a_lost_helper_is_replaced_and_the_document_read(
    reading: list[Extracted],
) -> None:
    reader()
    lost = helper()
    lost.kill()
    until(lambda: reading)
    assert reading[0].status == "done"
    assert helper().pid != lost.pid


def test_a_stuck_helper_is_replaced(
    written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archivolt_core_documents.extraction.helper.GRACE", 1.0)
    stuck = helper()
    stuck.suspend()
    assert html(written("page.html"), Limits(seconds=1)).status == "done"
    until(lambda: not stuck.is_running())


def test_threads_share_one_helper(written: Callable[..., Path]) -> None:
    path = written("page.html")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: html(path), range(40)))
    assert {one.status for one in found} == {"done"}
    assert len(helpers()) == 1


def test_a_forked_worker_shares_the_helper(written: Callable[..., Path]) -> None:
    path = written("page.html")
    before = helper()
    pid = os.fork()
    if pid == 0:
        alone = not helpers()
        good = html(path).status == "done" and not helpers()
        os._exit(0 if alone and good else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert helper() == before


def test_nothing_survives_its_owner(slow: Path) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from archivolt_core_documents.extraction import extract;"
        "extract(Path(sys.argv[1]), 'text/html')"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, str(slow)])
    started = psutil.Process(owner.pid)
    family = until(lambda: len(found := started.children(recursive=True)) > 1 and found)
    owner.kill()
    owner.wait()
    until(lambda: not any(process.is_running() for process in family))


def test_a_reader_goes_when_its_caller_goes(slow: Path) -> None:
    warm_up()
    pid = os.fork()
    if pid == 0:
        html(slow)
        os._exit(0)
    child = reader()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    until(lambda: not child.is_running())


def test_a_reader_holds_no_sockets_and_little_else(reading: list[Extracted]) -> None:
    child = reader()
    until(lambda: child.rlimit(psutil.RLIMIT_NPROC)[0] == 0)
    folder = Path(f"/proc/{child.pid}/fd")
    links = [os.readlink(link) for link in folder.iterdir()]
    assert not [link for link in links if link.startswith("socket")]
    assert len(links) <= 4
    assert child.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
    assert child.rlimit(psutil.RLIMIT_CORE) == (0, 0)
    assert child.rlimit(psutil.RLIMIT_AS)[0] < LIMITS.memory + 1024**3
    assert "SECRET" not in child.environ()


def test_the_callers_secrets_stay_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from archivolt_core_documents.extraction import stop

    stop()
    monkeypatch.setenv("DATABASE_PASSWORD", "secret")
    assert "DATABASE_PASSWORD" not in helper().environ()


def test_a_missing_file_is_the_callers_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        html(tmp_path / "none.html")


def test_a_path_need_not_be_plain(written: Callable[..., Path], monkeypatch) -> None:
    path = written("größe \udcff\n.html", b"<p>word</p>")
    monkeypatch.chdir(path.parent)
    assert html(Path(path.name)).text == "word"
