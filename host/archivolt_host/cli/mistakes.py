"""What went wrong, as one sentence for people: never a trace."""

import errno
import os
from collections.abc import Iterator

import click

TRACE = "ARCHIVOLT_TRACE"
# Their texts were written for people already.
WRITTEN = {
    "ArchivoltError",
    "HomeError",
    "ManifestError",
    "MetadataError",
    "MigrationError",
    "SettingError",
}
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_ROOM = ("disk is full", "disk I/O error", os.strerror(errno.ENOSPC))
REFUSED = ("permission denied", "must be ", "must have ", "does not exist")


def is_explained(error: Exception) -> bool:
    """Return whether an error is to become a sentence; click has its own."""
    own = (click.ClickException, click.Abort, click.exceptions.Exit)
    broken_pipe = isinstance(error, OSError) and error.errno == errno.EPIPE
    return not isinstance(error, own) and not broken_pipe and TRACE not in os.environ


def sentence(error: BaseException) -> str:
    """Return what happened and what to do next."""
    # By name: who is asking for a sentence need not import every library.
    for one in _chain(error):
        kinds = {kind.__name__ for kind in type(one).__mro__}
        if "DBAPIError" in kinds or _root(one) in ("psycopg", "sqlite3"):
            return _of_database(str(getattr(one, "orig", one)))
        if "RedisError" in kinds:
            return (
                f"Valkey does not answer: {_line(one)}. Start it, or correct "
                "valkey_url in the manifest; 'archivolt doctor' tells more."
            )
    if WRITTEN & {kind.__name__ for kind in type(error).__mro__}:
        return str(error)
    if isinstance(error, OSError) and error.errno in FULL:
        where = error.filename2 or error.filename
        of = f"The disk of {where}" if where else "The disk"
        return f"{of} is full ({error.strerror}): make room, then run it again."
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}."
    said = f"{type(error).__name__}: {_line(error)}"
    return (
        f"This is a bug in Archivolt or a plugin: {said}. Set {TRACE}=1 and run it "
        "again to see where."
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what caused it."""
    while error is not None:
        yield error
        error = error.__cause__


def _of_database(text: str) -> str:
    line = text.strip().partition("\n")[0].rstrip(".")
    if any(word in line for word in REFUSED):
        return (
            f"PostgreSQL refuses: {line}. Archivolt needs two roles: that of "
            "migrator_url owns the database and may create roles (CREATEROLE), that "
            "of catalog_url may only sign in. Make them, then run it again."
        )
    if "unable to open" in line or "not a database" in line or "malformed" in line:
        return f"SQLite cannot use its file: {line}. Restore it from a backup."
    if any(word in line for word in NO_ROOM):
        return (
            f"The disk of the database is full, or damaged: {line}. Make room, then "
            "run it again."
        )
    if "locked" in line:
        return "The database stayed locked by another process: try again in a moment."
    return (
        f"The database does not answer: {line}. Start it, or correct catalog_url in "
        "the manifest; 'archivolt doctor' tells more."
    )


def _root(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0]


def _line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
