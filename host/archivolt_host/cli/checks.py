"""What ``archivolt doctor`` asks this machine: one small function each."""

import os
import resource
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from archivolt_host.cli.run.web import PortError, open_listener
from archivolt_host.tenants.home import Home, HomeError

GIB = 1 << 30
NEWER_PYTHON = (3, 11)
NEWER_SQLITE = (3, 35, 0)  # RETURNING
ENOUGH_FILES = 1024
MINUTE = 60.0
THIS_CODE_WAS_WRITTEN = 1_767_225_600.0  # 2026-01-01


@dataclass(frozen=True)
class Check:
    """The answer to one question, and what to do about it."""

    name: str
    state: Literal["ok", "warn", "fail"]
    sentence: str
    next_step: str = ""


@dataclass(frozen=True)
class Deployment:
    """What the manifest says, as far as the doctor looks at it."""

    home: Home
    host: str = "127.0.0.1"
    port: int = 8080
    valkey_url: str | None = None
    postgresql_url: str | None = None
    #: Reads the manifest and returns what is wrong with it.
    manifest_problem: Callable[[], str | None] = lambda: None
    #: Installed plugins, each with the reason why it cannot be imported.
    plugins: Sequence[tuple[str, str | None]] = ()


def python(_: Deployment) -> Check:
    """Ask for a Python that is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= NEWER_PYTHON:
        return Check("Python", "ok", f"Python {version}.")
    sentence = f"Archivolt needs Python 3.11 or newer; this is {version}."
    return Check("Python", "fail", sentence, "Install Python 3.11 or newer.")


def manifest(deployment: Deployment) -> Check:
    """Ask for a manifest without errors."""
    problem = deployment.manifest_problem()
    if problem is None:
        return Check("manifest", "ok", "The manifest can be read.")
    return Check("manifest", "fail", problem, "Correct the manifest.")


def plugins(deployment: Deployment) -> Check:
    """Ask whether each installed plugin can be imported."""
    broken = [(name, problem) for name, problem in deployment.plugins if problem]
    if not broken:
        count = len(deployment.plugins)
        return Check("plugins", "ok", f"{count} plugins are installed; all import.")
    sentence = " ".join(f"{name} cannot be imported: {why}." for name, why in broken)
    step = "Reinstall or remove it; the others run without it."
    return Check("plugins", "warn", sentence, step)


def home(deployment: Deployment) -> Check:
    """Ask whether the home can be used by this version."""
    path = deployment.home.path
    if not path.exists() and os.access(_nearest_folder(path), os.W_OK):
        return Check("home", "ok", f"{path} will be made at the first start.")
    try:
        deployment.home.prepare()
    except HomeError as problem:
        return Check("home", "fail", str(problem))
    sentence = f"{path} is writable (format {deployment.home.format()})."
    return Check("home", "ok", sentence)


def disk(deployment: Deployment) -> Check:
    """Ask for room to write."""
    free = shutil.disk_usage(_nearest_folder(deployment.home.path)).free
    sentence = f"{free / GIB:.1f} GiB are free for {deployment.home.path}."
    if free >= GIB:
        return Check("disk", "ok", sentence)
    return Check("disk", "warn", sentence, "Free some space before you upload.")


def crontab(deployment: Deployment) -> Check:
    """Ask for a crontab in which every line can be used, where there is one."""
    from archivolt_host.cli.opening import commands
    from archivolt_host.jobs.crontab import read

    path = deployment.home.crontab
    if not path.exists():
        return Check("crontab", "ok", f"There is no {path}, and none is needed.")
    found = read(path, commands())
    if not found.mistakes:
        return Check("crontab", "ok", f"{path} has {len(found.entries)} entries.")
    wrong = "\n".join(f"{path}:{w.line}: {w.sentence}" for w in found.mistakes)
    return Check("crontab", "warn", wrong, "The other lines are run all the same.")


def port(deployment: Deployment) -> Check:
    """Ask whether the port is free, or ours already."""
    holder = deployment.home.holder()
    if holder is not None:
        sentence = f"Archivolt runs on this home already (process {holder})."
        return Check("port", "ok", sentence)
    try:
        open_listener(deployment.host, deployment.port).close()
    except PortError as problem:
        return Check("port", "fail", str(problem))
    return Check("port", "ok", f"Port {deployment.port} is free.")


def sqlite(_: Deployment) -> Check:
    """Ask for an SQLite with the features that storage and search use."""
    version = sqlite3.sqlite_version
    step = "Use a Python that is built with a newer SQLite."
    if sqlite3.sqlite_version_info < NEWER_SQLITE:
        return Check("SQLite", "fail", f"SQLite {version} is too old.", step)
    try:
        with sqlite3.connect(":memory:") as connection:
            connection.execute("CREATE VIRTUAL TABLE probe USING fts5(text)")
        connection.close()
    except sqlite3.OperationalError:
        sentence = f"SQLite {version} has no full-text search (FTS5)."
        return Check("SQLite", "fail", sentence, step)
    return Check("SQLite", "ok", f"SQLite {version} with full-text search.")


def open_files(_: Deployment) -> Check:
    """Ask how many files and connections a process may have open."""
    limit, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    sentence = f"A process may open {limit} files."
    if limit >= ENOUGH_FILES or limit == resource.RLIM_INFINITY:
        return Check("files", "ok", sentence)
    return Check("files", "warn", sentence, f"Raise it: ulimit -n {ENOUGH_FILES * 4}")


def clock(deployment: Deployment) -> Check:
    """Ask whether the clock has gone back: tokens and leases depend on it."""
    now = time.time()
    step = "Set the clock, and keep it set with NTP."
    if now < THIS_CODE_WAS_WRITTEN:
        return Check("clock", "fail", "The clock is years behind.", step)
    written = _last_write(deployment.home)
    if written > now + MINUTE:
        sentence = (
            f"The clock is {written - now:.0f} s behind the catalog's last write."
        )
        return Check("clock", "warn", sentence, step)
    return Check(
        "clock", "ok", f"{time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime(now))}."
    )


def _nearest_folder(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _last_write(home: Home) -> float:
    try:
        return os.stat(home.catalog).st_mtime
    except OSError:
        return 0.0
