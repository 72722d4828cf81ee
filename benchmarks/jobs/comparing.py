"""Jobs of all sides in turns, on one Valkey: per second, and CPU for each."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.jobs.sides import Archivolt, Celery, Rq, Side
from benchmarks.measuring import Round, in_turns, ratio, spread

WORKERS = 2
JOBS = ("nothing", "write")
OURS = {"nothing": "nothing", "write": "write_short"}
OVER_RQ, OVER_CELERY, ENQUEUE = 3.0, 1.0, 2.0  # goals, as ratios
EXPLAINED = """\
Jobs: {count} of each kind and round, {workers} workers on one Valkey, in turns.
  {settings}
  'write' stores one row, durably: ours with the job's end in the same commit, short
  jobs several to a commit; the others in a SQLite file with synchronous=FULL too.
  CPU is that of the workers with their parent, without the servers'.
"""


@contextmanager
def valkey() -> Iterator[str]:
    """Run a Valkey of our own; yield its address."""
    from archivolt_host.cli.run import valkey as embedded
    from archivolt_host.jobs.valkey_address import socket_path, valkey_url
    from archivolt_host.kit.testing.keeping import Kept
    from archivolt_host.kit.testing.servers import wait_until
    from archivolt_host.tenants.home import Home

    with tempfile.TemporaryDirectory(prefix="archivolt-") as folder:
        home = Home(folder).prepare()
        server = Kept(embedded.valkey(home).target, log=home.logs / "valkey.out")
        try:
            wait_until(lambda: embedded.answers(socket_path(home)))
            yield valkey_url(home)
        finally:
            server.stop()


def compare(folder: Path, rounds: int, count: int) -> tuple[list[Figure], Any]:
    """Measure every side; return the figures with a goal, and the raw rounds."""
    found: dict[str, list[Round]] = {}
    with valkey() as url:
        sides = _sides(folder, url)
        lines = [f"{name}: {side.settings}" for name, side in sides.items()]
        settings = "\n  ".join(lines)
        print(EXPLAINED.format(count=count, workers=WORKERS, settings=settings))
        for job in JOBS:
            found[job] = in_turns(list(sides), rounds, _running(sides, job, count))
            _show(job, found[job])
        found["enqueue"] = in_turns(["archivolt", "rq"], rounds, _putting(sides, count))
        _show("enqueue", found["enqueue"])
    return _figures(found, "celery" in sides), found


def _sides(folder: Path, url: str) -> dict[str, Side]:
    kinds: list[type[Side]] = [Archivolt, Rq]
    if Celery.python:
        kinds.append(Celery)
    else:
        print("Celery is not measured: set ARCHIVOLT_BENCH_CELERY to the Python of an")
        print("environment with 'celery[redis]', which wants pins other than ours.")
    return {kind.name: kind(folder, url, WORKERS) for kind in kinds}


def _running(
    sides: dict[str, Side], job: str, count: int
) -> Callable[[str], dict[str, Any]]:
    def run(name: str) -> dict[str, Any]:
        side = sides[name]
        found = side.measure(OURS[job] if name == "archivolt" else job, count)
        side.clear()
        return found

    return run


def _putting(sides: dict[str, Side], count: int) -> Callable[[str], dict[str, Any]]:
    def put(name: str) -> dict[str, Any]:
        side, one_by_one = sides[name], count // 5
        began = time.process_time()
        side.enqueue("write", one_by_one)
        single = time.process_time() - began
        began = time.process_time()
        side.enqueue_many("write", count)
        many = time.process_time() - began
        side.clear()
        return {"cpu_ms": single / one_by_one * 1000, "many_ms": many / count * 1000}

    return put


def _show(job: str, rounds: Sequence[Round]) -> None:
    print(f"\n{job}:")
    for side in rounds[0]:
        words = [
            f"{figure} {spread(rounds, side, figure).text(3)}"
            for figure in rounds[0][side]
        ]
        print(f"  {side:<10} {', '.join(words)}")


def _figures(found: dict[str, list[Round]], has_celery: bool) -> list[Figure]:
    """Return the ratios to the others; goals of rates are least ones, so 1 / x."""
    figures = []
    others = {"rq": OVER_RQ} | ({"celery": OVER_CELERY} if has_celery else {})
    for job in JOBS:
        for other, goal in others.items():
            over = ratio(found[job], other, "archivolt", "per_second")
            cpu = ratio(found[job], "archivolt", other, "cpu_ms")
            title = f"time per job over {other}'s, {job}"
            detail = f"{over.text()}; CPU {cpu.text()}"
            figures.append(Figure(title, over.median, 1 / goal, "x", detail))
    for figure, words in (("cpu_ms", "one by one"), ("many_ms", "many at once")):
        over = ratio(found["enqueue"], "archivolt", "rq", figure)
        title = f"CPU to enqueue over RQ's, {words}"
        figures.append(Figure(title, over.median, ENQUEUE, "x", over.text()))
    return figures
