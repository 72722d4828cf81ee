"""GET .../content: ranges, conditions, and headers no browser can misread."""

import gc
from urllib.parse import unquote

import pytest

pytestmark = pytest.mark.plugins("core_identity", "core_documents")

CONTENT = bytes(range(100))
WHOLE = (200, CONTENT, None)


def part(first, last):
    return (206, CONTENT[first : last + 1], f"bytes {first}-{last}/100")


RANGES = {
    "bytes=0-0": part(0, 0),
    "bytes=10-19": part(10, 19),
    "bytes=90-": part(90, 99),
    "bytes=-10": part(90, 99),
    "bytes=-1000": part(0, 99),
    "bytes=50-1000": part(50, 99),
    "bytes=99-99": part(99, 99),
    "bytes=0-4,10-14": WHOLE,
    "bytes=0-0,-1": WHOLE,
    "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 90, 2)): WHOLE,
    "lines=1-2": WHOLE,
    "bytes=abc": WHOLE,
    "bytes=5-2": WHOLE,
    "bytes": WHOLE,
    "bytes=1-2-3": WHOLE,
    "bytes=100-": (416, None, "bytes */100"),
    "bytes=1000-2000": (416, None, "bytes */100"),
    "bytes=-0": WHOLE,
    "bytes=99999999999999999999999-": (416, None, "bytes */100"),
}


@pytest.fixture
def stored(vault):
    """Store a file of a hundred bytes; return the path of its content."""
    return f"/documents/{vault.add(CONTENT, 'bytes.bin')['id']}/content"


def test_ranges_are_understood_and_nonsense_is_ignored(vault, stored, refused):
    for wanted, (status, data, place) in RANGES.items():
        answer = vault.content(stored, Range=wanted)
        assert answer.status_code == status, wanted
        assert answer.headers.get("Content-Range") == place, wanted
        if data is None:
            assert "There are 100 bytes" in refused(answer, 416)["detail"]
        else:
            assert answer.data == data, wanted
            assert answer.headers["Content-Length"] == str(len(data))
            assert answer.headers["Accept-Ranges"] == "bytes"


def test_if_range_decides_between_the_part_and_the_whole(vault, stored):
    tag = vault.content(stored).headers["ETag"]
    same = vault.content(stored, Range="bytes=0-9", **{"If-Range": tag})
    assert (same.status_code, same.data) == (206, CONTENT[:10])
    for old in ('"another"', "Sat, 21 Nov 2026 00:00:00 GMT"):
        whole = vault.content(stored, Range="bytes=0-9", **{"If-Range": old})
        assert (whole.status_code, whole.data) == (200, CONTENT), old


def test_what_the_client_has_is_not_sent_again(vault, stored):
    tag = vault.content(stored).headers["ETag"]
    for more in ({}, {"Range": "bytes=0-9"}, {"Range": "bytes=900-"}):
        answer = vault.content(stored, **{"If-None-Match": tag}, **more)
        assert (answer.status_code, answer.data) == (304, b"")
    assert vault.content(stored, **{"If-None-Match": '"other"'}).data == CONTENT


def test_if_match_asks_for_one_content_and_no_other(vault, stored, refused):
    tag = vault.content(stored).headers["ETag"]
    for same in ("*", tag, f'"other", {tag}'):
        assert vault.content(stored, **{"If-Match": same}).data == CONTENT
    for other in ('"other"', '"a", "b"'):
        refused(vault.content(stored, **{"If-Match": other}), 412)


def test_head_is_get_without_the_body(vault, stored):
    whole = vault.content(stored)
    head = vault.client.head(f"/vault{stored}", buffered=True)
    assert (head.status_code, head.data) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Content-Disposition"):
        assert head.headers[name] == whole.headers[name]


def test_an_empty_content_is_sent_whole_whatever_the_range(vault):
    path = f"/documents/{vault.add(b'', 'empty')['id']}/content"
    for wanted in ("bytes=0-", "bytes=-1", "bytes=5-9"):
        answer = vault.content(path, Range=wanted)
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["Content-Length"] == "0"


def test_no_answer_leaves_a_file_open(vault, stored, recwarn):
    for headers in (
        {},
        {"Range": "bytes=5-9"},
        {"Range": "bytes=900-"},
        {"If-None-Match": vault.content(stored).headers["ETag"]},
    ):
        vault.content(stored, **headers)
    vault.client.head(f"/vault{stored}", buffered=True)
    gc.collect()
    assert [str(w.message) for w in recwarn if w.category is ResourceWarning] == []


NAMES = [
    'quo"te.txt',
    "back\\\\slash.txt",
    "per%cent%22.txt",
    "semi;colon=.txt",
    "日本語.pdf",
    "naïve café.txt",
    "\u2028line.txt",
    "😀.txt",
    "x" * 255,
]


def test_the_name_comes_back_and_no_name_breaks_the_header(vault):
    for name in NAMES:
        quoted = "".join(f"%{b:02X}" for b in name.encode())
        header = {"Content-Disposition": f"attachment; filename*=UTF-8''{quoted}"}
        made = vault.client.post("/vault/documents", data=b"x", headers=header).json
        answer = vault.content(f"/documents/{made['id']}/content")
        [sent] = answer.headers.getlist("Content-Disposition")
        kind, plain, extended = sent.split("; ", 2)
        assert kind == "attachment"
        assert plain.startswith('filename="')
        assert plain.count('"') == 2
        assert sent.isascii()
        assert sent.isprintable()
        assert unquote(extended.removeprefix("filename*=UTF-8''")) == made["filename"]


@pytest.mark.parametrize(
    ("content", "name", "mime_type"),
    [
        (b"<!doctype html><script>alert(1)</script>", "a.html", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "image/svg+xml"),
        ("Grüße".encode("latin-1"), "a.txt", "text/plain"),
    ],
)
def test_nothing_is_shown_inline_or_guessed_at(vault, content, name, mime_type):
    path = f"/documents/{vault.add(content, name)['id']}/content"
    headers = vault.content(path).headers
    assert headers["Content-Type"] == mime_type
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_missing_blob_is_said_and_restored(vault, stored, refused):
    [blob] = vault.folder.glob("??/*")
    blob.unlink()
    refused(vault.content(stored), 503, "missing from the blob store")
    vault.add(CONTENT, "again.bin")
    assert vault.content(stored).data == CONTENT
