"""The text of real files, and whose text it is when versions follow each other."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from archivolt_host.kit.access import EVERYTHING

pytestmark = pytest.mark.plugins("core_identity", "core_documents")

SCANNED = "The PDF holds no text: its pages are probably scanned pictures."
PICTURE = "Pictures are not read: there is no text recognition."
OLD_WORD = "Old Word files (.doc) are not read: save it as .docx to make it searchable."
OTHERWISE = {
    "protected_upper_case.docx": (
        "failed",
        "The file is encrypted: upload it without a password to make it searchable.",
    ),
    "test-documents.zip": (
        "unsupported",
        "Archives are not unpacked: upload the files in it to make them searchable.",
    ),
    "testJPEG.jpg": ("unsupported", PICTURE),
    "testMSG_Appointment.msg": (
        "unsupported",
        "Old Outlook files (.msg) are not read: save it as .eml to make it searchable.",
    ),
    "testOCR.pdf": ("empty", SCANNED),
    "testOCR_spacing.png": ("unsupported", PICTURE),
    "testPDF_Version.11.x.PDFA-1b.pdf": ("empty", SCANNED),
    "testPDF_Version.8.x.pdf": ("empty", SCANNED),
    "testPPT_embeddedMP3.pptx": ("empty", "The file holds no text."),
    "testWORD_bold_character_runs.doc": ("unsupported", OLD_WORD),
    "testWORD_embedded_rtf.doc": ("unsupported", OLD_WORD),
}
DONE = """
    EmbeddedDocument.docx NullHeader.docx SOURCES.md basic_embedded.xml foo.csv
    french.txt multi-language.txt protectedSheets.xlsx test-incremental-updates.eml
    testAltChunkMHT.docx testColonDelimited.txt testDataConnections.xlsx
    testEPUB_xml_ext.epub testEXCEL_phonetic.xlsx testHTMLNoisyMetaEncoding_3.html
    testHTML_embedded_img.html testIgnoreCharset.txt testLotusEml.eml
    testODFwithOOo3.odt testODTEmbedded.odt testODTStyles2.odt
    testOptionalHyphen.rtf testOverlappingText.pdf testPDF_PDFEncodedStringInXMP.pdf
    testPDF_XMPBasicSchema.pdf testPDF_deeplyEmbeddedAttachments.pdf
    testPDF_no_extract_no_accessibility_owner_empty.pdf
    testPPTX_overlappingRelations.pptx testPPT_diagramData.pptx testRFC822_x-.eml
    testRTFTIKA_2500.rtf testRobots.txt testWORD_no_format.docx
    testWORD_phonetic.docx testWPSAttachment.xlsx testXHTML.html tika434.html
"""


@pytest.mark.placements
def test_real_files_go_in_whole_and_say_what_became_of_their_text(
    vault, corpus, run_jobs
):
    assert {p.name for p in corpus.iterdir()} == {*DONE.split(), *OTHERWISE}
    for path in sorted(corpus.iterdir()):
        vault.add(path.read_bytes(), path.name)
    jobs = run_jobs()
    assert {job.status for job in jobs} == {"done"}
    listed = {d["filename"]: d for d in vault.pages("/documents?sort=title", 50)}
    assert listed.keys() == {*DONE.split(), *OTHERWISE}
    for name, shown in listed.items():
        expected = OTHERWISE.get(name, ("done", None))
        assert (shown["text_status"], shown["text_problem"]) == expected, name
        sent = vault.content(f"/documents/{shown['id']}/content")
        assert sent.data == (corpus / name).read_bytes()
    texts = dict(
        vault.sql(
            "SELECT filename, text FROM documents_document d"
            " JOIN documents_text t ON t.document_id = d.id"
        )
    )
    assert {name for name, text in texts.items() if text.strip()} == set(DONE.split())


BROKEN = {
    "cut.pdf": (b"%PDF-1.7\n1 0 obj\n<</Type /Cat", "failed"),
    "liar.pdf": (b"%PDF-1.4\nxref\n0 999999\ntrailer <</Root 1 0 R>>", "failed"),
    "cut.docx": (b"PK\3\4 cut off", "unsupported"),
    "noise.bin": (bytes(range(256)) * 20, "unsupported"),
}


def test_broken_files_are_stored_all_the_same(vault, run_jobs):
    for name, (content, _) in BROKEN.items():
        vault.add(content, name)
    vault.add(_bomb(), "bomb.docx")
    run_jobs()
    expected = {name: status for name, (_, status) in BROKEN.items()}
    for shown in vault.get("/documents")["items"]:
        name = shown["filename"]
        assert shown["text_status"] == expected.get(name, "failed"), name
        assert shown["text_problem"].endswith("."), name
        if name == "bomb.docx":
            assert "zip bomb" in shown["text_problem"]


def _bomb():
    """Return a small file that says it holds a gigabyte."""
    from io import BytesIO
    from zipfile import ZIP_DEFLATED, ZipFile

    types = (
        '<Types><Override PartName="/word/document.xml" ContentType="application/'
        'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
        "</Types>"
    )
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        with archive.open("word/document.xml", "w", force_zip64=True) as member:
            for _ in range(40):
                member.write(bytes(16 << 20))
    return buffer.getvalue()


@pytest.fixture
def two_versions(vault):
    """Make a document whose first version is being read while the second comes."""
    from archivolt_core_documents.documents import logic

    made = vault.add(b"<html><p>The first text.", "a.html")
    id, path = UUID(made["id"]), f"/documents/{made['id']}"
    with vault.acting():
        assert logic.begin_reading(id, 1).version == 1
    assert vault.get(path)["text_status"] == "running"
    return id, path


def end(vault, id, version, text):
    from archivolt_core_documents.documents import logic

    with vault.writing():
        logic.end_reading(id, version, "done", text, None)


@pytest.mark.placements
def test_the_text_of_an_old_version_never_overwrites(vault, two_versions, run_jobs):
    id, path = two_versions
    vault.send(b"<html><p>The second text.", path=f"{path}/versions")
    end(vault, id, 1, "The first text.")
    shown = vault.get(path)
    assert (shown["version"], shown["text_status"]) == (2, "pending")
    assert vault.sql("SELECT * FROM documents_text") == []
    run_jobs()
    assert vault.get(path)["text_status"] == "done"
    end(vault, id, 1, "The first text.")
    assert vault.sql("SELECT version, text FROM documents_text") == [
        (2, "The second text.")
    ]


@pytest.mark.placements
def test_a_version_that_comes_while_a_text_is_stored_waits_and_wins(
    vault, two_versions
):
    from archivolt_core_documents.documents import logic

    id, path = two_versions
    with ThreadPoolExecutor(1) as pool, vault.writing():
        logic.end_reading(id, 1, "done", "The first text.", None)
        coming = pool.submit(vault.send, b"<html>2", "b", f"{path}/versions")
        threading.Event().wait(0.2)
        assert not coming.done()
    assert coming.result().status_code == 201
    assert vault.get(path)["text_status"] == "pending"


@pytest.mark.placements("schema")
def test_a_text_that_is_stored_while_a_version_comes_is_left_out(vault, two_versions):
    """On PostgreSQL both run at once: the one that waits must look again."""
    from archivolt_core_documents.documents.service import documents

    id, path = two_versions
    with ThreadPoolExecutor(1) as pool:
        with vault.writing():
            documents.update(
                documents.get(id, visible=EVERYTHING), version=2, text_status="pending"
            )
            storing = pool.submit(end, vault, id, 1, "The first text.")
            threading.Event().wait(0.2)
            assert not storing.done()
        storing.result()
    assert vault.get(path)["text_status"] == "pending"
    assert vault.sql("SELECT * FROM documents_text") == []


@pytest.mark.placements
def test_what_is_restored_has_no_text_of_a_version_before(vault, run_jobs):
    from archivolt_core_documents.documents import logic
    from archivolt_core_documents.documents.service import documents

    made = vault.add(b"<html><p>The first text.", "a.html")
    path = f"/documents/{made['id']}"
    run_jobs()
    vault.send(b"<html><p>The second text.", "a.html", f"{path}/versions")
    with vault.reading():
        document = documents.get(UUID(made["id"]), visible=EVERYTHING)
        assert documents.text_of(document) == ""
        assert [text for _, text in logic.changed_since(None, None, 10)] == [""]
    run_jobs()
    with vault.reading():
        assert documents.text_of(document) == "The second text."


def test_the_text_of_what_is_gone_is_no_failure(vault, run_jobs, tenant):
    from archivolt_core_documents.documents.orchestrators import extract_text
    from archivolt_host.jobs import bus
    from archivolt_host.tenants.ids import uuid7

    with vault.writing():
        bus.enqueue(extract_text, document_id=uuid7(), version=1)
    assert [(j.status, j.result) for j in run_jobs()] == [("done", None)]


def test_a_text_that_cannot_be_read_now_says_so_and_is_tried_again(vault, run_jobs):
    made = vault.add(b"<html><p>Some words.", "a.html")
    [blob] = vault.folder.glob("??/*")
    content = blob.read_bytes()
    blob.unlink()
    [job] = run_jobs()
    assert job.status == "queued"  # for another attempt
    shown = vault.get(f"/documents/{made['id']}")
    assert shown["text_status"] == "failed"
    assert shown["text_problem"].startswith("The text could not be read: ")
    blob.write_bytes(content)
