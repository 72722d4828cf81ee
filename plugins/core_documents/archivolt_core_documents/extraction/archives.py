"""Zip containers, read with an eye on how much comes out of them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

from archivolt_core_documents.extraction.results import (
    LOCKED,
    MIB,
    Limits,
    UnreadableError,
    size,
)

RATIO = 200  # office documents stay below 50
RATIO_FLOOR = 32 * MIB  # what is small unpacked does no harm at any ratio
ENCRYPTED = 0x1


class Archive:
    """The members of a zip container, up to a total of unpacked bytes."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        self._spent = 0
        try:
            self._zip = ZipFile(path)
        except (BadZipFile, EOFError, ValueError, NotImplementedError) as error:
            raise UnreadableError("The file is damaged or cut off.") from error
        refuse_bombs(self._zip, path.stat().st_size, limits)
        self._names = {info.filename for info in self._zip.infolist()}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def names(self, pattern: str) -> list[str]:
        """List the members that match, `sheet2` before `sheet10`."""
        matcher = re.compile(pattern)
        return sorted(filter(matcher.fullmatch, self._names), key=in_order)

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open a member; reading it counts."""
        info = self._zip.getinfo(name)
        if info.flag_bits & ENCRYPTED:
            raise UnreadableError(LOCKED)
        with self._zip.open(info) as member:
            yield Counted(member, self)  # type: ignore[misc]

    def read(self, name: str) -> bytes:
        """Read a whole member."""
        with self.open(name) as member:
            return member.read()

    @property
    def room(self) -> int:
        """How many bytes may still be unpacked."""
        return self._limits.unpacked - self._spent

    def spend(self, count: int) -> None:
        """Count what was really unpacked: declared sizes lie."""
        self._spent += count
        if self.room < 0:
            raise UnreadableError(bomb(self._limits, "more than it declares"))


class Counted(RawIOBase):
    """A member that reports each byte read to its archive."""

    def __init__(self, member: IO[bytes], archive: Archive) -> None:
        self._member = member
        self._archive = archive

    def readable(self) -> bool:
        """Say yes."""
        return True

    def read(self, count: int = -1) -> bytes:
        """Read up to `count` bytes, or what the archive still allows."""
        most = self._archive.room + 1
        piece = self._member.read(most if count < 0 else min(count, most))
        self._archive.spend(len(piece))
        return piece


def refuse_bombs(archive: ZipFile, packed: int, limits: Limits) -> None:
    """Refuse by the declared sizes, before anything is unpacked."""
    total = sum(info.file_size for info in archive.infolist())
    if total > limits.unpacked:
        raise UnreadableError(bomb(limits, f"to {size(total)}"))
    if total > max(RATIO_FLOOR, RATIO * packed):
        raise UnreadableError(
            f"Refused: {size(packed)} unpack to {size(total)} (a zip bomb?)."
        )


def bomb(limits: Limits, what: str) -> str:
    """Tell that an archive unpacks to too much."""
    return (
        f"Needs more than {size(limits.unpacked)}: "
        f"the archive unpacks {what} (a zip bomb?)."
    )


def in_order(name: str) -> tuple[int, str]:
    """Sort by the last number in a name, then by the name."""
    numbers = re.findall(r"\d{1,9}", name)
    return (int(numbers[-1]) if numbers else 0, name)
