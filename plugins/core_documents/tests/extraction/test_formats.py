"""The text of every format, generated and real."""

from collections.abc import Callable
from pathlib import Path

import pytest

from archivolt_core_documents.extraction import Extracted, Limits, extract, sniff

GENERATED = {
    "letter.docx": "Buttercup cell remark footnote footing heading",
    "numbers.xlsx": "Flowers Buttercup 42.5 2024-01-01 inline TRUE remark",
    "talk.pptx": "Buttercup meadow remark",
    "essay.odt": "Buttercup meadow heading",
    "table.ods": "Buttercup meadow heading",
    "show.odp": "Buttercup meadow heading",
    "novel.epub": "Buttercup meadow",
    "paper.pdf": "Buttercup",
    "page.html": "Titel Buttercup meadow",
    "page.xhtml": "Buttercup",
    "message.eml": "größer Jürgen anna@example.org meadow grün Second bill.pdf",
    "note.rtf": "Butterücup € Buttercup",
    "note.txt": "Buttercup größer",
    "windows.txt": "Buttercup größer \u2013 €",
    "wide.txt": "Buttercup größer",
    "list.csv": "flower,count Buttercup,3",
    "readme.md": "# Buttercup",
    "values.json": "Buttercup größer",
    "tree.xml": "Buttercup meadow",
    "broken.xml": "Buttercup",
    "drawing.svg": "Buttercup",
}
REAL = {
    "EmbeddedDocument.docx": ("done", "worksheet"),
    "NullHeader.docx": ("done", "Yemen"),
    "SOURCES.md": ("done", "mislabelled"),
    "basic_embedded.xml": ("done", "Lobachevsky"),
    "foo.csv": ("done", "qwertyuiop"),
    "french.txt": ("done", "ça"),
    "multi-language.txt": ("done", "pagamento"),
    "protectedSheets.xlsx": ("done", "защищена"),
    "protected_upper_case.docx": ("failed", "encrypted"),
    "test-documents.zip": ("unsupported", "not unpacked"),
    "test-incremental-updates.eml": ("done", "testPDF_incrementalUpdates.pdf"),
    "testAltChunkMHT.docx": ("done", "emphasized"),
    "testColonDelimited.txt": ("done", "5:6:7:8"),
    "testDataConnections.xlsx": ("done", "connections"),
    "testEPUB_xml_ext.epub": ("done", "thirteen"),
    "testEXCEL_phonetic.xlsx": ("done", "日本オラクル"),
    "testHTMLNoisyMetaEncoding_3.html": ("done", "الاتحاد"),
    "testHTML_embedded_img.html": ("done", "my_image"),
    "testIgnoreCharset.txt": ("done", "BALM"),
    "testJPEG.jpg": ("unsupported", "no text recognition"),
    "testLotusEml.eml": ("done", "alfresco"),
    "testMSG_Appointment.msg": ("unsupported", "Outlook"),
    "testOCR.pdf": ("empty", "scanned"),
    "testOCR_spacing.png": ("unsupported", "no text recognition"),
    "testODFwithOOo3.odt": ("done", "footnote"),
    "testODTEmbedded.odt": ("done", "italic"),
    "testODTStyles2.odt": ("done", "Onbekwaamverklaring"),
    "testOptionalHyphen.rtf": ("done", "optionalhyphen"),
    "testOverlappingText.pdf": ("done", "second"),
    "testPDF_PDFEncodedStringInXMP.pdf": ("done", "octal"),
    "testPDF_Version.11.x.PDFA-1b.pdf": ("empty", "scanned"),
    "testPDF_Version.8.x.pdf": ("empty", "scanned"),
    "testPDF_XMPBasicSchema.pdf": ("done", "rdf:Description"),
    "testPDF_deeplyEmbeddedAttachments.pdf": ("done", "a"),
    "testPDF_no_extract_no_accessibility_owner_empty.pdf": ("done", "Hello"),
    "testPPTX_overlappingRelations.pptx": ("done", "relationship"),
    "testPPT_diagramData.pptx": ("done", "President"),
    "testPPT_embeddedMP3.pptx": ("empty", "no text"),
    "testRFC822_x-.eml": ("done", "mime4j"),
    "testRTFTIKA_2500.rtf": ("done", "level2"),
    "testRobots.txt": ("done", "goodbot"),
    "testWORD_bold_character_runs.doc": ("unsupported", "Old Word"),
    "testWORD_embedded_rtf.doc": ("unsupported", "Old Word"),
    "testWORD_no_format.docx": ("done", "övervakning"),
    "testWORD_phonetic.docx": ("done", "東京"),
    "testWPSAttachment.xlsx": ("done", "Sheet1"),
    "testXHTML.html": ("done", "ability"),
    "tika434.html": ("done", "Breezy"),
}


def read(path: Path, limits: Limits | None = None) -> Extracted:
    mime_type = sniff(path.read_bytes(), path.name, path)
    return extract(path, mime_type, limits or Limits())


@pytest.mark.parametrize(("name", "words"), GENERATED.items())
def test_a_generated_file_gives_its_words(
    name: str, words: str, written: Callable[..., Path]
) -> None:
    found = read(written(name))
    assert found.status == "done"
    at = -1
    for word in words.split():
        assert word in found.text[at + 1 :], "missing, or not in reading order"
        at = found.text.index(word, at + 1)
    assert "hidden()" not in found.text


@pytest.mark.parametrize(("name", "expected"), REAL.items())
def test_a_real_file_gives_what_is_in_it(
    name: str, expected: tuple[str, str], corpus: Path
) -> None:
    found = read(corpus / name)
    status, word = expected
    assert found.status == status
    assert word in (found.text if status == "done" else found.problem or "")


def test_the_table_knows_every_real_file(corpus: Path) -> None:
    assert {path.name for path in corpus.iterdir()} == set(REAL)


def test_text_can_be_stored(written: Callable[..., Path]) -> None:
    raw = rb'{"a": "\ud800\u0000 left', rb' \ud83c\udf3c"}'
    found = read(written("a.json", b"".join(raw)))
    assert "\0" not in found.text
    assert found.text.encode("utf-8")
    assert "🌼" in found.text


def test_long_texts_are_cut_and_say_so(written: Callable[..., Path]) -> None:
    path = written("long.txt", b"word " * 1000)
    found = read(path, Limits(characters=100))
    assert found.status == "done"
    assert len(found.text) <= 100
    assert found.problem == "Only the first 100 characters are searchable."


def test_an_empty_text_is_no_failure(written: Callable[..., Path]) -> None:
    found = read(written("blank.txt", b" \n \n"))
    assert found == Extracted("empty", "", "The file holds no text.")


def test_broken_xml_is_searchable_and_says_so(written: Callable[..., Path]) -> None:
    assert "not well-formed" in (read(written("broken.xml")).problem or "")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Les élèves français étudient à l'école, près de la forêt.", "cp1252"),
        ("Съешь же ещё этих мягких французских булок, да выпей чаю.", "cp1251"),
        ("日本語の文章です。これは文字コードの判定を試すためのものです。", "shift_jis"),
        ("这是一个用来测试字符编码识别的中文文本希望能够正确识别。", "gb18030"),
    ],
)
def test_old_charsets_are_guessed(
    text: str, encoding: str, written: Callable[..., Path]
) -> None:
    pytest.importorskip("charset_normalizer")
    assert read(written("old.txt", text.encode(encoding) * 4)).text[: len(text)] == text
