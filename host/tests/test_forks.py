"""A fork never finds a thread in the middle of what the child needs too."""

import os
import sys
import threading
import time

import pytest
import structlog

from archivolt_host.cli.logging import Lines
from archivolt_host.forks import undivided

PATIENCE = 20.0  # seconds


class SlowFile:
    """A file that says when a line is being written, and takes its time.

    Like any buffered file it is locked meanwhile.
    """

    def __init__(self):
        self.writing = threading.Event()
        self._mutex = threading.Lock()

    def write(self, line):
        with self._mutex:
            self.writing.set()
            time.sleep(0.2)

    def flush(self):
        pass


@pytest.fixture
def forked():
    """Fork a child that calls a function; say whether it came to its end."""

    def forked(function):
        child = os.fork()
        if child == 0:
            function()
            os._exit(0)
        until = time.monotonic() + PATIENCE
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:
                os.kill(child, 9)
                os.waitpid(child, 0)
                return False
            time.sleep(0.01)
        return True

    return forked


def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    return thread


def test_a_child_can_log_while_its_parent_does(forked):
    file = SlowFile()
    lines = Lines(file)
    thread = in_thread(lambda: lines.msg("of the parent"))
    assert file.writing.wait(PATIENCE)
    assert forked(lambda: lines.msg("of the child"))
    thread.join()


def test_a_home_logs_in_such_lines(host):
    assert isinstance(structlog.get_logger().bind()._logger, Lines)


def test_a_child_can_import_what_its_parent_is_importing(tmp_path, monkeypatch, forked):
    (tmp_path / "slow_to_import.py").write_text("import time; time.sleep(0.3)")
    monkeypatch.syspath_prepend(tmp_path)

    def load():
        with undivided():
            import slow_to_import  # noqa: F401 - for its slowness

    thread = in_thread(load)
    while "slow_to_import" not in sys.modules:
        time.sleep(0.01)
    assert forked(load)
    thread.join()
