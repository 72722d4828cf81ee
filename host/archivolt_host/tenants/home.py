"""The home: the folder in which a deployment keeps everything it owns."""

import fcntl
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

FORMAT = 1
SECRET_BYTES = 32
FOLDERS = ("tenants", "blobs", "mail", "valkey", "logs", "run")
CHOOSE_ANOTHER = "name another home with ARCHIVOLT_HOME"


class HomeError(Exception):
    """The home cannot be used; the message tells the operator what to do."""


class HomeInUseError(HomeError):
    """Another process has claimed the home."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        super().__init__(
            f"Archivolt already runs on this home (process {holder})."
            f" Stop it, or {CHOOSE_ANOTHER}."
        )


class Home:
    """The folder that holds the catalog, the tenants, their blobs and the secret."""

    def __init__(self, path: Path | str | None = None) -> None:
        chosen = path or os.environ.get("ARCHIVOLT_HOME") or "var"
        self.path = Path(chosen).expanduser().absolute()
        self.catalog = self.path / "catalog.db"
        self.tenants = self.path / "tenants"
        self.blobs = self.path / "blobs"
        self.mail = self.path / "mail"
        self.valkey = self.path / "valkey"
        self.logs = self.path / "logs"
        self.crontab = self.path / "crontab"
        self.backups = self.path / "backups"
        self.run = self.path / "run"
        self.secret_file = self.path / "secret.key"
        self.version_file = self.path / "VERSION"

    def prepare(self) -> Self:
        """Create what is missing, and refuse a home that this code cannot use."""
        if self.path.exists() and not self.path.is_dir():
            message = f"{self.path} is a file, not a folder. Move it away, or"
            raise HomeError(f"{message} {CHOOSE_ANOTHER}.")
        try:
            self._create()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            message = f"Archivolt cannot write to its home {self.path}: {reason}."
            raise HomeError(f"{message} Make it writable, or {CHOOSE_ANOTHER}.") from (
                error
            )
        return self

    def lock(self) -> "HomeLock":
        """Claim the home for this process until it ends, or refuse."""
        return HomeLock(self.run / "lock")

    def holder(self) -> str | None:
        """Return the process that has claimed the home, or None."""
        try:
            file = os.open(self.run / "lock", os.O_RDONLY)
        except OSError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _name_in(file)
        finally:
            os.close(file)
        return None

    def secret(self) -> bytes:
        """Return the deployment's secret, made at the first call."""
        if not self.secret_file.exists():
            _create_once(self.secret_file, secrets.token_bytes(SECRET_BYTES))
        secret = self.secret_file.read_bytes()
        if len(secret) < SECRET_BYTES:
            raise HomeError(
                f"{self.secret_file} is damaged: it holds {len(secret)} bytes, and"
                f" {SECRET_BYTES} are needed. Restore it from a backup; without it"
                " nobody stays signed in and stored secrets cannot be read."
            )
        return secret

    def format(self) -> int | None:
        """Return the number of the home's format, or None before its first use."""
        try:
            text = self.version_file.read_text().strip()
        except FileNotFoundError:
            return None
        if not text.isdecimal():
            raise HomeError(
                f"{self.version_file} should hold a number and holds {text[:20]!r}."
                " Restore it from a backup."
            )
        return int(text)

    def _create(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._refuse_newer()
        for name in FOLDERS:
            (self.path / name).mkdir(mode=0o700, exist_ok=True)
        tempfile.TemporaryFile(dir=self.run).close()
        if not self.version_file.exists():
            _create_once(self.version_file, f"{FORMAT}\n".encode())
        self.secret()

    def _refuse_newer(self) -> None:
        found = self.format()
        if found is not None and found > FORMAT:
            raise HomeError(
                f"This home was made by a newer Archivolt (format {found}; this one"
                f" reads {FORMAT}). Install that version, or {CHOOSE_ANOTHER}."
            )


class HomeLock:
    """An exclusive lock that ends with this process and that no child inherits."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _name_in(self._fd)
            self.release()
            raise HomeInUseError(holder) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)
        # A flock belongs to the open file, which a fork shares: let go of it there.
        os.register_at_fork(after_in_child=self.release)

    def release(self) -> None:
        """Close the file; the lock ends with the last process that has it open."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _name_in(lock: int) -> str:
    return os.pread(lock, 20, 0).decode().strip() or "unknown"


def _create_once(path: Path, content: bytes) -> None:
    """Write a private file whole or not at all, and keep one that is there already."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
