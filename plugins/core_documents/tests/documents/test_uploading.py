"""POST /vault/documents: what is taken, and how it is shown."""

import hashlib
import json
from datetime import datetime
from uuid import UUID

import pytest

pytestmark = pytest.mark.plugins("core_identity", "core_documents")

SHOWN = {
    "id",
    "title",
    "filename",
    "mime_type",
    "size",
    "sha256",
    "version",
    "status",
    "text_status",
    "text_problem",
    "folder_id",
    "tags",
    "metadata",
    "created_at",
    "created_by",
    "updated_at",
}
PARTS = {
    "file": 'name="file"; filename="report.txt"\r\n\r\nThe report.',
    "title": 'name="title"\r\n\r\nA title',
    "tags": 'name="tags"\r\n\r\nred, blue',
    "metadata": 'name="metadata"\r\n\r\n{"a": {"b": [1, null]}}',
}


def form(*names, parts=PARTS):
    """Return a form's body with its parts in this order."""
    each = [f"--cut\r\nContent-Disposition: form-data; {parts[n]}\r\n" for n in names]
    return "".join([*each, "--cut--\r\n"]).encode()


@pytest.mark.placements
def test_a_form_is_answered_with_the_whole_document(vault):
    folder = vault.make_folder("Contracts")
    content = "The café's contract.".encode()
    answer = vault.upload(
        content,
        "contract.txt",
        title="The contract",
        folder_id=folder,
        tags='["a", "b", "a"]',
        metadata='{"year": 2026, "nested": {"deep": [true]}}',
    )
    assert answer.status_code == 201
    made = answer.json
    assert made.keys() == SHOWN
    assert answer.headers["Location"] == f"/vault/documents/{made['id']}"
    assert answer.headers["ETag"] == f'"{made["id"]}-1"'
    assert UUID(made["id"]).version == 7
    assert datetime.fromisoformat(made["created_at"]).utcoffset().seconds == 0
    expected = {
        "title": "The contract",
        "filename": "contract.txt",
        "mime_type": "text/plain",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "version": 1,
        "status": "active",
        "text_status": "done",
        "text_problem": None,
        "folder_id": folder,
        "tags": ["a", "b"],
        "metadata": {"year": 2026, "nested": {"deep": [True]}},
        "created_by": vault.get("/me")["id"],
        "updated_at": made["created_at"],
    }
    assert {k: made[k] for k in expected} == expected
    assert vault.get(f"/documents/{made['id']}") == made
    assert vault.get("/documents")["items"] == [made]


@pytest.mark.parametrize(
    "order",
    [
        ("file", "title", "tags", "metadata"),
        ("title", "tags", "metadata", "file"),
        ("metadata", "file", "tags", "title"),
    ],
)
def test_the_parts_of_a_form_come_in_any_order(vault, order):
    answer = vault.client.post(
        "/vault/documents",
        data=form(*order),
        content_type="multipart/form-data; boundary=cut",
    )
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert (made["title"], made["filename"]) == ("A title", "report.txt")
    assert (made["tags"], made["metadata"]) == (
        ["red", "blue"],
        {"a": {"b": [1, None]}},
    )
    assert made["size"] == len("The report.")


def test_any_other_body_is_taken_raw(vault):
    content = json.dumps({"a": "file, not an argument"}).encode()
    for content_type in ("application/json", "text/plain", "image/png", None):
        headers = {"Content-Type": content_type} if content_type else {}
        answer = vault.send(content, "data.json", **headers)
        assert answer.status_code == 201
        made = answer.json
        assert (made["title"], made["size"]) == ("data.json", len(content))
        assert made["mime_type"] == "application/json"
        assert vault.content(f"/documents/{made['id']}/content").data == content


def test_a_raw_body_without_a_name_is_refused(vault, refused):
    answer = vault.client.post("/vault/documents", data=b"x")
    assert "Content-Disposition" in refused(answer, 400)["detail"]
    assert vault.titles() == []


NAMES = {
    'attachment; filename="re port.pdf"': "re port.pdf",
    "attachment; filename*=UTF-8''caf%C3%A9.pdf": "café.pdf",
    'attachment; filename="café.pdf"': "café.pdf",
    'attachment; filename="caf\\"e.pdf"': 'caf"e.pdf',
    "attachment": None,
    "filename=plain.pdf": None,
    "attachment; filename=": None,
}


def test_a_raw_bodys_name_is_read_as_clients_write_it(vault, refused):
    for sent, kept in NAMES.items():
        header = {"Content-Disposition": sent.encode().decode("latin-1")}
        answer = vault.client.post("/vault/documents", data=b"x", headers=header)
        if kept is None:
            refused(answer, 400, "Content-Disposition")
        else:
            assert answer.json["filename"] == kept


SNIFFED = [
    (b"%PDF-1.7\n", "innocent.txt", "text/plain", "application/pdf"),
    (b"<html><script>alert(1)</script>", "a.png", "image/png", "text/html"),
    (b"MZ\x90\0\3\0\0\0", "bill.pdf", "application/pdf", "portable-executable"),
    (b"words", "page.html", "text/html", "text/plain"),
]


def test_the_mime_type_is_found_out_and_not_believed(vault):
    for content, name, claimed, found in SNIFFED:
        answer = vault.send(content, name, **{"Content-Type": claimed})
        assert answer.json["mime_type"].endswith(found)


def test_an_empty_file_is_a_document_without_text(vault):
    made = vault.add(b"", "empty.txt")
    assert (made["size"], made["text_status"]) == (0, "empty")
    assert made["text_problem"] == "The file holds no bytes."
    raw = vault.client.post(
        "/vault/documents",
        headers={"Content-Disposition": 'attachment; filename="raw.txt"'},
        environ_overrides={"CONTENT_LENGTH": "0"},
    )
    assert raw.json["size"] == 0


@pytest.mark.placements
def test_the_same_content_twice_is_two_documents_and_one_file(vault):
    made = [vault.add(b"the same", f"{n}.txt") for n in range(3)]
    assert len({d["id"] for d in made}) == 3
    assert vault.blobs() == {made[0]["sha256"]}


def test_a_large_file_is_never_held_whole(vault):
    import resource

    class Zeros:
        """A body that is made while it is read."""

        def __init__(self, size):
            self.left = size
            self.largest = 0

        def read(self, size=-1):
            self.largest = max(self.largest, size)
            count = min(size, self.left)
            self.left -= count
            return bytes(count)

        def tell(self):
            return 0

        def seek(self, *_):
            """The test client looks for the length, which is given."""

        def close(self):
            """Nothing is open."""

    body, size = Zeros(64 << 20), 64 << 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = vault.client.post(
        "/vault/documents",
        input_stream=body,
        headers={"Content-Disposition": 'attachment; filename="zeros.bin"'},
        environ_overrides={"CONTENT_LENGTH": str(size)},
    )
    assert answer.json["size"] == size
    assert 0 < body.largest <= 64 * 1024
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 16 * 1024  # KiB


TRICKS = [
    ("../../etc/passwd", "passwd"),
    ("..\\..\\boot.ini", "boot.ini"),
    ("/etc/shadow", "shadow"),
    ("..", "unnamed"),
    ("a/..", "unnamed"),
    ("nul\x01\x7fname\u202e.txt", "nulname.txt"),
    ("two\r\nSet-Cookie: x.txt", "twoSet-Cookie: x.txt"),
    ("é" * 200 + ".pdf", "é" * 125 + ".pdf"),
    ("x" * 300, "x" * 255),
    ("cafe\u0301.txt", "café.txt"),
    ("con", "con"),
]


def test_tricks_in_names_end_in_plain_names(vault):
    for sent, kept in TRICKS:
        quoted = "".join(f"%{b:02X}" for b in sent.encode())
        header = {"Content-Disposition": f"attachment; filename*=UTF-8''{quoted}"}
        made = vault.client.post("/vault/documents", data=b"x", headers=header).json
        assert made["filename"] == kept
        files = [p for p in vault.host.home.path.rglob("*") if p.name == kept]
        assert files == []  # names never become paths


def test_the_text_is_found_by_a_job_and_leaves_the_etag_alone(vault, run_jobs):
    made = vault.upload(b"<html><p>Some words.", "words.html")
    assert made.json["text_status"] == "pending"
    [job] = run_jobs()
    assert (job.name, job.status, job.result) == (
        "core_documents.extract_text",
        "done",
        "done",
    )
    answer = vault.client.get(made.headers["Location"])
    assert answer.json["text_status"] == "done"
    assert answer.headers["ETag"] == made.headers["ETag"]
    assert answer.json["updated_at"] == made.json["updated_at"]
    assert vault.sql("SELECT text FROM documents_text") == [("Some words.",)]


@pytest.mark.placements
def test_the_text_of_a_small_plain_file_is_there_at_once(vault, run_jobs):
    made = vault.upload("Ein  café.\r\n\n".encode(), "words.txt").json
    assert (made["text_status"], made["text_problem"]) == ("done", None)
    blank = vault.upload(b" \n\t\n", "blank.txt").json
    assert (blank["text_status"], blank["text_problem"]) == (
        "empty",
        "The file holds no text.",
    )
    assert run_jobs() == []
    assert vault.sql("SELECT version, text FROM documents_text") == [(1, "Ein  café.")]


def test_the_text_of_a_new_version_is_there_at_once_in_place_of_the_old(vault):
    path = f"/documents/{vault.add(b'first')['id']}"
    assert vault.send(b"second", path=f"{path}/versions").status_code == 201
    assert vault.get(path)["text_status"] == "done"
    assert vault.sql("SELECT version, text FROM documents_text") == [(2, "second")]
    vault.send(b"<html><p>third", path=f"{path}/versions")
    assert vault.get(path)["text_status"] == "pending"


@pytest.mark.parametrize(
    "content", ["caf\xe9 ".encode("latin-1"), b"words " * 20_000, b'{"a": "words"}']
)
def test_what_is_large_or_not_plain_utf_8_is_read_by_a_job(vault, run_jobs, content):
    assert vault.upload(content, "words.txt").json["text_status"] == "pending"
    assert [job.result for job in run_jobs()] == ["done"]
