"""A tiny deployment for the tests: run it as a program, `stand_in.py FOLDER ...`.

Every child is real but small; the environment chooses how each one misbehaves.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import get_input_stream

from archivolt_host.cli.run.banner import Banner
from archivolt_host.cli.run.children import Child
from archivolt_host.cli.run.command import Options, Plan, Run, run_command
from archivolt_host.cli.run.web import WebSettings, reachable, web

CHUNK = 1 << 20


def app(environ: dict, start: Callable) -> Iterable[bytes]:
    """Answer with the process's id; read, wait or stream when the path says so."""
    path = environ["PATH_INFO"]
    start("200 OK", [("Content-Type", "text/plain")])
    if path == "/slow":
        Path(os.environ["ENTERED"]).touch()
        time.sleep(1)
    if path == "/upload":
        return [str(count(environ)).encode()]
    if path == "/download":
        return (bytes(CHUNK) for _ in range(int(environ["QUERY_STRING"])))
    return [str(os.getpid()).encode()]


def count(environ: dict) -> int:
    body, total = get_input_stream(environ), 0
    try:
        while piece := body.read(CHUNK):
            total += len(piece)
    except ClientDisconnected as error:
        Path(os.environ["UPLOADED"]).write_text(type(error).__name__)
    return total


def idle() -> None:
    signal.pause()


def deaf() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        signal.pause()


def parent() -> None:
    grandchild = os.fork()
    if grandchild:
        Path(os.environ["GRANDCHILD"]).write_text(str(grandchild))
    signal.pause()


def broken() -> None:
    with Path(os.environ["BROKEN_STARTS"]).open("a") as starts:
        starts.write(f"{time.monotonic()}\n")
    raise SystemExit(3)


def children(run: Run) -> list[Child]:
    kinds = {
        "broken": Child("broken", broken),
        "deaf": Child("deaf", deaf, grace=0.5),
        "parent": Child("parent", parent),
        "stubborn": Child("stubborn", deaf),
    }
    extra = [kinds[name] for name in os.environ.get("EXTRA", "").split()]
    threads = WebSettings(threads=4)
    served = web(app, run.listener, processes=2, settings=threads)
    usual = [Child(name, idle) for name in ("worker", "relay", "scheduler")]
    return [*extra, *usual, served]


def banner(run: Run) -> Banner:
    host, port = reachable(run.listener)
    address = f"http://{host}:{port}"
    return Banner(address, "demo", "admin", "secret")


def plan(options: Options) -> Plan:
    return Plan(children, banner, valkey_url=os.environ.get("STAND_IN_VALKEY"))


if __name__ == "__main__":
    run_command(plan)()
