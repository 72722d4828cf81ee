"""``python -m benchmarks``: Archivolt beside a hand-written service, and figures."""

import argparse
import tempfile
from pathlib import Path

from benchmarks.bench import SMALL, USUAL_SIZE, Bench
from benchmarks.measuring import How
from benchmarks.workloads import WORKLOADS

PARTS: tuple[str, ...] = ("compare", "figures", "tenants", "plugins")
PARTS += (
    "authors",
    "workflow",
    "jobs",
    "steps",
    "audit",
    "permissions",
    "signin",
    "upload",
)
USUAL = ("compare", "figures", "tenants", "plugins", "workflow", "audit", "signin")
QUICK = ("compare", "figures")

ABOUT = """\
Measures Archivolt as its users run it, beside a lean hand-written Flask service that
stores the same rows and files as durably, on the same server with as many processes.
"""
HOW_TO = """\
parts:
  compare    get, list of 50, create, upload of 10 KB: both sides in turns
  figures    start to the first answer, memory of all processes
  tenants    100 tenants in turn against one
  plugins    20 idle plugins more; 100 beside 10: start and CPU per request
  authors    50 tests of a plugin that the template wrote
  workflow   a transition, the inbox, timers and guards, in one process
  jobs       jobs per second and enqueueing beside RQ and Celery; a single job
             behind 100,000 of another tenant's; idle tenants
  steps      a durable step against its bare transaction; recovery after SIGKILL
  audit      a write with a journal against one without; how fast it is verified
  permissions  checks and lists with a million grants (some minutes to fill)
  signin     how much of a sign-in's CPU is argon2, and with which parameters
  upload     memory that an upload of 2 GiB takes (make bench-upload)

examples:
  python -m benchmarks                       all but jobs, steps and upload, ten minutes
  python -m benchmarks --quick               a smoke run, no figure to be trusted
  python -m benchmarks compare --only get    one workload
  python -m benchmarks compare --rounds 9    more rounds where the machine is busy

how to read it:
  CPU per request is the figure to trust on a machine that does other work as well:
  requests per second and latencies depend on who else is running. A ratio is taken
  inside a round, in which both sides are measured one after the other, and the order
  turns from round to round. Every answer is checked; one wrong answer ends the run.
  Every round is kept in benchmarks/results/ as JSON.
"""


def parsed() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks",
        description=ABOUT,
        epilog=HOW_TO,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; see below")
    add(
        "--quick",
        action="store_true",
        help="compare and figures, one short round: a minute",
    )
    add("--rounds", type=int, default=0, help="rounds per workload (5)")
    add("--seconds", type=float, default=0, help="seconds per measurement (2)")
    add("--connections", type=int, default=4, help="kept-alive connections (4)")
    add("--only", default="", help="workloads, by comma: get,list,create,upload")
    options = parser.parse_args()
    options.only = options.only.split(",") if options.only else list(WORKLOADS)
    unknown = set(options.parts) - set(PARTS) | set(options.only) - set(WORKLOADS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return options


def main() -> None:
    """Measure, print, and keep the raw rounds."""
    options = parsed()
    quick = options.quick
    how = How(
        options.rounds or (1 if quick else 5),
        options.seconds or (0.3 if quick else 2.0),
        options.connections,
        warm_most=8 if quick else 60,
    )
    size = SMALL if quick else USUAL_SIZE
    parts = options.parts or (QUICK if quick else USUAL)
    with tempfile.TemporaryDirectory(prefix="archivolt-bench-") as folder:
        bench = Bench(Path(folder), how, size, options.only)
        print(f"{bench.found['machine']}, {how.rounds} rounds of {how.seconds} s")
        for part in PARTS:
            if part in parts:
                getattr(bench, part)()
    print(f"\nRaw rounds: {bench.keep()}")


if __name__ == "__main__":
    main()
