"""Reads an archive. It may come from anybody: nothing of it is believed unchecked."""

import hashlib
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import orjson

from archivolt_host.archives.errors import ArchiveError
from archivolt_host.archives.packing import END, FORMAT, HASH, HEAD, PIECE

TABLE = re.compile(r"tables/([a-z][a-z0-9_]{0,62})\.jsonl")
FILE = re.compile(r"files/([a-z][a-z0-9_]{0,99})/([A-Za-z0-9][A-Za-z0-9._-]{0,199})")
SHORT = "it is cut short; copy it again"
LARGEST_NOTE = 16 * 1024 * 1024  # bytes of a header, or of the head


@dataclass(frozen=True)
class Member:
    """One member while it can be read."""

    name: str
    size: int
    sha256: str
    content: IO[bytes]


class Archive:
    """An archive in a file."""

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        self.kind = kind

    @cached_property
    def head(self) -> dict[str, Any]:
        """What the archive says of itself, once it is known to be readable here."""
        for member in self._members():
            if member.name == HEAD:
                return self._understood(_json(member))
            break
        raise self._wrong("it is no archive of Archivolt")

    def _understood(self, head: Any) -> dict[str, Any]:
        if not isinstance(head, dict) or head.get("archivolt") != self.kind:
            raise self._wrong(f"it is no archive of a {self.kind}")
        if not isinstance(head.get("format"), int) or head["format"] > FORMAT:
            raise self._wrong(
                f"it was made by a newer Archivolt (format {head.get('format')}, this "
                f"one reads {FORMAT}); upgrade first"
            )
        return head

    def check(self, progress: Callable[[int], object] = lambda _: None) -> None:
        """Read it to the end and compare every hash; raise ArchiveError."""
        _ = self.head
        digest, tables = hashlib.sha256(), set()
        for count, member in enumerate(self._members()):
            if member.name == END:
                self._compare(_json(member), digest.hexdigest(), count)
                return
            if member.name in tables or not self._is_known(member.name, count):
                raise self._wrong(f"{member.name[:80]!r} has no place in it")
            if TABLE.fullmatch(member.name):
                tables.add(member.name)
            if _hash(member.content, progress) != member.sha256:
                raise self._wrong(f"{member.name} has been changed")
            digest.update(f"{member.name} {member.size} {member.sha256}\n".encode())
        raise self._wrong("its end is missing; copy it again")

    def _is_known(self, name: str, count: int) -> bool:
        if name == HEAD:
            return count == 0
        return bool(TABLE.fullmatch(name) or FILE.fullmatch(name))

    def _compare(self, end: Any, digest: str, count: int) -> None:
        seal = (end.get("members"), end.get("sha256")) if isinstance(end, dict) else ()
        if seal != (count, digest):
            raise self._wrong("members were added, removed or exchanged")

    def tables(self) -> Iterator[tuple[str, IO[bytes]]]:
        """Yield the tables by name, each with its lines."""
        for member in self._members():
            if found := TABLE.fullmatch(member.name):
                yield found[1], member.content

    def files(self) -> Iterator[tuple[str, str, IO[bytes]]]:
        """Yield the files: whose, by which name, and the content."""
        for member in self._members():
            if found := FILE.fullmatch(member.name):
                yield found[1], found[2], member.content

    def _members(self) -> Iterator[Member]:
        with self._opened() as (file, size):
            tar = tarfile.TarFile(fileobj=file)  # type: ignore[arg-type]
            while (found := file.noting(tar.next)) is not None:
                tar.members.clear()  # type: ignore[attr-defined]  # it keeps them all
                sha256 = found.pax_headers.get(HASH, "")
                # Nothing is ever extracted to where a name points: names are compared.
                if not found.isreg() or found.issparse():
                    raise self._wrong(f"{found.name[:80]!r} is no plain file")
                if found.size > size:
                    raise self._wrong(SHORT)
                content = tar.extractfile(found)
                if content is not None:
                    yield Member(found.name, found.size, sha256, content)

    @contextmanager
    def _opened(self) -> Iterator[tuple["_Careful", int]]:
        try:
            with self.path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                short = self._wrong(SHORT)
                yield _Careful(file, short), size
        except (tarfile.TarError, EOFError, UnicodeDecodeError, ValueError) as error:
            raise self._wrong(f"it is damaged, or no archive ({error})") from error
        except FileNotFoundError:
            raise ArchiveError(f"There is no file {self.path}.") from None

    def _wrong(self, reason: str) -> ArchiveError:
        return ArchiveError(f"{self.path} cannot be used: {reason}.")


class _Careful:
    """A file of which no note between the members is read into memory if it is long.

    Whoever reads a member where it ends too early is told so, in a sentence.
    """

    def __init__(self, file: IO[bytes], short: ArchiveError) -> None:
        self._file = file
        self._short = short
        self._notes = True
        self.seek, self.tell = file.seek, file.tell

    def noting(self, read: Callable[[], Any]) -> Any:
        """Run what reads notes only."""
        self._notes = True
        try:
            return read()
        finally:
            self._notes = False

    def read(self, size: int = -1) -> bytes:
        if self._notes and not 0 <= size <= LARGEST_NOTE:
            raise tarfile.ReadError("a header of it has no end")
        data = self._file.read(size)
        if len(data) < size and not self._notes:
            raise self._short
        return data


def _hash(content: IO[bytes], progress: Callable[[int], object]) -> str:
    found = hashlib.sha256()
    while piece := content.read(PIECE):
        found.update(piece)
        progress(len(piece))
    return found.hexdigest()


def _json(member: Member) -> Any:
    if member.size > LARGEST_NOTE:
        raise ValueError("its head has no end")
    return orjson.loads(member.content.read())
