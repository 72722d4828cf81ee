"""Fork one child of the supervisor, and make sure that it cannot outlive it."""

import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from setproctitle import setproctitle

log = logging.getLogger("archivolt.run")

PR_SET_PDEATHSIG = 1
RESET = (
    signal.SIGCHLD,
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGPIPE,
    signal.SIGTERM,
)


@dataclass(frozen=True)
class Child:
    """A kind of process to keep alive: a function to run, or a program's argv."""

    name: str
    target: Callable[[], None] | Sequence[str]
    count: int = 1
    #: Asked at the first start; whoever comes next in the list waits for a yes.
    ready: Callable[[], bool] | None = None
    patience: float = 30.0
    #: Seconds from SIGTERM to SIGKILL.
    grace: float = 10.0


def spawn(child: Child, *, forget: Callable[[], None]) -> int:
    """Start one process of this kind in a process group of its own.

    ``forget`` runs in the child first, to close what is the supervisor's alone.
    """
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    # A signal must not meet the supervisor's handlers in a child just born.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, RESET)
    pid = os.fork()
    if pid == 0:
        _become(child, parent, forget)
    try:
        os.setpgid(pid, pid)
    except (PermissionError, ProcessLookupError):
        pass  # it was faster, and did so itself or is gone
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we could ask
        os._exit(1)


def _bequeath() -> None:
    """Have what this process forks die with it too, such as a worker's jobs.

    Only for its main thread: to the kernel, the parent is the thread that forked.
    """
    parent: list[int] = []

    def before() -> None:
        is_main = threading.current_thread() is threading.main_thread()
        parent[:] = [os.getpid()] if is_main else []

    def after() -> None:
        for pid in parent:
            die_with_parent(pid)

    os.register_at_fork(before=before, after_in_child=after)


def _become(child: Child, parent: int, forget: Callable[[], None]) -> NoReturn:
    status = 1
    try:
        die_with_parent(parent)
        _bequeath()
        os.setpgid(0, 0)  # Ctrl-C reaches the supervisor alone, which stops in order
        setproctitle(f"archivolt: {child.name}")
        _reset_signals(forget)
        status = _work(child)
    finally:
        # Not sys.exit: the supervisor's clean-up belongs to the supervisor.
        os._exit(status)


def _reset_signals(forget: Callable[[], None]) -> None:
    for number in RESET:
        signal.signal(number, signal.SIG_DFL)
    forget()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, RESET)


def _work(child: Child) -> int:
    try:
        if callable(child.target):
            # Python's own default: SIGPIPE would kill a server for a lost client.
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
            child.target()
        else:
            os.execv(child.target[0], list(child.target))  # noqa: S606
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else bool(leaving.code)
    except BaseException:
        log.exception("%s stopped with an error", child.name)
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0
