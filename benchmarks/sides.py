"""The two sides: Archivolt as its users run it, and the hand-written floor."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

import jwt

from benchmarks.processes import cpu_by_name
from benchmarks.servers import BIN, PATIENCE, ROOT, Server

PASSWORD = "benchmark-password"
SECRET = "a-secret-of-the-floor-with-more-than-32-bytes"
PROCESSES, THREADS = 2, 8
TENANT = "demo"  # which Archivolt makes at its first start
USER = "0191d3a0-0000-7000-8000-000000000001"


class Floor(Server):
    """The hand-written service."""

    name = "floor"

    def command(self) -> list[str]:
        """Run granian with as many processes and threads as Archivolt has."""
        options = ["--interface", "wsgi", "--host", "127.0.0.1", "--no-ws"]
        options += ["--port", str(self.port), "--workers", str(PROCESSES)]
        options += ["--blocking-threads", str(THREADS), "--no-log"]
        return [str(BIN / "granian"), *options, "benchmarks.floor:app"]

    def settings(self) -> dict[str, str]:
        """Point it to its home and secret."""
        return {"FLOOR_HOME": str(self.home), "FLOOR_SECRET": SECRET}

    def token(self, tenant: str) -> str:
        """Sign a token as a sign-in would."""
        return floor_token(tenant)

    def seed(self, tenants: Sequence[str], count: int) -> dict[str, list[str]]:
        """Store documents by its own code, the tenants made first."""
        return seeded("benchmarks.seed_floor", self.settings(), tenants, count)


class Archivolt(Server):
    """Archivolt with the plugins that are installed, all switched on."""

    name, prefix, health = "archivolt", "/vault", "/health/live"

    def __init__(
        self, home: Path, plugins: tuple[str, ...] = (), path: str = ""
    ) -> None:
        super().__init__(home)
        self.path = path  # where further plugins are
        self._tokens: dict[str, str] = {}
        (home / "manifest.toml").write_text(manifest(plugins))

    def command(self) -> list[str]:
        """Run it as its users do."""
        return [str(BIN / "archivolt"), "run", "--port", str(self.port)]

    def settings(self) -> dict[str, str]:
        """Point it to its home and manifest."""
        return {
            "ARCHIVOLT_HOME": str(self.home / "var"),
            "ARCHIVOLT_MANIFEST": str(self.home / "manifest.toml"),
            "ARCHIVOLT_ADMIN_PASSWORD": PASSWORD,
            "PYTHONPATH": self.path,
        }

    def token(self, tenant: str) -> str:
        """Sign in, once."""
        if tenant not in self._tokens:
            sent = json.dumps({"username": "admin", "password": PASSWORD}).encode()
            headers = {"Org": tenant, "Content-Type": "application/json"}
            status, body = self.call("POST", "/auth/token", headers, sent)
            if status != 200:
                raise SystemExit(f"sign-in to {tenant} failed: {body!r}")
            self._tokens[tenant] = json.loads(body)["access"]
        return self._tokens[tenant]

    def seed(self, tenants: Sequence[str], count: int) -> dict[str, list[str]]:
        """Store documents through the plugin's services, the tenants made first."""
        return seeded("benchmarks.seed_archivolt", self.settings(), tenants, count)

    def settle(self) -> None:
        """Wait until the workers have read the texts of what was uploaded."""
        end = time.perf_counter() + 2 * PATIENCE
        while time.perf_counter() < end and self._waiting():
            time.sleep(0.1)

    def _waiting(self) -> int:
        tenants = (self.home / "var" / "tenants").glob("*.db")
        return sum(_waiting_in(database) for database in tenants)

    def answering_cpu(self) -> float:
        """Leave out workers, relay and the like."""
        return cpu_by_name(self.process.pid).get("archivolt: web", 0.0)


def _waiting_in(database: Path) -> int:
    # The journal is sealed a minute after a write: to wait for that would count what
    # idle processes cost in this minute as later work.
    query = (
        "SELECT count(*) FROM host_job WHERE status IN ('queued', 'running')"
        " AND run_at <= datetime('now')"
    )
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        return int(connection.execute(query).fetchone()[0])
    finally:
        connection.close()


def floor_token(tenant: str) -> str:
    """Return a token that the floor takes."""
    claims = {"sub": USER, "org": tenant, "exp": int(time.time()) + 86400}
    return jwt.encode(claims, SECRET, "HS256")


def manifest(extra: tuple[str, ...] = (), threads: int = THREADS) -> str:
    """Return a manifest that names and enables every installed plugin."""
    installed = {point.name for point in entry_points(group="archivolt.plugins")}
    names = sorted({*installed, *extra})
    sections = [f"[plugins.{n}]\n" for n in names if n != "core_identity"]
    listed = ", ".join(f'"{name}"' for name in names)
    return (
        f"[host]\nweb_processes = {PROCESSES}\nweb_threads = {threads}\n"
        '[plugins.core_identity]\naccess_lifetime = "12h"\n'
        f"{''.join(sections)}[defaults]\nenabled = [{listed}]\n"
    )


def seeded(
    module: str, settings: dict[str, str], tenants: Sequence[str], count: int
) -> dict[str, list[str]]:
    """Run a module that stores documents and prints their ids, a tenant to a line."""
    done = subprocess.run(
        [sys.executable, "-m", module, ",".join(tenants), str(count)],
        env={**os.environ, **settings},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"{module} failed:\n{done.stderr[-3000:]}")
    lines = [line.split() for line in done.stdout.splitlines()]
    return {words[0]: words[1:] for words in lines}
