"""Runs the entries of a crontab: each a process, its output in a file of its own."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO

import structlog

from archivolt_host.errors import RefusedError
from archivolt_host.jobs import crontab
from archivolt_host.jobs.crontab import Entry, Table
from archivolt_host.jobs.public import Task
from archivolt_host.jobs.schedule_models import SKIP
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.home import Home

log = structlog.get_logger()

PROGRAM = (sys.executable, "-m", "archivolt_host.cli")
LARGEST_LOG = 1024 * 1024  # bytes, before a file is put aside
OLD_LOGS = 3  # files of each entry that are kept beside the newest
OF_PARENT = ("PROMETHEUS_MULTIPROC_DIR",)  # for the processes that are supervised


class Crontab:
    """The crontab of a home, read again when it has changed."""

    def __init__(
        self, home: Home, commands: Collection[str], program: Sequence[str] = PROGRAM
    ) -> None:
        self._home = home
        self._commands = commands
        self._program = program
        self._seen: tuple[int, int] | None = None
        self._table = Table()

    def tasks(self) -> list[Task]:
        """Return its entries as tasks; what is wrong is in the log, once."""
        seen = _stamp(self._home.crontab)
        if seen != self._seen:
            self._seen = seen
            self._table = crontab.read(self._home.crontab, self._commands)
            for wrong in self._table.mistakes:
                log.error("crontab", line=wrong.line, problem=wrong.sentence)
        return [self._task(entry) for entry in self._table.entries]

    def _task(self, entry: Entry) -> Task:
        return Task(
            f"crontab.{entry.name}",
            partial(self._run, entry),
            f"archivolt {' '.join(entry.words)}",
            entry.cron,
            zone=entry.zone,
            missed=SKIP,
        )

    def _run(self, entry: Entry) -> str:
        """Run an entry to its end; its output is appended to its own file."""
        folder = self._home.logs / "cron"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{entry.name}.log"
        with (folder / f"{entry.name}.lock").open("w") as lock:
            _claim(lock, entry)
            _rotate(path)
            with path.open("a", encoding="utf-8") as out:
                status = self._wait(entry, out, lock)
        if status:
            raise RefusedError(f"It ended with {status}: see {path}.")
        return f"Its output is in {path}."

    def _wait(self, entry: Entry, out: IO[str], lock: IO[str]) -> int:
        kept = {k: v for k, v in os.environ.items() if k not in OF_PARENT}
        out.write(f"--- {now():%Y-%m-%dT%H:%M:%SZ} archivolt {' '.join(entry.words)}\n")
        out.flush()
        status = subprocess.call(  # noqa: S603 - a command of ours
            [*self._program, *entry.words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**kept, "ARCHIVOLT_HOME": str(self._home.path)},
            pass_fds=[lock.fileno()],  # held for as long as it runs, whoever started it
        )
        out.write(f"--- {now():%Y-%m-%dT%H:%M:%SZ} ended with {status}\n")
        return status


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes with a file, None where there is none."""
    with suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_size
    return None


def _claim(lock: IO[str], entry: Entry) -> None:
    """Refuse where a process that outlived its scheduler still runs the entry."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RefusedError(f"{entry.name} still runs from before.") from error


def _rotate(path: Path) -> None:
    """Put a large file aside, and forget the oldest."""
    if not path.exists() or path.stat().st_size < LARGEST_LOG:
        return
    names = [path, *(Path(f"{path}.{n}") for n in range(1, OLD_LOGS + 1))]
    for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
        if newer.exists():
            newer.replace(older)
