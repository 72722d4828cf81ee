"""A Valkey for the trial alone, and what lies in it."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from archivolt_host.cli.run import valkey as embedded
from archivolt_host.jobs import rings, valkey_address
from archivolt_host.tenants.home import Home

PATIENCE = 20.0  # seconds to start
HOSTS_OWN = ("archivolt:", "rq:")


@contextmanager
def running(home: Home) -> Iterator[None]:
    """Run one in the home; it ends with the block."""
    words = embedded.valkey(home).target
    assert not callable(words)  # noqa: S101 - Valkey is a program
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    try:
        _wait(home)
        yield
    finally:
        server.terminate()
        server.wait()


def _wait(home: Home) -> None:
    deadline = time.monotonic() + PATIENCE
    while not embedded.answers(valkey_address.socket_path(home)):
        if time.monotonic() > deadline:
            raise TimeoutError("The Valkey of the trial does not start.")
        time.sleep(0.01)


def strange_keys(home: Home, plugin: str) -> list[str]:
    """Return the keys that are not the host's own, or that carry a plugin's name."""
    with rings.connect(valkey_address.valkey_url(home)) as connection:
        found = [key.decode(errors="replace") for key in connection.scan_iter()]
    return sorted(k for k in found if not k.startswith(HOSTS_OWN) or plugin in k)
