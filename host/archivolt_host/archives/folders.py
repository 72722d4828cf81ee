"""A folder whose files are listed with their hashes, and the same as one file."""

import hashlib
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from archivolt_host.archives.errors import ArchiveError
from archivolt_host.archives.kinds import line

HEAD, INDEX = "archivolt.json", "index.jsonl"
FORMAT = 1
Progress = Callable[[str], object]


def seal(folder: Path, head: dict[str, Any], progress: Progress) -> int:
    """List every file of a folder with its hash; return how many there are."""
    count = 0
    with (folder / INDEX).open("wb") as index:
        for path in files_in(folder):
            if path != INDEX:
                progress(path)
                size = (folder / path).stat().st_size
                index.write(line([path, size, hash_of(folder / path)]))
                count += 1
    facts = {**head, "format": FORMAT, "files": count}
    facts["index"] = hash_of(folder / INDEX)
    (folder / HEAD).write_bytes(orjson.dumps(facts))
    return count


def check(folder: Path, kind: str, progress: Progress) -> dict[str, Any]:
    """Compare every file with the list; return the head, or raise ArchiveError."""
    head = read_head(folder, kind)
    if head.get("index") != hash_of(folder / INDEX):
        raise _wrong(folder, f"{INDEX} has been changed")
    listed = set()
    for path, size, sha256 in _index(folder):
        progress(path)
        listed.add(path)
        file = folder / path
        if not file.is_file() or file.is_symlink():
            raise _wrong(folder, f"{path} is missing")
        if file.stat().st_size != size or hash_of(file) != sha256:
            raise _wrong(folder, f"{path} has been changed")
    for path in files_in(folder):
        if path not in listed and path not in (HEAD, INDEX):
            raise _wrong(folder, f"{path} was added")
    return head


def read_head(folder: Path, kind: str) -> dict[str, Any]:
    """Return what a folder says of itself, if it can be used here."""
    try:
        head = orjson.loads((folder / HEAD).read_bytes())
    except (OSError, ValueError):
        head = None
    if not isinstance(head, dict) or head.get("archivolt") != kind:
        raise _wrong(folder, f"it is no {kind} of Archivolt, or not a whole one")
    found = head.get("format")
    if not isinstance(found, int) or found > FORMAT:
        raise _wrong(
            folder,
            f"it was made by a newer Archivolt (format {found}, this one reads "
            f"{FORMAT}); upgrade first",
        )
    return head


def _index(folder: Path) -> Iterator[tuple[str, int, str]]:
    with (folder / INDEX).open("rb") as index:
        for text in index:
            path, size, sha256 = orjson.loads(text)
            yield safe(path), size, sha256


def safe(path: str) -> str:
    """Return a path that stays below its folder, or raise ArchiveError."""
    parts = PurePosixPath(path).parts
    if not parts or path != "/".join(parts) or {"..", "/"} & set(parts) or "\0" in path:
        raise ArchiveError(f"{path[:80]!r} is no place in a backup.")
    return path


def files_in(folder: Path) -> Iterator[str]:
    """Yield the files below a folder, by relative path."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield (Path(place) / name).relative_to(folder).as_posix()


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def pack(folder: Path, out: Any) -> None:
    """Write a folder as one tar."""
    with tarfile.TarFile(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.dereference = True  # contents are links into the home: their bytes count
        for path in files_in(folder):
            tar.add(folder / path, path, recursive=False)
            tar.members.clear()  # type: ignore[attr-defined]  # it keeps them all


def unpack(file: Path, folder: Path) -> None:
    """Write the files of a tar below a folder; links and devices are refused."""
    try:
        with tarfile.open(file, "r:") as tar:
            while (member := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined]
                _unpack_one(tar, member, folder)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise _wrong(file, f"it is damaged, or no backup ({error})") from error


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    place = folder / safe(member.name)
    # A hard link stands for a content that a folder has twice: ours never do.
    if not member.isreg() or member.issparse() or place.exists():
        raise ArchiveError(f"{member.name[:80]!r} is no plain file of a backup.")
    content = tar.extractfile(member)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with place.open("xb") as out:
        if content is not None:
            shutil.copyfileobj(content, out)


def _wrong(path: Path, reason: str) -> ArchiveError:
    return ArchiveError(f"{path} cannot be used: {reason}.")
