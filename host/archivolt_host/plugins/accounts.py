"""What plugins cost each tenant: written down by every process, and read again.

Metrics know no tenants: of many there would be too many. So a process writes down what
it remembers of those that were busy last, a moment after something was added.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from archivolt_host import forks

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
WRITTEN_AFTER = 1.0  # seconds

Accounts = Mapping[str, Mapping[str, Mapping[str, list[float]]]]

_timer: threading.Timer | None = None
_waiting = 0  # the process in which the timer runs: a child has none of its parent's


def write_soon(remembered: Callable[[], Accounts]) -> None:
    """Have the accounts written, once for all that is added until then."""
    global _timer, _waiting
    if _waiting == os.getpid() or FOLDER not in os.environ:
        return
    _waiting = os.getpid()
    _timer = threading.Timer(WRITTEN_AFTER, _write, (remembered,))
    _timer.daemon = True
    _timer.start()


def write_no_more() -> None:
    """End the timer's thread, as before a fork; what it had to write is left out."""
    global _waiting
    if _timer is not None:
        _timer.cancel()
        _timer.join()
        _waiting = 0


def _write(remembered: Callable[[], Accounts]) -> None:
    global _waiting
    with forks.undivided():
        _waiting = 0
        if FOLDER not in os.environ:
            return  # whoever asked for them has ended meanwhile
        file = Path(os.environ[FOLDER]) / f"tenants_{os.getpid()}.json"
        new = file.with_suffix(".new")
        try:
            new.write_bytes(orjson.dumps(remembered()))
            new.replace(file)
        except FileNotFoundError:
            return  # the folder is gone, as when all ends


def read(folder: Path, plugin: str) -> Iterator[tuple[str, str, list[float]]]:
    """Yield a tenant, a hook, and its calls, seconds and errors, from each process."""
    for file in sorted(folder.glob("tenants_*.json")):
        accounts: dict[str, Any] = orjson.loads(file.read_bytes())
        for slug, plugins in accounts.items():
            for hook, figures in plugins.get(plugin, {}).items():
                yield slug, hook, figures
