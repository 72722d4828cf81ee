"""Documents that try to break their reader cost themselves, and nothing else."""

import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import psutil
import pytest
from pypdf import PdfReader, PdfWriter

from archivolt_core_documents.extraction import Extracted, Limits, extract, sniff
from archivolt_core_documents.extraction.results import MIB

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LIMITS = Limits(seconds=10, memory=256 * MIB)
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 10))
    + "]><x>&a9;</x>"
)


@pytest.fixture(autouse=True)
def _no_trace(private_temp: Path) -> Iterator[None]:
    """Leave no temporary file behind, and no child of the helper."""
    assert not list(private_temp.iterdir())
    yield
    assert not list(private_temp.iterdir())
    for child in psutil.Process().children():
        if "archivolt_core_documents" in " ".join(child.cmdline()):
            assert not child.children()


def refused(path: Path, mime_type: str, limits: Limits = LIMITS) -> str:
    started = time.monotonic()
    found = extract(path, mime_type, limits)
    assert time.monotonic() - started < limits.seconds + 30  # not for ever
    assert found.status == "failed"
    assert found.text == ""
    assert found.problem
    return found.problem


@pytest.fixture
def bomb(tmp_path: Path) -> Path:
    """A gigabyte of zeros in a megabyte."""
    path = tmp_path / "bomb.docx"
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", "wordprocessingml")
        with archive.open("word/document.xml", "w", force_zip64=True) as member:
            for _ in range(1024):
                member.write(bytes(MIB))
    return path


def test_a_zip_bomb_is_refused(bomb: Path) -> None:
    problem = refused(bomb, DOCX)
    assert problem == (
        "Needs more than 512 MiB: the archive unpacks to 1.0 GiB (a zip bomb?)."
    )


def test_a_smaller_bomb_is_refused_by_its_ratio(bomb: Path) -> None:
    problem = refused(bomb, DOCX, Limits(seconds=10, unpacked=4096 * MIB))
    assert problem.startswith("Refused:")
    assert "unpack to 1.0 GiB (a zip bomb?)" in problem


def test_a_bomb_that_lies_about_its_size_is_stopped(
    pack: Callable[..., bytes], written: Callable[..., Path]
) -> None:
    size = 8 * MIB
    raw = pack({"word/document.xml": b" " * size})
    lie = raw.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lie != raw
    assert "damaged" in refused(written("liar.docx", lie), DOCX)


def test_unpacking_is_counted_over_all_members(
    pack: Callable[..., bytes], written: Callable[..., Path], monkeypatch
) -> None:
    from archivolt_core_documents.extraction import archives
    from archivolt_core_documents.extraction.results import UnreadableError

    monkeypatch.setattr(archives, "refuse_bombs", lambda *_: None)
    path = written("a.zip", pack({"a": b"1" * 1000, "b": b"2" * 1000}))
    archive = archives.Archive(path, Limits(unpacked=1500))
    assert len(archive.read("a")) == 1000
    with pytest.raises(UnreadableError, match="zip bomb"):
        archive.read("b")


def test_an_entity_bomb_in_a_container_is_refused(
    pack: Callable[..., bytes], written: Callable[..., Path]
) -> None:
    path = written("laughs.docx", pack({"word/document.xml": LAUGHS}))
    assert "entity bomb" in refused(path, DOCX)


def test_an_entity_bomb_in_plain_xml_is_refused(written: Callable[..., Path]) -> None:
    path = written("laughs.xml", LAUGHS.encode())
    assert "entity bomb" in refused(path, "application/xml")


def test_outside_entities_are_not_fetched(written: Callable[..., Path]) -> None:
    secret = written("secret.txt", b"secret")
    outside = f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}">]><x>&s;</x>'
    assert "entities" in refused(written("a.xml", outside.encode()), "text/xml")
    dtd = f'<!DOCTYPE x SYSTEM "{secret.as_uri()}"><x>word</x>'
    found = extract(written("b.xml", dtd.encode()), "text/xml", LIMITS)
    assert found == Extracted("done", "word")


@pytest.mark.parametrize("mime_type", ["text/html", "application/xml"])
def test_deep_nesting_does_no_harm(
    mime_type: str, written: Callable[..., Path]
) -> None:
    depth = 200_000
    path = written("deep", b"<b>" * depth + b"word" + b"</b>" * depth)
    assert extract(path, mime_type, LIMITS).text == "word"


def test_mail_nested_too_deeply_is_refused(written: Callable[..., Path]) -> None:
    layers = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n)
        for n in range(2000)
    )
    assert "nested too deeply" in refused(written("deep.eml", layers), "message/rfc822")


@pytest.mark.parametrize(
    ("content", "mime_type", "sentence"),
    [
        (b"%PDF-1.4\n" + b"\xff\0garbage" * 100, PDF, "The PDF is damaged or cut off."),
        (b"", PDF, "The file is empty (0 bytes)."),
        (b"PK\3\4garbage", DOCX, "The file is damaged or cut off."),
        (b"not rich", "application/rtf", "The file is damaged: it is no rich text."),
    ],
)
def test_garbage_is_told_in_a_sentence(
    content: bytes, mime_type: str, sentence: str, written: Callable[..., Path]
) -> None:
    assert refused(written("garbage", content), mime_type) == sentence


@pytest.mark.parametrize("name", ["paper.pdf", "letter.docx", "essay.odt"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_file_cut_off_is_told_so(
    name: str, share: float, samples: dict[str, bytes], written: Callable[..., Path]
) -> None:
    path = written(name)
    mime_type = sniff(path.read_bytes(), name, path)
    cut = samples[name][: int(len(samples[name]) * share)]
    assert "cut off" in refused(written(name, cut), mime_type)


def encrypted(source: bytes, user: str, algorithm: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(source)))
    writer.encrypt(user, "owner", algorithm=algorithm)
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_an_encrypted_pdf_asks_for_another(
    algorithm: str, samples: dict[str, bytes], written: Callable[..., Path]
) -> None:
    locked = written("a.pdf", encrypted(samples["paper.pdf"], "secret", algorithm))
    assert refused(locked, PDF) == (
        "The PDF is encrypted: upload it without a password to make it searchable."
    )
    printable = written("b.pdf", encrypted(samples["paper.pdf"], "", algorithm))
    assert extract(printable, PDF, LIMITS).text == "Buttercup"


def test_an_encrypted_archive_asks_for_another(
    samples: dict[str, bytes], written: Callable[..., Path]
) -> None:
    marked = bytearray(samples["letter.docx"])
    at = -1
    while (at := marked.find(b"PK\1\2", at + 1)) >= 0:
        marked[at + 8] |= 1
    assert "encrypted" in refused(written("a.docx", bytes(marked)), DOCX)


def test_a_document_that_needs_too_much_memory_is_stopped(
    written: Callable[..., Path],
) -> None:
    path = written("big.html", b"<p>word</p>" * (8 * MIB))
    limits = Limits(seconds=10, memory=64 * MIB)
    assert refused(path, "text/html", limits) == "Needs more than 64 MiB of memory."


def test_a_document_that_takes_too_long_is_stopped(
    written: Callable[..., Path],
) -> None:
    path = written("slow.html", b"<p>word</p>" * (3 * MIB))
    assert refused(path, "text/html", Limits(seconds=0.3)) == "Stopped after 0.3 s."
