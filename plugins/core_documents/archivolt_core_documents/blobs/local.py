"""Blobs as files under ``$ARCHIVOLT_HOME/blobs/<tenant>/``.

A content is written to ``incoming/`` and linked to its place inside the transaction
that refers to it; only after the commit is the first name removed. So whatever dies,
an orphan still has its name in ``incoming/``, where the sweeper finds it: the intent
is recorded without a commit of its own.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

HEAD = 64 * 1024


class LocalIncoming:
    """A file in ``incoming/`` that becomes a blob."""

    def __init__(self, folder: Path, id: str) -> None:
        self.size = 0
        self.head = b""
        self._folder = folder
        self._path = f"{folder}/incoming/{id}"
        self._hash = hashlib.sha256()
        self._sha256 = ""
        self._lock: int | None = None
        self._file = self._open()

    def _open(self) -> BinaryIO:
        """Make the file, and its folder for a tenant's first one."""
        try:
            return self._locked()
        except FileNotFoundError:
            incoming = self._folder / "incoming"
            incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
            return self._locked()

    def _locked(self) -> BinaryIO:
        """Make the file, locked while it is open: so the sweeper knows it is in use."""
        file = open(self._path, "xb", buffering=0)  # noqa: SIM115 - done() closes it
        fcntl.flock(file, fcntl.LOCK_SH)
        return file

    def write(self, data: bytes) -> int:
        """Take the next piece."""
        if len(self.head) < HEAD:
            self.head += data[: HEAD - len(self.head)]
        self._hash.update(data)
        self.size += len(data)
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        return len(data)

    def finish(self) -> str:
        """Make it durable and return its SHA-256 in hex."""
        os.fsync(self._file.fileno())
        self._sha256 = self._hash.hexdigest()
        return self._sha256

    def path(self) -> Path:
        """Return the file."""
        return Path(self._path)

    def keep(self) -> None:
        """Link it to its place; a content that is there already is only touched."""
        parent = f"{self._folder}/{self._sha256[:2]}"
        place = f"{parent}/{self._sha256}"
        self._lock = _lock(self._folder, fcntl.LOCK_SH)
        try:
            os.link(self._path, place)
        except FileExistsError:
            os.utime(place)
        except FileNotFoundError:
            with suppress(FileExistsError):
                os.mkdir(parent, 0o700)
            _sync_folder(self._folder)
            with suppress(FileExistsError):
                os.link(self._path, place)
        _sync_folder(parent)

    def done(self) -> None:
        """Remove the first name and let the sweeper in."""
        with suppress(FileNotFoundError):
            os.unlink(self._path)
        self._file.close()
        self._release()

    def abandon(self) -> None:
        """Remove the file; if it was linked, ``discard`` decides about the rest."""
        self._file.close()
        with suppress(FileNotFoundError):
            os.unlink(self._path)
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


class LocalBlobs:
    """The blobs of all tenants below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def receive(self, tenant: str, id: str) -> LocalIncoming:
        """Begin to take a content in."""
        return LocalIncoming(self.root / tenant, id)

    def open(self, tenant: str, sha256: str) -> BinaryIO:
        """Open a content for reading."""
        return open(place_of(self.root / tenant, sha256), "rb")

    @contextmanager
    def local_path(self, tenant: str, sha256: str) -> Iterator[Path]:
        """Lend the file itself."""
        yield place_of(self.root / tenant, sha256)

    def discard(self, tenant: str, sha256: str, needed: Callable[[], bool]) -> bool:
        """Delete a content unless it is needed; uploads of it wait outside."""
        folder = self.root / tenant
        lock = _lock(folder, fcntl.LOCK_EX)
        try:
            if needed():
                return False
            place_of(folder, sha256).unlink(missing_ok=True)
            return True
        finally:
            os.close(lock)

    def drop(self, tenant: str) -> None:
        """Delete the tenant's folder."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self.root / tenant)

    def stale(self, tenant: str, before: float) -> Iterator[str]:
        """Clear away what was left in ``incoming/`` before a time."""
        incoming = self.root / tenant / "incoming"
        if not incoming.is_dir():
            return
        for path in list(incoming.iterdir()):
            with suppress(FileNotFoundError), open(path, "rb") as file:
                if os.fstat(file.fileno()).st_mtime < before and _is_left(file):
                    yield hashlib.file_digest(file, "sha256").hexdigest()
                    path.unlink()


def place_of(folder: Path, sha256: str) -> Path:
    """Return where a content lies."""
    return folder / sha256[:2] / sha256


def _lock(folder: Path, kind: int) -> int:
    """Hold the folder's lock: uploads share it, deleting a blob excludes them."""
    try:
        descriptor = _lock_file(folder)
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = _lock_file(folder)
    fcntl.flock(descriptor, kind)
    return descriptor


def _lock_file(folder: Path) -> int:
    return os.open(f"{folder}/.lock", os.O_RDWR | os.O_CREAT, 0o600)


def _sync_folder(folder: Path | str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_left(file: BinaryIO) -> bool:
    """Return whether no upload has the file open; a stalled one still has."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def local(home: Path) -> LocalBlobs:
    """Return the driver for a home; the host calls this once per process."""
    return LocalBlobs(home / "blobs")
