"""Zip containers by the members in them, reading a bounded part."""

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

ZIP = "application/zip"
OPENXML = "application/vnd.openxmlformats-officedocument"
FAMILIES = {
    b"word/": f"{OPENXML}.wordprocessingml.document",
    b"xl/": f"{OPENXML}.spreadsheetml.sheet",
    b"ppt/": f"{OPENXML}.presentationml.presentation",
}
# The types of main parts that differ from those of the files they are in.
MAIN = re.compile(
    rb'ContentType="application/(vnd\.(?:openxmlformats-officedocument|ms-\w+)'
    rb'\.[\w.]+?)(?:\.main)?\+xml"'
)
KINDS = re.compile(r"\.(document|template|sheet|presentation|slideshow)(\.|$)")
OPENING = struct.Struct("<4s5H3I2H")
ENDING = struct.Struct("<4s4H2LH")
DIRECTORY = 512 * 1024  # a bigger one is no office file, and would take long
MEMBER = 64 * 1024


def zip_type(head: bytes, path: Path | None) -> str:
    """Name the kind of a zip container."""
    if path is not None and (found := from_whole(path)):
        return found
    return declared(first_member(head)) or family(names_in(head)) or ZIP


def from_whole(path: Path) -> str | None:
    """Look into a container, unless its table of contents is huge or broken."""
    if not is_small(path):
        return None
    try:
        with ZipFile(path) as archive:
            return from_members(archive)
    except Exception:  # zipfile raises whatever the damage leads to
        return None  # the beginning has to do


def from_members(archive: ZipFile) -> str | None:
    """Name the kind by the members that say it."""
    names = set(archive.namelist())
    if "mimetype" in names:
        return declared(start_of(archive, "mimetype"))
    if "[Content_Types].xml" not in names:
        return "application/java-archive" if "META-INF/MANIFEST.MF" in names else None
    types = start_of(archive, "[Content_Types].xml")
    return main_part(types) or family(name.encode() for name in names)


def start_of(archive: ZipFile, name: str) -> bytes:
    """Read the beginning of a member; other methods unpack without bounds."""
    if archive.getinfo(name).compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return b""
    with archive.open(name) as member:
        return member.read(MEMBER)


def main_part(types: bytes) -> str | None:
    """Name an Office file by the type of its main part."""
    for found in MAIN.finditer(types):
        name = found[1].decode()
        if "macroEnabled" in name:
            return f"application/{name.replace('macroEnabled', 'macroenabled')}.12"
        if found[0].endswith(b'.main+xml"') and KINDS.search(name):
            return f"application/{name}"
    return None


def is_small(path: Path) -> bool:
    """Check the size of the table of contents, which stands at the end."""
    with path.open("rb") as source:
        length = source.seek(0, 2)
        source.seek(max(0, length - MEMBER - ENDING.size))
        tail = source.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < ENDING.size:
        return False
    return int(ENDING.unpack_from(tail, at)[5]) <= DIRECTORY


def first_member(head: bytes) -> bytes:
    """Read the `mimetype` that books and OpenDocument files begin with."""
    if len(head) < OPENING.size:
        return b""
    fields = OPENING.unpack_from(head)
    method, packed, name_length, extra = fields[3], fields[7], fields[9], fields[10]
    start = OPENING.size + name_length
    if method or head[OPENING.size : start] != b"mimetype":
        return b""
    return head[start + extra : start + extra + min(packed, 200)]


def declared(content: bytes) -> str | None:
    """Trust a `mimetype` member as far as it names a known family."""
    name = content.strip().decode("ascii", "replace")
    known = ("application/vnd.oasis.opendocument.", "application/epub+zip")
    return name if name.startswith(known) else None


def names_in(head: bytes) -> Iterator[bytes]:
    """List the names of the members that begin in the head."""
    for found in re.finditer(rb"PK\x03\x04.{22}(..)..", head, re.DOTALL):
        yield head[found.end() : found.end() + int.from_bytes(found[1], "little")]


def family(names: Iterator[bytes]) -> str | None:
    """Name an Office file by the folders in it."""
    for name in names:
        for folder, mime_type in FAMILIES.items():
            if name.startswith(folder):
                return mime_type
    return None
