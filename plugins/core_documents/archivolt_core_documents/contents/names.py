"""File names as clients send them, made safe to store and to send back."""

import unicodedata
from urllib.parse import quote

from werkzeug.http import parse_options_header

MAX_BYTES = 255
NAMELESS = "unnamed"


def clean(name: str) -> str:
    """Return the last part of a name without paths, control or invisible characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip()
    if kept in ("", ".", ".."):
        return NAMELESS
    return _cut(unicodedata.normalize("NFC", kept))


def _cut(name: str) -> str:
    """Shorten to what file systems hold, keeping the ending."""
    if len(name.encode()) <= MAX_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 16:
        stem, dot, ending = name, "", ""
    room = MAX_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + ending


def from_disposition(header: str) -> str | None:
    """Return the file name of a ``Content-Disposition`` header, or None."""
    _, options = parse_options_header(_as_sent(header))
    name = options.get("filename")
    return clean(name) if name else None


def _as_sent(header: str) -> str:
    """Return a header as its client wrote it; WSGI reads every byte as Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def disposition(filename: str) -> str:
    """Return the header for a download: never shown inline, safe in old clients."""
    plain = filename.encode("ascii", "ignore").decode()
    plain = "".join(c for c in plain if c not in '"\\%' and c.isprintable()) or NAMELESS
    return (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
    )
