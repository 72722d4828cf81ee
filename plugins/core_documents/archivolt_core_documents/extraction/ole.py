"""Old Office files (OLE2) by the streams in them, reading a bounded part."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLE_UNKNOWN = "application/x-ole-storage"
STREAMS = (  # in this order: a mail may carry a Word document
    ("EncryptedPackage", "application/encrypted"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("VisioDocument", "application/vnd.visio"),
)
SECTORS = 64  # of the directory; the streams that tell come early
FREE = 0xFFFFFFFA  # marks from here on are no sectors


def ole_type(head: bytes, path: Path | None) -> str:
    """Tell old Office files apart by the streams in them."""
    if path is None:
        return ole_streams(head)
    with path.open("rb") as source:
        return ole_streams(b"".join(directory(source, head)))


def ole_streams(entries: bytes) -> str:
    """Find a telling name; names are UTF-16 and fill entries of 128 bytes."""
    entries = entries.lower()  # names of streams ignore case
    for name, mime_type in STREAMS:
        wide = f"{name}\0".lower().encode("utf-16-le")
        at = entries.find(wide)
        while at >= 0 and at % 128:
            at = entries.find(wide, at + 1)
        if at >= 0:
            return mime_type
    return OLE_UNKNOWN


def directory(source: IO[bytes], head: bytes) -> Iterator[bytes]:
    """Read the directory, following its chain of sectors."""
    if len(head) < 512 or head[30] not in (9, 12):
        return
    length = 1 << head[30]
    sector = int.from_bytes(head[48:52], "little")
    for _ in range(SECTORS):
        if sector >= FREE:
            return
        source.seek((sector + 1) * length)
        yield source.read(length)
        sector = following(source, head, sector, length)


def following(source: IO[bytes], head: bytes, sector: int, length: int) -> int:
    """Look the next sector up in the allocation table."""
    table, place = divmod(sector, length // 4)
    if table >= 109:  # the header lists no more
        return FREE
    at = int.from_bytes(head[76 + table * 4 : 80 + table * 4], "little")
    if at >= FREE:
        return FREE
    source.seek((at + 1) * length + place * 4)
    return int.from_bytes(source.read(4).ljust(4, b"\xff"), "little")
