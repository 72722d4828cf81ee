"""What a sign-in costs: argon2, which is meant to be dear, and all the rest.

In this process, by the web application itself; the CPU of argon2's own threads counts.
"""

import time
from pathlib import Path
from typing import Any

from archivolt_core_identity import hashing
from archivolt_host.app import create_app, open_host
from archivolt_host.cli.opening import prepare_catalog_database
from archivolt_host.plugins.manifest.reading import parse_manifest
from archivolt_host.tenants.home import Home
from benchmarks.figures import Figure
from benchmarks.measuring import Spread
from benchmarks.seed_archivolt import tenant_of
from benchmarks.sides import PASSWORD, TENANT

GOAL = 10.0  # percent of a sign-in's CPU that is not argon2
WARM = 3
PLUGINS = ("core_identity", "core_permissions", "core_audit")
# The default limit on sign-ins is for people, not for benchmarks.
MANIFEST = "[host]\nlimit_sign_in = []\naccess_log = false\n"


def cost(folder: Path, times: int) -> tuple[Figure, Any]:
    """Measure sign-ins, each beside a bare argon2 of the same password."""
    text = MANIFEST + "".join(f"[plugins.{name}]\n" for name in PLUGINS)
    text += f"[defaults]\nenabled = {list(PLUGINS)}\n".replace("'", '"')
    host = open_host(Home(folder), parse_manifest(text))
    try:
        prepare_catalog_database(host)
        client, org = create_app(host).test_client(), tenant_of(host, TENANT).slug
        found = [_once(client, org) for _ in range(WARM + times)][WARM:]
    finally:
        host.close()
    return _figure(found), found


def _once(client: Any, org: str) -> dict[str, float]:
    hashed = hashing.hashed(PASSWORD)
    began = time.process_time()
    hashing.matches(hashed, PASSWORD)
    argon2 = time.process_time() - began
    sent = {"username": "admin", "password": PASSWORD}
    began = time.process_time()
    answer = client.post("/vault/auth/token", json=sent, headers={"Org": org})
    whole = time.process_time() - began
    if answer.status_code != 200:
        raise RuntimeError(f"Nobody signed in: {answer.text}")
    return {"argon2": argon2 * 1000, "whole": whole * 1000}


def _figure(found: list[dict[str, float]]) -> Figure:
    argon2 = Spread.of([one["argon2"] for one in found]).median
    whole = Spread.of([one["whole"] for one in found]).median
    hasher = hashing.hasher
    detail = (
        f"a sign-in {whole:.1f} ms, argon2 {argon2:.1f} ms of it; time cost "
        f"{hasher.time_cost}, memory {hasher.memory_cost // 1024} MiB, parallelism "
        f"{hasher.parallelism}"
    )
    beyond = 100 * (1 - argon2 / whole)
    return Figure("a sign-in's CPU that is not argon2", beyond, GOAL, "%", detail)
