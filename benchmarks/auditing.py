"""What the journal costs a write, and how fast it is verified.

The same writes in the same process, without the plugin and with it, in turns: a folder
is renamed in a transaction of its own, committed durably.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from archivolt_core_audit.journal.service import entries
from archivolt_core_audit.seals import logic as sealing
from archivolt_core_audit.verification import logic as verification
from archivolt_core_documents.folders import logic as folders
from archivolt_host.app import open_host
from archivolt_host.cli.opening import prepare_catalog_database
from archivolt_host.kit.db import now, reading, transaction, uuid7
from archivolt_host.plugins.manifest.reading import parse_manifest
from archivolt_host.tenants import context
from archivolt_host.tenants.context import Tenant
from archivolt_host.tenants.home import Home
from benchmarks.figures import Figure
from benchmarks.measuring import Spread, ratio
from benchmarks.seed_archivolt import tenant_of
from benchmarks.sides import TENANT

COST_GOAL = 1.2  # times the same write without a journal
VERIFY_GOAL = 5.0  # microseconds: 200,000 entries per second
PLUGINS = ("core_identity", "core_permissions", "core_documents")
SIDES = {"without": PLUGINS, "with": (*PLUGINS, "core_audit")}
WARM = 20
BATCH = 5000
STATE = '{"name":"The plans of the year","updated_at":"2026-11-21T12:00:00.000000Z"}'

Times = dict[str, float]


def cost(folder: Path, rounds: int, writes: int) -> tuple[list[Figure], Any]:
    """Compare writes with a journal to writes without one."""
    found: list[dict[str, Times]] = []
    for number in range(rounds):
        order = list(SIDES) if number % 2 else list(SIDES)[::-1]
        found.append({side: _write(folder / side, side, writes) for side in order})
    shown = [
        f"{figure} {side} {Spread.of([one[side][figure] for one in found]).text(0)} us"
        for figure in ("wall", "cpu")
        for side in SIDES
    ]
    title = "an audited write against an unaudited one, {}"
    figures = [
        Figure(title.format(figure), _times(found, figure).median, COST_GOAL, "x")
        for figure in ("wall", "cpu")
    ]
    figures[-1] = Figure(**{**vars(figures[-1]), "detail": "; ".join(shown)})
    return figures, found


def _times(found: Sequence[dict[str, Times]], figure: str) -> Spread:
    return ratio(found, "with", "without", figure)  # type: ignore[arg-type]


def _write(home: Path, side: str, writes: int) -> Times:
    """Return the median of a write in microseconds: by the clock, and of the CPU."""
    with _tenant(home, SIDES[side]) as tenant, context.acting(tenant):
        with transaction():
            folder = folders.create(str(uuid7()))
        walls, cpus = [], []
        for _ in range(WARM + writes):
            wall, cpu = time.perf_counter(), time.process_time()
            with transaction():
                folder = folders.change(folder, {"name": str(uuid7())})
            walls.append((time.perf_counter() - wall) * 1e6)
            cpus.append((time.process_time() - cpu) * 1e6)
    medians = (Spread.of(values[WARM:]).median for values in (walls, cpus))
    return dict(zip(("wall", "cpu"), medians, strict=True))


@contextmanager
def _tenant(home: Path, plugins: Sequence[str]) -> Iterator[Tenant]:
    """Open a host with some plugins, for as long as its tenant is measured."""
    text = "".join(f"[plugins.{name}]\n" for name in plugins)
    text += f"[defaults]\nenabled = {list(plugins)}\n".replace("'", '"')
    host = open_host(Home(home), parse_manifest(text))
    try:
        prepare_catalog_database(host)
        yield tenant_of(host, TENANT)
    finally:
        host.close()


def verify(folder: Path, rounds: int, count: int) -> tuple[list[Figure], Any]:
    """Seal a journal of so many entries and verify it."""
    with _tenant(folder / "verify", SIDES["with"]) as tenant, context.acting(tenant):
        _fill(count)
        sealing.seal_all()
        found = [_verify() for _ in range(rounds)]
    each = {
        figure: Spread.of([one[figure] for one in found]) for figure in ("wall", "cpu")
    }
    detail = (
        f"by the clock {each['wall'].text()} us, of the CPU {each['cpu'].text()} us"
    )
    detail += f": {1e6 / each['cpu'].median:,.0f} entries per second of a core"
    title = f"verify, an entry of {count:,}"
    return [Figure(title, each["cpu"].median, VERIFY_GOAL, "us", detail)], found


def _fill(count: int) -> None:
    actor = uuid7()
    for first in range(0, count, BATCH):
        with transaction():
            entries.bulk_create(_entry(actor) for _ in range(min(BATCH, count - first)))


def _entry(actor: Any) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "at": now(),
        "actor": actor,
        "actor_name": "grace",
        "action": "documents.folder.update",
        "kind": "documents.folder",
        "object": str(uuid7()),
        "before": STATE,
        "after": STATE,
        "address": "192.0.2.1",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0",
        "request_id": uuid7().hex,
    }


def _verify() -> Times:
    """Return the microseconds that an entry takes: by the clock, and of the CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    with reading():
        verdict = verification.verify()
    if verdict.problems or not verdict.sealed:
        raise SystemExit(f"The journal is broken: {verdict.problems[:3]}")
    each = 1e6 / verdict.sealed
    return {
        "wall": (time.perf_counter() - wall) * each,
        "cpu": (time.process_time() - cpu) * each,
    }
