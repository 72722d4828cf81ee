"""What goes into an extraction and what comes out of it."""

from dataclasses import dataclass
from typing import Literal

MIB = 1024 * 1024
LOCKED = "The file is encrypted: upload it without a password to make it searchable."

Status = Literal["done", "empty", "unsupported", "failed"]


@dataclass(frozen=True)
class Limits:
    """What one document may cost."""

    seconds: float = 60.0
    memory: int = 512 * MIB
    unpacked: int = 512 * MIB
    characters: int = 10_000_000


@dataclass(frozen=True)
class Extracted:
    """The text of a document, and a sentence where something is missing."""

    status: Status
    text: str = ""
    problem: str | None = None


class UnreadableError(Exception):
    """A document that gives no text; the message tells its owner why."""


def failed(problem: str) -> Extracted:
    """Give no text, and the reason."""
    return Extracted("failed", problem=problem)


def out_of_time(limits: Limits) -> str:
    """Tell that a document took too long."""
    return f"Stopped after {limits.seconds:g} s."


def out_of_memory(limits: Limits) -> str:
    """Tell that a document needs too much memory."""
    return f"Needs more than {size(limits.memory)} of memory."


def size(count: int) -> str:
    """Write a number of bytes as people say it."""
    value = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.3g} {unit}"
        value /= 1024
    return f"{value:,.1f} GiB"
