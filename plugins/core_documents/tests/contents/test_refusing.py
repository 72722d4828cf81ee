"""What is no upload is refused with a sentence, and leaves nothing behind."""

import os
import resource
import subprocess
from contextlib import contextmanager

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.settings(core_documents={"max_upload": "1MiB"}),
]
FILE = '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nA\r\n'
END = "--x--\r\n"
BOUNDARY = "multipart/form-data; boundary=x"


def field(name, value):
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return f"{head}{value}\r\n"


BAD_FORMS = [
    (FILE, "", 400, "cannot be read"),
    (FILE + END, "multipart/form-data", 400, "boundary"),
    (FILE + END, "multipart/form-data; boundary=", 400, "boundary"),
    (FILE + END, "multipart/form-data; boundary=é", 400, "cannot be read"),
    (FILE + END, "multipart/form-data; boundary=other", 400, ""),
    ("garbage", BOUNDARY, 400, ""),
    ("\0\xff" * 500, BOUNDARY, 400, ""),
    ("", BOUNDARY, 400, ""),
    (END, BOUNDARY, 400, ""),
    ("--x\r\nno header\r\n\r\nA\r\n" + END, BOUNDARY, 400, ""),
    ("--x\r\nContent-Disposition: form-data\r\n\r\nA\r\n" + END, BOUNDARY, 400, ""),
    (FILE.replace("A\r\n", "A"), BOUNDARY, 400, ""),
    (FILE + FILE + END, BOUNDARY, 400, "one file"),
    (FILE.replace("file", "other", 1) + END, BOUNDARY, 400, "no part named file"),
    (field("file", "A") + END, BOUNDARY, 400, "no part named file"),
    (field("title", "T") + END, BOUNDARY, 400, "no part named file"),
    (FILE + field("colour", "red") + END, BOUNDARY, 400, "colour"),
    (FILE + field("title", "1") + field("title", "2") + END, BOUNDARY, 400, "twice"),
    (FILE + field("title", "T" * 256) + END, BOUNDARY, 400, "title"),
    (FILE + field("title", "a\0b") + END, BOUNDARY, 400, "cannot be stored"),
    (FILE + field("folder_id", "x") + END, BOUNDARY, 400, "folder_id"),
    (FILE + field("metadata", "{") + END, BOUNDARY, 400, "metadata is not valid"),
    (FILE + field("metadata", "[1]") + END, BOUNDARY, 400, "metadata"),
    (FILE + field("metadata", '{"n": NaN}') + END, BOUNDARY, 400, "metadata"),
    (
        FILE + field("metadata", '{"a":' * 300 + "1" + "}" * 300) + END,
        BOUNDARY,
        400,
        "",
    ),
    (FILE + field("metadata", '{"a":' * 2000) + END, BOUNDARY, 400, "metadata"),
    (FILE + field("metadata", '{"\\ud800": 1}') + END, BOUNDARY, 400, "metadata"),
    (FILE + field("metadata", '{"a": "' + "v" * 65536 + '"}') + END, BOUNDARY, 400, ""),
    (FILE + field("tags", "[1, 2]") + END, BOUNDARY, 400, "tags"),
    (FILE + field("tags", '["a"') + END, BOUNDARY, 400, "tags is not valid"),
    (FILE + field("tags", "t" * 101) + END, BOUNDARY, 400, "tags"),
    (FILE + field("title", "T" * 1_100_000) + END, BOUNDARY, 413, "larger"),
    (field("tags", "t" * 90) * 100 + FILE + END, BOUNDARY, 413, "larger"),
    ("--x\r\nX: " + "y" * 1_200_000 + "\r\n\r\nA" + END, BOUNDARY, 413, "larger"),
]


def test_what_is_no_form_is_refused(vault, refused):
    for body, content_type, status, words in BAD_FORMS:
        answer = vault.client.post(
            "/vault/documents",
            data=body.encode("latin-1" if "\xff" in body else "utf-8"),
            content_type=content_type or BOUNDARY,
        )
        refused(answer, status, words)
    assert vault.titles() == []
    assert vault.sql("SELECT * FROM host_job") == []
    vault.is_clean()


@pytest.mark.settings(core_documents={"max_upload": "100MiB"})
def test_many_fields_are_not_held_in_memory_together(vault, refused):
    """Each of them is small enough; the limit holds for all."""
    body = field("tags", "t" * 900_000) * 4 + FILE + END
    answer = vault.client.post("/vault/documents", data=body, content_type=BOUNDARY)
    refused(answer, 413, "fields are larger")


def test_numbers_in_a_form_come_back_as_in_json(vault):
    sent = '{"big": 123456789012345678901234567890, "small": -1, "real": 1.5}'
    made = vault.add(b"x", metadata=sent)
    assert made["metadata"] == {
        "big": 123456789012345678901234567890.0,
        "small": -1,
        "real": 1.5,
    }
    assert vault.get(f"/documents/{made['id']}") == made


@pytest.mark.placements
def test_what_is_refused_late_leaves_nothing_either(vault, refused):
    nowhere = "018f0000-0000-7000-8000-000000000000"
    refused(vault.upload(folder_id=nowhere), 400, "no folder")
    made = vault.add(b"kept")
    answer = vault.send(
        b"lost", path=f"/documents/{made['id']}/versions", **{"If-Match": '"x"'}
    )
    refused(answer, 412)
    vault.is_clean()


def test_a_file_at_the_limit_is_taken_and_one_above_is_not(vault, refused):
    limit = 1024 * 1024
    assert vault.upload(b"x" * limit).status_code == 201
    assert vault.send(b"y" * limit).status_code == 201
    refused(vault.upload(b"x" * (limit + 1)), 413, "1,048,576")
    refused(vault.send(b"y" * (limit + 1)), 413, "1,048,576")
    made = vault.get("/documents?limit=1")["items"][0]
    path = f"/documents/{made['id']}/versions"
    refused(vault.upload(b"z" * (limit + 1), path=path), 413, "1,048,576")
    vault.is_clean()


class Endless:
    """A body that never ends, and tells how much of it was read."""

    came = 0

    def read(self, size=-1):
        self.came += size
        return b"e" * size

    def tell(self):
        return 0

    def seek(self, *_):
        """It has no end."""

    def close(self):
        """Nothing is open."""


def endless(vault, length, **environ):
    body = Endless()
    answer = vault.client.post(
        "/vault/documents",
        input_stream=body,
        headers={"Content-Disposition": 'attachment; filename="e"'},
        environ_overrides={"CONTENT_LENGTH": length, **environ},
    )
    return answer, body.came


def test_a_length_above_the_limit_is_refused_before_a_byte_is_read(vault, refused):
    answer, came = endless(vault, str(3 << 20))
    refused(answer, 413, "1,048,576")
    assert came == 0


def test_a_body_above_the_limit_is_not_read_to_its_end(vault, refused):
    answer, came = endless(vault, str(2 << 20))  # so large may the form around be
    refused(answer, 413, "1,048,576")
    assert came <= (1 << 20) + 128 * 1024


def test_a_body_without_a_length_is_not_read(vault, refused):
    streamed = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    answer, came = endless(vault, "", **streamed)
    assert refused(answer, 411, "Content-Length")["code"] == "length_required"
    assert came == 0


@contextmanager
def tiny_disk(folder):
    """Lay a file system of two megabytes over a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a tiny disk; see the limit of files")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def small_files(folder):
    """Let this process write no file beyond two megabytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.settings(core_documents={"max_upload": "100MiB"})
@pytest.mark.parametrize("full", [tiny_disk, small_files])
def test_a_full_disk_is_said_and_nothing_half_is_kept(open_vault, refused, full):
    vault = open_vault()
    with full(vault.folder):
        assert vault.upload(b"small").status_code == 201
        for send in (vault.upload, vault.send):
            refused(send(b"x" * (3 << 20)), 507, "disk is full")
            vault.is_clean()
        assert vault.upload(b"small again").status_code == 201
        assert len(vault.titles()) == 2
        vault.is_clean()


def test_a_client_that_leaves_early_has_sent_nothing(vault, refused):
    """As the server shows it: the body ends before its length."""
    for content_type in ("application/pdf", BOUNDARY):
        answer = vault.client.post(
            "/vault/documents",
            data=(FILE + "half").encode(),
            content_type=content_type,
            headers={"Content-Disposition": 'attachment; filename="a"'},
            environ_overrides={"CONTENT_LENGTH": "100000"},
        )
        refused(answer, 400)
        vault.is_clean()
    assert vault.titles() == []
