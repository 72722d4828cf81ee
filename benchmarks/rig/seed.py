"""Makes the rig's tenants and documents: ``python -m benchmarks.rig.seed``.

Takes the rig's folder, and ``sqlite`` or ``postgres``; run it from the repository in
Archivolt's environment, with the rig's settings (``env.sh``) sourced.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from archivolt_core_documents.folders.service import folders
from archivolt_host.kit.db import transaction
from archivolt_host.tenants import context
from archivolt_host.tenants.context import Tenant
from benchmarks.seed_archivolt import Seed, opened, store, tenant_of
from benchmarks.sides import manifest

NAMES = {"sqlite": "archivolt", "postgres": "archivolt_pg"}
ON_POSTGRES = """
catalog_url = "postgresql://archivolt_login@127.0.0.1:{port}/bench_archivolt"
migrator_url = {{ secret = "env:ARCHIVOLT_MIGRATOR_URL" }}
default_placement = "schema"
"""


def prepare(place: str) -> None:
    """Write the manifest, and make the database where there is to be one."""
    folder = Path(os.environ["BENCH_DATA"]) / NAMES[place]
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["ARCHIVOLT_HOME"] = str(folder / "home")
    os.environ["ARCHIVOLT_MANIFEST"] = str(folder / "manifest.toml")
    text = manifest(threads=4)
    if place == "postgres":
        text = text.replace("[host]\n", "[host]" + on_postgres(), 1)
    (folder / "manifest.toml").write_text(text)


def on_postgres() -> str:
    """Make a database whose login role sees nothing by itself; return the settings."""
    port = os.environ["PG_PORT"]
    url = f"postgresql://bench@127.0.0.1:{port}"
    for statement in (
        "DROP DATABASE IF EXISTS bench_archivolt",
        "DROP ROLE IF EXISTS archivolt_login",
        "CREATE ROLE archivolt_login LOGIN NOINHERIT",
        "CREATE DATABASE bench_archivolt",
    ):
        subprocess.run(["psql", "-q", f"{url}/postgres", "-c", statement], check=True)
    os.environ["ARCHIVOLT_MIGRATOR_URL"] = f"{url}/bench_archivolt"
    return ON_POSTGRES.format(port=port)


def seeds(rig: Any, target: Any, count: int, *, first: bool) -> Iterator[Seed]:
    """Yield a tenant's documents; the first tenant's lists show none of the texts."""
    began = datetime.fromtimestamp(target.EPOCH_MS / 1000, UTC)
    for number, made in enumerate(rig.documents(count), 1):
        title, status, metadata, text = made
        described = json.loads(metadata)
        tags = tuple(described.pop("tags"))
        if not (first and status == "published"):
            described["body"] = text
        yield Seed(
            title,
            described,
            text,
            tags,
            UUID(target.FOLDERS[status]),
            UUID(target.id_of(number)),
            began + timedelta(milliseconds=number),
        )


def make_folders(tenant: Tenant, names: dict[str, str]) -> None:
    """Make a folder for each status."""
    with context.acting(tenant), transaction():
        folders.bulk_create(
            {"id": UUID(id), "name": name} for name, id in names.items()
        )


def main(rig_folder: str, place: str) -> None:
    """Make the tenants; the first one gets most of the documents."""
    sys.path[:0] = [rig_folder, str(Path(rig_folder) / "load")]
    rig, target = import_module("common"), import_module("targets.archivolt")
    prepare(place)
    host = opened()
    many, few = int(os.environ["MAIN_DOCS"]), int(os.environ["SMALL_DOCS"])
    for number in range(1, int(os.environ["TENANTS"]) + 1):
        tenant, first = tenant_of(host, rig.tenant(number), admin="user1"), number == 1
        make_folders(tenant, target.FOLDERS)
        store(tenant, seeds(rig, target, many if first else few, first=first), "user1")
        print(f"\r{tenant.slug}", end="", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "sqlite")
