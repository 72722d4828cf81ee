"""Binary files by their first bytes."""

import re

JUNK = 1024  # readers accept that much before a PDF begins
PDF = re.compile(rb"%PDF-[12]\.\d[ \t]*[\r\n]")

SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"\0\0\1\0", "image/vnd.microsoft.icon"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"8BPS\0\1", "image/vnd.adobe.photoshop"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\x7fELF", "application/x-elf"),
    (b"OggS\0", "audio/ogg"),
    (b"fLaC\0", "audio/flac"),
    (b"ID3\2", "audio/mpeg"),
    (b"ID3\3", "audio/mpeg"),
    (b"ID3\4", "audio/mpeg"),
    (b"\x1aE\xdf\xa3", "video/x-matroska"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
)
RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
BRANDS = {
    b"avif": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"M4A ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
# What puremagic may add; it also claims texts and containers, often wrongly, and
# what is known here: it would have been found above (it calls JPEG 2000 a JPEG).
TRUSTED = ("image/", "audio/", "video/", "font/")
OWN = {*(mime_type for _, mime_type in SIGNATURES), *RIFF.values(), *BRANDS.values()}
CONFIDENT = 0.5


def by_signature(head: bytes) -> str | None:
    """Name a binary format that announces itself."""
    for signature, mime_type in SIGNATURES:
        if head.startswith(signature):
            return mime_type
    return by_inner_signature(head)


def by_inner_signature(head: bytes) -> str | None:
    """Name a format whose mark is not at the very beginning."""
    if head[:4] == b"RIFF":
        return RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12], "video/mp4")
    if head[257:262] == b"ustar":
        return "application/x-tar"
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if head[:3] == b"BZh" and head[4:10] == b"1AY&SY":
        return "application/x-bzip2"
    if head[:2] == b"MZ" and b"\0" in head:
        return "application/vnd.microsoft.portable-executable"
    return "audio/mpeg" if is_mpeg_frame(head) else None


def is_mpeg_frame(head: bytes) -> bool:
    """Tell sound without tags by its first frame's header."""
    return head[:1] == b"\xff" and head[1:2] in b"\xfa\xfb\xf2\xf3" and len(head) > 64


def is_late_pdf(head: bytes) -> bool:
    """Tell a PDF behind junk from a text that talks about PDF."""
    found = PDF.search(head, 0, JUNK + 16)
    return bool(found) and b" obj" in head[found.end() :] if found else False


def by_puremagic(head: bytes) -> str | None:
    """Ask puremagic about what is rare; it takes 20 ms to import."""
    from puremagic import PureError, magic_string

    try:
        matches = magic_string(head)
    except (PureError, ValueError):
        return None
    for match in matches:
        mime_type = str(match.mime_type)
        sure = match.confidence >= CONFIDENT and mime_type not in OWN
        if sure and mime_type.startswith(TRUSTED):
            return mime_type
    return None
