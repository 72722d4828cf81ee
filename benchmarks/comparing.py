"""Archivolt beside the floor, workload by workload."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import How, Round, in_turns, measure, ratio, spread
from benchmarks.servers import ROOT, Server
from benchmarks.sides import TENANT, Archivolt, Floor
from benchmarks.workloads import WORKLOADS

SIDES = ("archivolt", "floor")
FIGURES = (
    ("cpu_ms", "CPU per request, ms", 2),
    ("cpu_with_later_work_ms", "  with later work, ms", 2),
    ("rate", "requests per second", 0),
    ("p50", "p50, ms", 1),
    ("p95", "p95, ms", 1),
)
EXPLAINED = """\
CPU is user and system time of the processes that answer; later work adds all other
processes until nothing is left to do. Archivolt indexes the text of these small files
while it stores them. Both sides: {processes} processes of granian, SQLite with WAL and
synchronous=FULL, each commit synced. Only Archivolt looks the user up (a disabled one
is out at once), checks a permission, sniffs the MIME type, hands out ETags, counts for
/metrics and writes a log line. The floor trusts the token and the file's name.
"""


def compare(
    servers: Mapping[str, Server],
    ids: Mapping[str, Sequence[str]],
    names: Sequence[str],
    how: How,
) -> dict[str, list[Round]]:
    """Measure the named workloads on both sides, in turns."""
    check(servers)
    found = {}
    for name in names:
        workload = WORKLOADS[name]
        wires = {s: workload.requests(servers[s], ids[s]) for s in SIDES}

        def one(side: str) -> dict[str, Any]:
            return measure(servers[side], workload, wires[side], how)  # noqa: B023

        found[name] = in_turns(SIDES, how.rounds, one)
        show(name, found[name])
    return found


def check(servers: Mapping[str, Server]) -> None:
    """Refuse to compare what is not alike: same fields, strangers out, bytes kept."""
    seen = {}
    for side, server in servers.items():
        headers = server.headers(TENANT)
        wrong = server.call("GET", "/documents", headers | {"Authorization": "JWT x"})
        sent = WORKLOADS["create"].sent([])[0]
        made = server.call("POST", "/documents", headers | sent.headers, sent.body)
        listed = server.call("GET", "/documents?limit=50", headers)
        items = json.loads(listed[1])["items"]
        if (wrong[0], made[0], len(items)) != (401, 201, 50):
            raise SystemExit(f"{side}: {wrong}, {made}, {len(items)} items")
        seen[side] = sorted(json.loads(made[1])), sorted(items[0])
    if seen["archivolt"] != seen["floor"]:
        raise SystemExit(f"The answers differ: {seen}")


def show(name: str, rounds: Sequence[Round]) -> None:
    """Print one workload."""
    print(f"\n{WORKLOADS[name].title}: median (least..most) of {len(rounds)} rounds")
    print(f"  {'':24}{'archivolt':>24}{'floor':>24}{'ratio in a round':>24}")
    for figure, title, digits in FIGURES:
        cells = [spread(rounds, side, figure).text(digits) for side in SIDES]
        cells.append(ratio(rounds, *SIDES, figure).text())
        print(f"  {title:24}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


def take_census(folder: Path) -> dict[str, Any]:
    """Return what each side does for one request, counted in processes of their own."""
    found = {}
    for server in (Archivolt(folder / "census-a"), Floor(folder / "census-f")):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.census", server.name],
            env={**os.environ, **server.settings()},
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise SystemExit(f"The census failed:\n{done.stderr[-2000:]}")
        found[server.name] = json.loads(done.stdout.splitlines()[-1])
    return found


def show_census(census: Mapping[str, Any], names: Sequence[str]) -> None:
    """Print what each side does for one request."""
    print("\nWhat one request does, counted:")
    for name in names:
        for side in SIDES:
            one = census[side][name]
            done = [f"{n} x {s}" if n > 1 else s for s, n in one["statements"].items()]
            if one["syncs"]:
                done.append(f"{one['syncs']} syncs of file and folder")
            print(f"  {name:7}{side:10} {', '.join(done)}")
