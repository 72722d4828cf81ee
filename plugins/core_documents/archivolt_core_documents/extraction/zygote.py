"""The helper: one thread, every library loaded, a fork for each document.

It is started by the sandbox with a socket as stdin and ends when nobody holds the
other end any more.
"""

import gc
import os
import selectors
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from archivolt_core_documents.extraction import formats, protocol
from archivolt_core_documents.extraction.confinement import confine, only_output
from archivolt_core_documents.extraction.protocol import Request
from archivolt_core_documents.extraction.results import failed, out_of_memory


@dataclass(eq=False)
class Child:
    """A process that reads one document, and who waits for it."""

    pid: int
    handle: int
    caller: socket.socket
    deadline: float
    killed: str | None = None

    def kill(self, why: str) -> None:
        """End it; its end is noticed through its handle."""
        self.killed = self.killed or why
        os.kill(self.pid, signal.SIGKILL)  # not reaped yet, so the id is still its own

    def verdict(self) -> str:
        """Reap it, and say how it ended."""
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        how = f"exit {code}" if code >= 0 else f"signal {-code}"
        return self.killed or how


class Zygote:
    """Forks children on request, and sees to it that each comes to an end."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._open = True
        self._children: set[Child] = set()
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ, self._accept)

    def serve(self) -> None:
        """Work until all callers are gone, then take the children along."""
        while self._open:
            for key, _ in self._selector.select(self._patience()):
                key.data()
            for child in self._children:
                if child.deadline <= time.monotonic() and not child.killed:
                    child.kill(protocol.LATE)
        for child in self._children:
            child.kill("abandoned")

    def _patience(self) -> float | None:
        waiting = [child.deadline for child in self._children if not child.killed]
        return max(0.0, min(waiting) - time.monotonic()) if waiting else None

    def _accept(self) -> None:
        message, files, _, _ = socket.recv_fds(self._control, protocol.MESSAGE, 2)
        if len(files) != 2:
            self._open = bool(message)
            return
        output, caller = files[0], socket.socket(fileno=files[1])
        try:
            self._fork(Request.unpack(message), output, caller)
        except OSError:
            caller.send(protocol.NO_CHILD.encode())
            caller.close()
        finally:
            os.close(output)

    def _fork(self, request: Request, output: int, caller: socket.socket) -> None:
        deadline = time.monotonic() + request.limits.seconds
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            work(request, output, parent)
        child = Child(pid, os.pidfd_open(pid), caller, deadline)
        self._children.add(child)
        watch = self._selector.register
        watch(child.handle, selectors.EVENT_READ, lambda: self._ended(child))
        watch(caller, selectors.EVENT_READ, lambda: self._abandoned(child))

    def _ended(self, child: Child) -> None:
        self._selector.unregister(child.handle)
        self._forget_caller(child)
        self._children.remove(child)
        os.close(child.handle)
        with suppress(OSError):  # the caller may be gone: nobody is left to tell
            child.caller.send(child.verdict().encode())
        child.caller.close()

    def _abandoned(self, child: Child) -> None:
        self._forget_caller(child)
        child.kill("abandoned")

    def _forget_caller(self, child: Child) -> None:
        with suppress(KeyError):
            self._selector.unregister(child.caller)


def work(request: Request, output: int, parent: int) -> NoReturn:
    """Read one document in the child, and never return."""
    code = 1
    try:
        only_output(output)
        confine(request.limits, parent)
        write(answer(request))
        code = 0
    finally:
        os._exit(code)


def answer(request: Request) -> bytes:
    """Read the document and pack what was found."""
    limits = request.limits
    try:
        return protocol.pack(formats.read(request.path, request.mime_type, limits))
    except MemoryError:
        return protocol.pack(failed(out_of_memory(limits)))


def write(message: bytes) -> None:
    """Write everything to stdout, which is the caller's pipe."""
    rest = memoryview(message)
    while rest:
        rest = rest[os.write(1, rest) :]


def main() -> None:
    """Load everything once, then serve."""
    formats.preload()
    gc.freeze()  # so that collections in the children leave the shared pages alone
    Zygote(socket.socket(fileno=os.dup(sys.stdin.fileno()))).serve()


if __name__ == "__main__":
    main()
