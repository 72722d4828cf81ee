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
        _make_tenants(side, count)
        first, looking, portion = _relay_cost(side, url)
    percent = looking / SECONDS * 100
    each = first / count * 1000
    detail = f"{portion} tenants of a round in each look, {each:.2f} ms for one"
    return [
        Figure(f"{count} idle tenants, of a core", percent, GOAL, "%", detail),
        _reckoned(percent, portion, each),
    ]


def _reckoned(percent: float, portion: int, each: float) -> Figure:
    """Reckon for ten thousand tenants: a look takes no more of them than it may."""
    from archivolt_host.jobs.relay import CALM, LOOK_EVERY

    more = (CALM - portion) * each / 1000 / LOOK_EVERY * 100
    detail = f"a round passes all of them in {10_000 / CALM * LOOK_EVERY / 60:.0f} min"
    return Figure("  reckoned for 10,000", percent + more, GOAL * 10, "%", detail)


def _make_tenants(side: object, count: int) -> None:
    from archivolt_host.orchestration.creation import CreateTenant

    who = {"placement": "sqlite", "admin": "", "password": ""}
    for number in range(count):
        CreateTenant(f"idle{number}", **who).run()


def _relay_cost(side: object, url: str) -> tuple[float, float, int]:
    """Return the CPU seconds of a first round, of some looks later, and their size."""
    from datetime import datetime

    from sqlalchemy import update

    from archivolt_host.jobs.relay import LOOK_EVERY, Relay
    from archivolt_host.tenants import sessions
    from archivolt_host.tenants.columns import now
    from archivolt_host.tenants.models import WakeRow

    def rest() -> None:  # as two minutes later
        with sessions.catalog(write=True) as session:
            cold = datetime.fromtimestamp(0, now().tzinfo)
            session.execute(update(WakeRow).values(hot_until=cold))

    host = side.host  # type: ignore[attr-defined]
    relay, began = Relay(host.catalog, url), time.process_time()
    rest()
    while relay.look() or relay._round:
        rest()
    first, began = time.process_time() - began, time.process_time()
    relay._swept_at = 0.0  # a later round begins
    for _ in range(int(SECONDS / LOOK_EVERY)):
        relay.look()
    return first, time.process_time() - began, relay._portion
