"""An operator's crontab: commands of ``archivolt`` that are run at their time.

A line has five fields of cron, a name and a command; ``TZ=Europe/Berlin`` sets the time
zone of the lines below it. A line that is wrong is named, and stops no other.
"""

import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archivolt_host.errors import InvalidError
from archivolt_host.jobs import rhythm

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
ZONE = re.compile(r"TZ\s*=\s*(\S+)")
FIELDS, PARTS = 5, 7
EXAMPLE = "write for example '30 4 * * 1 weekly-report jobs list --status failed'"


@dataclass(frozen=True)
class Entry:
    """One command and when it is run."""

    name: str
    cron: str
    zone: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Mistake:
    """What is wrong with which line."""

    line: int
    sentence: str


@dataclass(frozen=True)
class Table:
    """What a crontab says, and what is wrong with it."""

    entries: Sequence[Entry] = ()
    mistakes: Sequence[Mistake] = ()


def read(path: Path, commands: Collection[str]) -> Table:
    """Read a crontab; one that is not there is empty."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Table()
    except UnicodeDecodeError:
        return Table((), [Mistake(1, "it is not UTF-8 text; save it as UTF-8.")])
    except OSError as error:
        return Table((), [Mistake(1, f"it cannot be read: {error.strerror}.")])
    return parse(text, commands)


def parse(text: str, commands: Collection[str]) -> Table:
    """Take a crontab apart; ``commands`` are those that ``archivolt`` has."""
    entries: dict[str, Entry] = {}
    mistakes, zone = [], "UTC"
    for number, line in _lines(text):
        try:
            if found := ZONE.fullmatch(line):
                rhythm.check_zone(found[1])
                zone = found[1]
                continue
            entry = _entry(line, zone, commands)
            if entry.name in entries:
                raise InvalidError(f"there is an entry {entry.name} above already.")
            entries[entry.name] = entry
        except InvalidError as error:
            mistakes.append(Mistake(number, str(error)))
    return Table(list(entries.values()), mistakes)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def _entry(line: str, zone: str, commands: Collection[str]) -> Entry:
    parts = line.split(None, PARTS - 1)
    if len(parts) < PARTS:
        raise InvalidError(
            f"five fields of cron, a name and a command are wanted: {EXAMPLE}."
        )
    cron, name = " ".join(parts[:FIELDS]), parts[FIELDS]
    rhythm.check(cron, None, zone)
    if not NAME.fullmatch(name):
        raise InvalidError(
            f"{name!r} is no name: take lower-case letters, digits, - and _, at most "
            f"50; {EXAMPLE}."
        )
    return Entry(name, cron, zone, _words(parts[-1], commands))


def _words(command: str, commands: Collection[str]) -> tuple[str, ...]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InvalidError(f"the command cannot be read: {error}.") from error
    if words[:1] == ["archivolt"]:
        del words[0]
    if not words or words[0] not in commands:
        raise InvalidError(
            f"{(words or [''])[0]!r} is no command of archivolt: see 'archivolt -h'."
        )
    return tuple(words)
