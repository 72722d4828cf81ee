"""Files of every format, made from nothing, and the folder of real ones."""

import os
import tempfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import psutil
import pytest

from archivolt_core_documents.extraction import stop

ROOT = Path(__file__).resolve().parents[4]
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
TYPES = (
    '<Types><Override PartName="/{0}" ContentType="application/'
    'vnd.openxmlformats-officedocument.{1}.main+xml"/></Types>'
)

Pack = Callable[..., bytes]


@pytest.fixture
def corpus() -> Path:
    """Real files; without them the generated ones still cover every format."""
    folder = os.environ.get("ARCHIVOLT_CORPUS")
    path = Path(folder) if folder else ROOT.parent / "shared" / "corpus"
    if not path.is_dir():
        pytest.skip("no corpus: set ARCHIVOLT_CORPUS to its folder")
    return path


@pytest.fixture(scope="session")
def pack() -> Pack:
    """Make a zip container of members."""

    def make(members: dict[str, str | bytes]) -> bytes:
        buffer = BytesIO()
        with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    return make


@pytest.fixture(scope="session")
def samples(pack: Pack) -> dict[str, bytes]:
    """One small file of each format, by file name."""
    return {
        "letter.docx": docx(pack),
        "numbers.xlsx": xlsx(pack),
        "talk.pptx": pptx(pack),
        "essay.odt": odf(pack, "text"),
        "table.ods": odf(pack, "spreadsheet"),
        "show.odp": odf(pack, "presentation"),
        "novel.epub": epub(pack),
        "paper.pdf": pdf("Buttercup"),
        "page.html": b"<!doctype html><title>Titel</title><script>hidden()</script>"
        b"<p>Butter<b>cup</b></p><style>p{color:red}</style><img alt='meadow'>",
        "page.xhtml": b'<?xml version="1.0"?><html><body>Buttercup</body></html>',
        "message.eml": MESSAGE,
        "note.rtf": rb"{\rtf1\ansi {\fonttbl\f0 Arial;} Butter\'fccup"
        rb" \u8364? {\b Buttercup}}",
        "note.txt": "Buttercup, größer".encode(),
        "windows.txt": "Buttercup größer \u2013 5 € im Frühling".encode("cp1252"),
        "wide.txt": "Buttercup größer".encode("utf-16"),
        "list.csv": b"flower,count\nButtercup,3\n",
        "readme.md": b"# Flowers\n\n* Buttercup\n",
        "values.json": rb'{"flower": "Buttercup", "size": "gr\u00f6\u00dfer"}',
        "tree.xml": b'<?xml version="1.0"?><a><b>Buttercup</b><b>meadow</b></a>',
        "broken.xml": b'<?xml version="1.0"?><a><b>Buttercup</a>',
        "drawing.svg": b'<?xml version="1.0"?><svg><text>Buttercup</text></svg>',
    }


MESSAGE = b"""\
From: =?utf-8?q?J=C3=BCrgen?= <juergen@example.org>
To: anna@example.org
Subject: =?utf-8?b?QnV0dGVyY3VwIGdyw7bDn2Vy?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

In the meadow gr=FCn
--b
Content-Type: text/html; charset=utf-8

<p>Second<script>hidden()</script> body</p>
--b
Content-Type: application/pdf; name="bill.pdf"
Content-Disposition: attachment; filename="bill.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQK
--b--
"""


def docx(pack: Pack, body: str = "<w:p><w:r><w:t>Buttercup</w:t></w:r></w:p>") -> bytes:
    def part(root: str, words: str) -> str:
        return f"<w:{root} {W}><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:{root}>"

    cell = "<w:tc><w:p><w:r><w:t>cell</w:t></w:r></w:p></w:tc>"
    table = f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>"
    deleted = "<w:p><w:del><w:r><w:delText>hidden()</w:delText></w:r></w:del></w:p>"
    return pack(
        {
            "[Content_Types].xml": TYPES.format(
                "word/document.xml", "wordprocessingml.document"
            ),
            "word/document.xml": f"<w:document {W}><w:body>{body}{table}{deleted}"
            "</w:body></w:document>",
            "word/header1.xml": part("hdr", "heading"),
            "word/footer1.xml": part("ftr", "footing"),
            "word/footnotes.xml": part("footnotes", "footnote"),
            "word/comments.xml": part("comments", "remark"),
        }
    )


def xlsx(pack: Pack) -> bytes:
    return pack(
        {
            "[Content_Types].xml": TYPES.format(
                "xl/workbook.xml", "spreadsheetml.sheet"
            ),
            "xl/workbook.xml": f'<workbook {S}><sheets><sheet name="Flowers"/></sheets>'
            "</workbook>",
            "xl/sharedStrings.xml": f"<sst {S}><si><t>Butter</t><t>cup</t><rPh>"
            "<t>hidden()</t></rPh></si></sst>",
            "xl/styles.xml": f'<styleSheet {S}><numFmts><numFmt numFmtId="170" '
            'formatCode="dd/mm/yyyy"/></numFmts><cellXfs><xf numFmtId="0"/>'
            '<xf numFmtId="170"/></cellXfs></styleSheet>',
            "xl/worksheets/sheet1.xml": f"<worksheet {S}><sheetData><row>"
            '<c t="s"><v>0</v></c><c><v>42.5</v></c><c s="1"><v>45292</v></c>'
            '<c t="inlineStr"><is><t>inline</t></is></c><c t="b"><v>1</v></c>'
            '<c t="s"><v>99</v></c></row></sheetData></worksheet>',
            "xl/comments1.xml": f"<comments {S}><t>remark</t></comments>",
        }
    )


def pptx(pack: Pack) -> bytes:
    def part(root: str, words: str) -> str:
        return f"<p:{root} xmlns:p='p' {A}><a:p><a:t>{words}</a:t></a:p></p:{root}>"

    return pack(
        {
            "[Content_Types].xml": TYPES.format(
                "ppt/presentation.xml", "presentationml.presentation"
            ),
            "ppt/presentation.xml": part("presentation", "hidden()"),
            "ppt/slides/slide10.xml": part("sld", "meadow"),
            "ppt/slides/slide2.xml": part("sld", "Buttercup"),
            "ppt/notesSlides/notesSlide1.xml": part("notes", "remark"),
        }
    )


def odf(pack: Pack, kind: str) -> bytes:
    return pack(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": '<o:document-content xmlns:o="o" xmlns:text="t"><o:styles>'
            "hidden()</o:styles><o:body><text:tracked-changes><text:p>hidden()</text:p>"
            "</text:tracked-changes><text:p>Butter<text:span>cup</text:span></text:p>"
            "<text:p>in<text:s/>the<text:tab/>meadow</text:p></o:body>"
            "</o:document-content>",
            "styles.xml": '<o:x xmlns:o="o"><o:master-styles>heading</o:master-styles>'
            "</o:x>",
        }
    )


def epub(pack: Pack) -> bytes:
    return pack(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfile full-path="OPS/a.opf"/>'
            "</container>",
            "OPS/a.opf": '<package><item id="a" href="b%201.html"/><item id="c" '
            'href="a.html"/><itemref idref="a"/><itemref idref="c"/></package>',
            "OPS/b 1.html": "<html><p>Buttercup</p></html>",
            "OPS/a.html": "<html><p>meadow</p></html>",
        }
    )


def pdf(words: str) -> bytes:
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    font = DictionaryObject()
    for key, value in {
        "Type": "Font",
        "Subtype": "Type1",
        "BaseFont": "Helvetica",
    }.items():
        font[NameObject(f"/{key}")] = NameObject(f"/{value}")
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    content = DecodedStreamObject()
    content.set_data(b"BT /F1 12 Tf 20 200 Td (" + words.encode() + b") Tj ET")
    page[NameObject("/Contents")] = writer._add_object(content)
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


@pytest.fixture
def written(samples: dict[str, bytes], tmp_path: Path) -> Callable[..., Path]:
    """Write a sample, or given content, to a file."""

    def write(name: str, content: bytes | None = None) -> Path:
        path = tmp_path / name
        path.write_bytes(samples[name] if content is None else content)
        return path

    return write


@pytest.fixture
def private_temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that nobody else uses."""
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(scope="module", autouse=True)
def _nothing_left() -> Iterator[None]:
    """Leave no process behind."""
    before = set(psutil.Process().children(recursive=True))
    yield
    stop()
    assert not set(psutil.Process().children(recursive=True)) - before
