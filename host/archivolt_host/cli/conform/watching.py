"""Imports a plugin while it watches; run as a program: ``watching.py module:Class``."""

import json
import sys
import threading
import time
from importlib import import_module
from typing import Any

WATCHED = {
    "socket.connect": "a connection to the network",
    "socket.bind": "a port",
    "sqlite3.connect": "a database",
    "subprocess.Popen": "a process",
}


def watch(target: str) -> dict[str, Any]:
    """Return what an import costs, and what it opens."""
    for module in ("api", "db", "service", "jobs", "hooks", "settings"):
        import_module(f"archivolt_host.kit.{module}")
    opened: list[str] = []
    is_on = [True]

    def hear(event: str, _: Any) -> None:
        if is_on[0] and event in WATCHED:
            opened.append(WATCHED[event])

    sys.addaudithook(hear)
    threads, began = threading.active_count(), time.process_time()
    module, _, name = target.partition(":")
    getattr(import_module(module), name)()
    seconds = time.process_time() - began
    is_on[0] = False
    if threading.active_count() > threads:
        opened.append("a thread")
    return {"seconds": seconds, "opened": sorted(set(opened))}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(watch(sys.argv[1])))
