"""What is done for the whole host at its time: backups, checks, forgetting."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from archivolt_host.archives import whole
from archivolt_host.errors import UnavailableError
from archivolt_host.http import health
from archivolt_host.jobs import public_log, running
from archivolt_host.jobs.public import Task
from archivolt_host.orchestration import sweeping as runs
from archivolt_host.plugins.registry import Registry
from archivolt_host.tenants import sessions, upkeep
from archivolt_host.tenants.columns import now

PREFIX = "backup-"
LEAST_FREE = 1024**3  # bytes
LEFT_BEHIND = 86400.0  # seconds after which nobody works on a backup any more
MINUTE, DAY = 60, 86400  # seconds


class Deployment(whole.Deployment, Protocol):
    """An open host with its plugins."""

    @property
    def registry(self) -> Registry:
        """The plugins."""


class Maintenance:
    """The public tasks of one deployment."""

    def __init__(self, host: Deployment, version: str) -> None:
        self._host = host
        self._version = version

    def tasks(self) -> Sequence[Task]:
        """Return all of them: the host's own, and those of plugins."""
        own = [
            _task(self.check_health, every=15 * MINUTE),
            _task(self.check_disk, every=15 * MINUTE),
            _task(self.check_catalog, every=DAY),
            _task(self.forget_public_runs, every=DAY),
            _task(self.forget_system_runs, every=DAY),
        ]
        if cron := str(self._host.manifest.host["backups"]):
            own.append(_task(self.back_up, cron=cron))
        return [*own, *self._of_plugins()]

    def _of_plugins(self) -> Iterator[Task]:
        for plugin, found in self._host.registry.schedules:
            if found.public and plugin in self._host.registry.names:
                yield Task(
                    f"{plugin}.{found.name}",
                    partial(running.called, found.job, found.arguments),
                    found.job.summary,
                    found.cron,
                    found.every,
                    found.zone,
                    found.missed,
                )

    def back_up(self) -> str:
        """Back the whole deployment up, and delete the oldest backups."""
        folder = self.backups
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = folder / f"{PREFIX}{now():%Y-%m-%dT%H-%M-%S}"
        done = whole.back_up(self._host, self._version, target, lambda _: None)
        gone = self._prune()
        said = f"{target}: {done.files} files. {gone} older deleted."
        if done.missing:
            said += f" Missing (1 of {len(done.missing)}): {done.missing[0]}."
        return said

    @property
    def backups(self) -> Path:
        """The folder that backups go to."""
        named = str(self._host.manifest.host["backup_folder"])
        return Path(named) if named else self._host.home.backups

    def _prune(self) -> int:
        """Delete all but the newest backups, and what broken ones left behind."""
        keep = int(self._host.manifest.host["backup_keep"])
        old = sorted(self.backups.glob(f"{PREFIX}*"))[:-keep]
        broken = [p for p in self.backups.glob(f".{PREFIX}*") if _is_left_behind(p)]
        for path in (*old, *broken):
            shutil.rmtree(path)
        return len(old)

    def check_health(self) -> str:
        """Ask everything that the host and its plugins depend on."""
        own = {"database": health.check_database, "valkey": health.check_valkey}
        checks = self._host.registry.health_checks
        probes = own | {check.name: check.probe for check in checks}
        down = [said for name, probe in probes.items() if (said := _down(name, probe))]
        if down:
            raise UnavailableError(" ".join(down))
        return f"{', '.join(probes)} answer."

    def check_disk(self) -> str:
        """Look whether the disk of the home, and that of the backups, has room."""
        for path in (self._host.home.path, self.backups):
            if path.exists() and (free := shutil.disk_usage(path).free) < LEAST_FREE:
                raise UnavailableError(
                    f"{path} has {free / LEAST_FREE:.1f} GiB left: make room."
                )
        return "There is room."

    def check_catalog(self) -> str:
        """Look for damage in the catalog."""
        with sessions.catalog() as session:
            return upkeep.check(session.connection())

    def forget_public_runs(self) -> int:
        """Delete what is known of public tasks that ran long ago."""
        return public_log.forget_old()

    def forget_system_runs(self) -> int:
        """Delete the host's own runs of orchestrators that ended long ago."""
        return runs.forget_system()


def _task(
    deed: Callable[[], object], cron: str | None = None, every: int | None = None
) -> Task:
    summary = (deed.__doc__ or "").strip().partition("\n")[0]
    return Task(f"host.{deed.__name__}", deed, summary, cron, every)


def _is_left_behind(path: Path) -> bool:
    return path.stat().st_mtime < time.time() - LEFT_BEHIND


def _down(name: str, probe: Callable[[], None]) -> str | None:
    """Return how a dependency fails, or None where it answers."""
    try:
        probe()
    except Exception as error:  # whatever it is, it is down
        return f"{name} does not answer: {type(error).__name__}: {error}."
    return None
