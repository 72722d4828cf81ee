"""Where the doorbell hangs: the configured Valkey, or the embedded one's socket."""

import os
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote

from archivolt_host.tenants.home import Home

LONGEST_SOCKET_PATH = 107  # bytes, by the kernel's definition of a socket address
PRIVATE = 0o700


def valkey_url(home: Home, configured: str | None = None) -> str:
    """Return the address that every process uses: the configured one, or ours."""
    return configured or f"unix://{quote(str(socket_path(home)))}"


def socket_path(home: Home) -> Path:
    """Return where our Valkey listens: in the home, if its path is short enough."""
    path = home.run / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    return _short_folder(home.run / "valkey-folder") / "valkey.sock"


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
