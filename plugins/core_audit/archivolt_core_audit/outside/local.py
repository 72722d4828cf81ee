"""Seals as files: ``$ARCHIVOLT_HOME/seals/<tenant>/<id>.jsonl``, and the key beside.

Whoever can write to this folder too can forge what is in it: ship the lines away, or
keep the key elsewhere, where that matters.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

LONGEST = 4096  # bytes of a line


class SealFolder:
    """A folder with a file of lines for each tenant, and an Ed25519 key."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "seals"

    def sign(self, body: bytes) -> tuple[str, str]:
        """Return the key's name, and the signature in hex."""
        return self._key_name, self._key.sign(body).hex()

    def is_signed(self, body: bytes, key: str, signature: str) -> bool:
        """Return whether a key that was ever ours has signed this."""
        try:
            public = (self._folder / "keys" / f"{key}.pub").read_bytes()
            found = Ed25519PublicKey.from_public_bytes(public)
            found.verify(bytes.fromhex(signature), body)
        except (OSError, ValueError, InvalidSignature):
            return False
        return _name_of(public) == key

    def last(self, slug: str, tenant: UUID) -> str | None:
        """Return the last line, or None where there is none."""
        try:
            with open(self._path(slug, tenant), "rb") as file:
                return _last(file.fileno())
        except FileNotFoundError:
            return None

    def lines(self, slug: str, tenant: UUID) -> Sequence[str]:
        """Return all lines, the oldest first."""
        try:
            text = self._path(slug, tenant).read_text()
        except FileNotFoundError:
            return []
        return [line for line in text.splitlines(keepends=True) if line[-1] == "\n"]

    def append(
        self, slug: str, tenant: UUID, lines: Sequence[str], after: str | None
    ) -> bool:
        """Add lines durably, if ``after`` is still the last one; return whether."""
        path = self._path(slug, tenant)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(path) as file:
            if _last(file) != after:
                return False
            _cut_unfinished(file)
            os.write(file, "".join(lines).encode())
            os.fsync(file)
        return True

    def set_aside(self, slug: str, tenant: UUID) -> str | None:
        """Begin anew, and keep all lines elsewhere; return where, if there were any."""
        path = self._path(slug, tenant)
        aside = path.with_suffix(f".{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
        try:
            path.rename(aside)
        except FileNotFoundError:
            return None
        return str(aside)

    def _path(self, slug: str, tenant: UUID) -> Path:
        return self._folder / slug / f"{tenant}.jsonl"

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        """The key that signs, made at the first use."""
        path = self._folder / "key"
        if not path.exists():
            _write_once(path, Ed25519PrivateKey.generate().private_bytes_raw())
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())

    @cached_property
    def _key_name(self) -> str:
        public = self._key.public_key().public_bytes_raw()
        name = _name_of(public)
        _write_once(self._folder / "keys" / f"{name}.pub", public)
        return name


def _name_of(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:16]


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _last(file: int) -> str | None:
    """Return the last whole line; what a crash left unfinished does not count."""
    size = os.fstat(file).st_size
    start = max(size - 2 * LONGEST, 0)
    tail = os.pread(file, size - start, start)
    whole = tail[: tail.rfind(b"\n") + 1].splitlines(keepends=True)
    return whole[-1].decode() if whole else None


def _cut_unfinished(file: int) -> None:
    size = os.fstat(file).st_size
    start = max(size - 2 * LONGEST, 0)
    tail = os.pread(file, size - start, start)
    os.ftruncate(file, start + tail.rfind(b"\n") + 1)


def _write_once(path: Path, content: bytes) -> None:
    """Write a private file whole or not at all, and keep one that is there already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(file, content)
        os.fsync(file)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.close(file)
        os.unlink(draft)
