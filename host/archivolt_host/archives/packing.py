"""Writes an archive: a tar whose every member carries its hash, and an end."""

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

from archivolt_host.archives.errors import ArchiveError

FORMAT = 1
PACKED = ".tar"
HEAD, END = "archivolt.json", "end.json"
HASH = "comment"  # of a member: other programs pass over it in silence
PIECE = 1024 * 1024


class Packing:
    """An archive under way. Nothing of a member is kept in memory."""

    def __init__(self, file: IO[bytes], head: dict[str, Any]) -> None:
        # Closed by end(): an archive that was given up has none.
        self._tar = tarfile.TarFile(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)
        self._digest = hashlib.sha256()
        self.count = 0
        self._add_json(HEAD, {**head, "format": FORMAT})

    def add(self, name: str, size: int, sha256: str, content: IO[bytes]) -> None:
        """Add a member; a content that is not what it should be is refused."""
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        member.pax_headers = {HASH: sha256}
        hashed = _Hashed(content)
        try:
            self._tar.addfile(member, hashed)
        except OSError as error:
            if error.strerror is None:  # tarfile's own: the content ended too early
                raise _damaged(name) from error
            raise
        if hashed.hexdigest() != sha256 or content.read(1):
            raise _damaged(name)
        self._tar.members.clear()  # type: ignore[attr-defined]  # it keeps them all
        self._digest.update(f"{name} {size} {sha256}\n".encode())
        self.count += 1

    def add_file(self, name: str, file: IO[bytes]) -> None:
        """Add what was written to a file of ours."""
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        self.add(name, size, sha256, file)

    def end(self, **facts: Any) -> None:
        """Write what shows that nothing is missing."""
        seal = {"members": self.count, "sha256": self._digest.hexdigest()}
        self._add_json(END, {**seal, **facts})
        self._tar.close()

    def _add_json(self, name: str, value: dict[str, Any]) -> None:
        self.add_file(name, io.BytesIO(orjson.dumps(value)))


class _Hashed:
    """A content that is hashed while it is read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._content.read(size)
        self._hash.update(data)
        return data

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def _damaged(name: str) -> ArchiveError:
    return ArchiveError(
        f"{name} is damaged: what is stored is not what was stored once. Restore it "
        "from a backup."
    )


@contextmanager
def new_file(path: Path, *, overwrite: bool) -> Iterator[IO[bytes]]:
    """Make a private file, whole or not at all; one that is there is not replaced."""
    if path.exists() and not overwrite:
        raise ArchiveError(
            f"{path} is there already: name another, or say --overwrite."
        )
    if not path.absolute().parent.is_dir():
        raise ArchiveError(
            f"There is no folder {path.absolute().parent}: make it first."
        )
    handle, draft = tempfile.mkstemp(
        dir=path.absolute().parent, prefix=f".{path.name}-"
    )
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(handle)
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
