"""What tenants cost in which nothing happens: the relay's CPU."""

import time
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.jobs.comparing import valkey

GOAL = 2.0  # percent of a core
SECONDS = 20.0


def idle_tenants(folder: Path, count: int) -> list[Figure]:
    """Let the relay look at tenants that nobody uses, and reckon for ten thousand."""
    from benchmarks.jobs.sides import Archivolt

    with valkey() as url:
        side = Archivolt(folder, url, 1)
        first = _make_tenants(side, count)
        looking, sweep = _relay_cost(side, url)
    # Every five minutes it looks at all of them once.
    percent = (looking / SECONDS + sweep / 300) * 100
    ten_thousand = (looking / SECONDS + sweep / 300 * 10_000 / count) * 100
    detail = f"a look at all takes {sweep:.2f} s, the first {first:.2f} s"
    return [
        Figure(f"{count} idle tenants, of a core", percent, GOAL, "%", detail),
        Figure("  reckoned for 10,000", ten_thousand, GOAL * 10, "%"),
    ]


def _make_tenants(side: object, count: int) -> float:
    from archivolt_host.jobs.relay import Relay
    from archivolt_host.orchestration.creation import CreateTenant

    host = side.host  # type: ignore[attr-defined]
    who = {"placement": "sqlite", "admin": "", "password": ""}
    for number in range(count):
        CreateTenant(f"idle{number}", **who).run()
    began = time.process_time()
    Relay(host.catalog, host.valkey_url).look()  # writes down the host's schedules
    return time.process_time() - began


def _relay_cost(side: object, url: str) -> tuple[float, float]:
    """Return the CPU seconds of some looks at nothing, and of one look at all."""
    from datetime import datetime

    from sqlalchemy import update

    from archivolt_host.jobs.relay import LOOK_EVERY, Relay
    from archivolt_host.tenants import sessions
    from archivolt_host.tenants.columns import now
    from archivolt_host.tenants.models import WakeRow

    host = side.host  # type: ignore[attr-defined]
    with sessions.catalog(write=True) as session:  # as two minutes later
        cold = datetime.fromtimestamp(0, now().tzinfo)
        session.execute(update(WakeRow).values(hot_until=cold))
    relay = Relay(host.catalog, url)
    began = time.process_time()
    relay.look()
    sweep, began = time.process_time() - began, time.process_time()
    for _ in range(int(SECONDS / LOOK_EVERY)):
        relay.look()
    return time.process_time() - began, sweep
