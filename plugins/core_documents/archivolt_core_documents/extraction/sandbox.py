"""Extraction in a child process: whatever a document does, it costs only itself.

A helper process ("zygote") has every library loaded and forks a child for each
document. Each call hands it a pipe and a socket of its own, so that threads and
forked workers share one helper without locks. Linux only.
"""

import atexit
import os
import threading
from pathlib import Path

from archivolt_core_documents.extraction import formats
from archivolt_core_documents.extraction.helper import Helper, LostError
from archivolt_core_documents.extraction.protocol import Request
from archivolt_core_documents.extraction.results import Extracted, Limits, failed

ATTEMPTS = 2  # a helper may have died in the night; a fresh one gets the document
DEFAULT = Limits()


class SandboxError(RuntimeError):
    """No document can be read here: the machine is at fault, try again later."""


class Sandbox:
    """The helper of this process, started when first needed."""

    def __init__(self) -> None:
        self._helper: Helper | None = None
        self.renew_lock()

    def renew_lock(self) -> None:
        """Forget who held the lock: after a fork, that thread is not here."""
        self._lock = threading.Lock()

    def helper(self) -> Helper:
        """Give the running helper, or start one."""
        with self._lock:
            if self._helper is None:
                self._helper = Helper()
            return self._helper

    def drop(self, lost: Helper | None = None) -> None:
        """End the helper, unless another thread has replaced it already."""
        with self._lock:
            if self._helper and lost in (None, self._helper):
                self._helper.end()
                self._helper = None

    def run(self, request: Request) -> Extracted:
        """Have one document read, by a fresh helper if the old one is lost."""
        for _ in range(ATTEMPTS):
            helper = self.helper()
            try:
                return helper.ask(request)
            except LostError:
                self.drop(helper)
        raise SandboxError("The helper that reads documents does not run.")


_sandbox = Sandbox()
os.register_at_fork(after_in_child=_sandbox.renew_lock)


def extract(path: Path, mime_type: str, limits: Limits = DEFAULT) -> Extracted:
    """Read the text of a file in a sandbox, as the kind of file `sniff` found.

    Raise OSError where there is no file, SandboxError where nothing can be read.
    """
    if path.stat().st_size == 0:
        return failed("The file is empty (0 bytes).")
    if formats.find(mime_type) is None:
        return formats.unread(mime_type)
    return _sandbox.run(Request(path.absolute(), mime_type, limits))


def warm_up() -> None:
    """Start the helper now: workers that fork for each job share it this way."""
    _sandbox.helper()


def stop() -> None:
    """End the helper."""
    _sandbox.drop()


atexit.register(stop)
