"""What a blob driver offers; drivers come from ``archivolt.drivers.blobs``."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol


class Incoming(Protocol):
    """A content on its way in: written and hashed piece by piece.

    ``head`` holds its first 64 KiB: a small content is there as a whole.
    """

    size: int
    head: bytes

    def write(self, data: bytes) -> int:
        """Take the next piece."""

    def finish(self) -> str:
        """Make it durable and return its SHA-256 in hex."""

    def path(self) -> Path:
        """Return a local file with the whole content, after ``finish``."""

    def keep(self) -> None:
        """Give it its final place; call it inside the transaction that refers to it."""

    def done(self) -> None:
        """Forget the way in, after the commit."""

    def abandon(self) -> None:
        """Leave nothing behind of a content that was not kept."""


class Blobs(Protocol):
    """Contents of one tenant at a time."""

    def receive(self, tenant: str, id: str) -> Incoming:
        """Begin to take a content in."""

    def open(self, tenant: str, sha256: str) -> BinaryIO:
        """Open a content for reading, from any position."""

    def local_path(self, tenant: str, sha256: str) -> AbstractContextManager[Path]:
        """Lend a local file with the content, for programs that need one."""

    def discard(self, tenant: str, sha256: str, needed: Callable[[], bool]) -> bool:
        """Delete a content unless ``needed()``; nobody can refer to it meanwhile."""

    def drop(self, tenant: str) -> None:
        """Delete every content of a tenant."""

    def stale(self, tenant: str, before: float) -> Iterator[str]:
        """Clear away old ways in; yield the hashes that may be kept for nothing."""
