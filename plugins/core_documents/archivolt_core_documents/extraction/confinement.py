"""What a child may do: little, for a short time, and never longer than its parent."""

import ctypes
import math
import os
import resource
import signal
from pathlib import Path

from archivolt_core_documents.extraction.results import Limits

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
OPEN_FILES = 32
LIBC = ctypes.CDLL(None, use_errno=True)  # before the fork: loading it takes memory


def confine(limits: Limits, parent: int) -> None:
    """Give up what a reader does not need; must run in the child."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before it was asked to take us along
    # What the parent has loaded counts as address space here too.
    lower(resource.RLIMIT_AS, address_space() + limits.memory)
    lower(resource.RLIMIT_CPU, math.ceil(limits.seconds))
    lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    for nothing in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
        lower(nothing, 0)


def lower(limit: int, value: int) -> None:
    """Set a limit, unless the machine's is lower still."""
    _, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(limit, (value, value))


def address_space() -> int:
    """Measure this process's address space in bytes."""
    pages = Path("/proc/self/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


def only_output(output: int) -> None:
    """Close every file and socket except `output`, which becomes stdout."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for source, target in ((output, 1), (nothing, 0), (nothing, 2)):
        os.dup2(source, target)
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
