"""Puts rendered files in their place, and knows later which of them the author changed.

``.archivolt-template.toml`` in the plugin keeps the answers, and the hash of each file
as it was written: that tells a file nobody touched from one that is the author's.
"""

import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from archivolt_host.cli.authoring.rendering import Rendered

RECORD = ".archivolt-template.toml"
HEAD = "# What this plugin was made from; 'archivolt plugin update' reads it.\n"
ADD, REPLACE, BESIDE = "add", "replace", "beside"


@dataclass(frozen=True)
class Record:
    """The answers a plugin came from, and the hash of each file as it was written."""

    answers: Mapping[str, Any]
    files: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """What an update does with one file."""

    file: Path
    deed: str


def place_new(made: Rendered, folder: Path) -> None:
    """Write a whole plugin."""
    for file in made.files():
        _copy(made.folder / file, folder / file)
    _write_record(made, folder)


def recorded(folder: Path) -> Record:
    """Return what a plugin was made from."""
    try:
        found = tomllib.loads((folder / RECORD).read_text(encoding="utf-8"))
        return Record(found["answers"], found["files"])
    except OSError:
        raise click.ClickException(
            f"{folder} holds no {RECORD}: it was not made by 'archivolt plugin new', "
            "or you are in another folder."
        ) from None
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise click.ClickException(
            f"{folder / RECORD} cannot be read ({error}): take it from your history."
        ) from None


def changes(made: Rendered, folder: Path, record: Record) -> Sequence[Change]:
    """Return what an update would do; files that are as they should be are left out."""
    return [
        Change(file, deed)
        for file in made.files()
        if (deed := _deed(file, made.folder, folder, record.files.get(file.as_posix())))
    ]


def _deed(file: Path, made: Path, folder: Path, written: str | None) -> str | None:
    wanted, place = _hash(made / file), folder / file
    if wanted == written:
        return None  # the template says what it said; whatever the author did stands
    if not place.exists():
        return ADD if written is None else BESIDE
    stands = _hash(place)
    if stands == wanted:
        return None
    return REPLACE if stands == written else BESIDE


def place_update(made: Rendered, folder: Path, deeds: Sequence[Change]) -> None:
    """Write what an update changes, and note what the plugin is made from now."""
    for change in deeds:
        beside = ".new" if change.deed == BESIDE else ""
        place = folder / change.file
        _copy(made.folder / change.file, place.with_name(place.name + beside))
    _write_record(made, folder)


def _copy(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, place)


def _write_record(made: Rendered, folder: Path) -> None:
    import tomlkit

    hashes = {f.as_posix(): _hash(made.folder / f) for f in made.files()}
    record = {
        "template": {"version": version("archivolt-plugin-template")},
        "answers": dict(made.answers),
        "files": hashes,
    }
    text = HEAD + tomlkit.dumps(record)
    (folder / RECORD).write_text(text, encoding="utf-8")


def _hash(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
