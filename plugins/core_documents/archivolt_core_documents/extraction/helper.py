"""The sandbox's side of one helper process."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from struct import pack

from archivolt_core_documents.extraction import protocol
from archivolt_core_documents.extraction.protocol import Request
from archivolt_core_documents.extraction.results import (
    Extracted,
    Limits,
    failed,
    out_of_memory,
    out_of_time,
)

MODULE = "archivolt_core_documents.extraction.zygote"
PASSED_ON = ("LANG", "LD_LIBRARY_PATH", "PATH", "TZ")  # the helper needs no secrets
GRACE = 30.0  # beyond a document's own time; a helper that starts on a busy machine
CHUNK = 1024 * 1024
WIDEST = 4  # bytes of a character in UTF-8
CRASHED = "The file made its reader crash: it is probably damaged."
TOO_MUCH = "The file made its reader answer without end."


class LostError(Exception):
    """The helper is gone or does not answer; nothing is known of the document."""


class Helper:
    """A running helper process; threads and forks of its owner may share it."""

    def __init__(self) -> None:
        self._control, theirs = pair()
        # A stopped helper must not block its callers for ever.
        patience = pack("ll", int(GRACE), 0)
        self._control.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        self._owner = os.getpid()
        with theirs:
            self._process = start(theirs)

    def ask(self, request: Request) -> Extracted:
        """Have one document read."""
        source, output = os.pipe()
        ours, theirs = pair()
        with ours, open(source, "rb", buffering=0):
            try:
                files = [output, theirs.fileno()]
                socket.send_fds(self._control, [request.pack()], files)
            except OSError as error:
                raise LostError from error
            finally:
                os.close(output)
                theirs.close()
            return receive(source, ours, request.limits)

    def end(self) -> None:
        """Let go of the helper; its owner also ends it."""
        self._control.close()
        if self._owner == os.getpid():
            self._process.kill()  # its children die with it
            self._process.wait()
        else:
            self._process.returncode = 0  # not ours to wait for


def start(control: socket.socket) -> subprocess.Popen[bytes]:
    """Start a helper that listens on `control`."""
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-I", "-m", MODULE],
        stdin=control.fileno(),
        stdout=subprocess.DEVNULL,
        cwd="/",
        env={key: os.environ[key] for key in PASSED_ON if key in os.environ},
        # Ctrl-C is for the owner: the helper ends when its socket closes.
        # Not PR_SET_PDEATHSIG: that fires when the starting *thread* ends.
        start_new_session=True,
    )


def pair() -> tuple[socket.socket, socket.socket]:
    """Make two ends that carry whole messages."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def receive(source: int, verdicts: socket.socket, limits: Limits) -> Extracted:
    """Wait for the child's answer, then for the helper's verdict on the child."""
    deadline = time.monotonic() + limits.seconds + GRACE
    most = limits.characters * WIDEST + CHUNK
    message = drain(source, most, deadline)
    if len(message) > most:
        return failed(TOO_MUCH)
    wait(verdicts.fileno(), deadline)
    try:
        verdict = verdicts.recv(protocol.MESSAGE).decode()
    except OSError as error:
        raise LostError from error
    return judge(message, verdict, limits)


def drain(source: int, most: int, deadline: float) -> bytes:
    """Read until nobody can write any more, or there is too much."""
    message = bytearray()
    while len(message) <= most:
        wait(source, deadline)
        piece = os.read(source, CHUNK)
        if not piece:
            break
        message += piece
    return bytes(message)


def wait(source: int, deadline: float) -> None:
    """Wait until there is something to read."""
    poll = select.poll()
    poll.register(source, select.POLLIN)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise LostError


def judge(message: bytes, verdict: str, limits: Limits) -> Extracted:
    """Turn what came back, and how the child ended, into a result."""
    if verdict in ("", protocol.NO_CHILD):
        raise LostError
    if verdict in (protocol.LATE, f"signal {signal.SIGXCPU:d}"):
        return failed(out_of_time(limits))
    if verdict != protocol.EXITED:
        return failed(out_of_memory(limits) if starved(verdict) else CRASHED)
    try:
        return protocol.unpack(message, limits)
    except (ValueError, TypeError):
        return failed(CRASHED)


def starved(verdict: str) -> bool:
    """Tell a child that could not even say that it had no memory left."""
    return verdict == "exit 1"
