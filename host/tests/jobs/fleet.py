"""Workers and a relay for a test: started again when they end, as a supervisor does.

``python fleet.py HOME MANIFEST KIND...`` writes ``kind pid`` lines to its output.
"""

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

from archivolt_host.app import open_host
from archivolt_host.cli import processes
from archivolt_host.cli.run.children import die_with_parent
from archivolt_host.jobs import claims, lanes, relay, rings, turns
from archivolt_host.tenants.home import Home


def shorten():
    """Let nobody wait half a minute for a dead worker's jobs."""
    for module in (claims, lanes):
        module.LEASE = timedelta(seconds=2)
    for module in (turns, lanes):
        module.HOLD_EVERY = 0.5
    relay.LOOK_EVERY = 0.2
    rings.QUIET = 1


def start(host, kind):
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        die_with_parent(parent)
        try:
            getattr(processes, kind)(host)
        finally:
            os._exit(1)
    print(kind, pid, flush=True)
    return pid


def main():
    shorten()
    host = open_host(Home(sys.argv[1]), Path(sys.argv[2]))
    processes.preload()
    host.databases.dispose()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    running = {start(host, kind): kind for kind in sys.argv[3:]}
    while True:
        pid, _ = os.wait()
        time.sleep(0.1)
        kind = running.pop(pid)
        running[start(host, kind)] = kind


if __name__ == "__main__":
    main()
