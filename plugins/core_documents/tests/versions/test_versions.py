"""Versions: what a document was stays, what it is changes at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]


def test_a_new_version_is_the_document_from_now_on(vault):
    made = vault.upload(b"first", "one.txt", title="T", tags="a").json
    path = f"/documents/{made['id']}"
    answer = vault.send(b"<html><p>second", "two.html", f"{path}/versions")
    assert answer.status_code == 201
    version = answer.json
    assert answer.headers["Location"] == f"/vault{path}/versions/2/content"
    assert version == {
        "number": 2,
        "filename": "two.html",
        "mime_type": "text/html",
        "size": 15,
        "sha256": version["sha256"],
        "created_at": version["created_at"],
        "created_by": made["created_by"],
    }
    shown = vault.get(path)
    for name in ("filename", "mime_type", "size", "sha256"):
        assert shown[name] == version[name]
    assert (shown["version"], shown["title"], shown["tags"]) == (2, "T", ["a"])
    assert shown["text_status"] == "pending"
    assert vault.content(f"{path}/content").data == b"<html><p>second"
    assert vault.content(f"{path}/versions/1/content").data == b"first"
    listed = vault.get(f"{path}/versions?count=true")
    assert [v["number"] for v in listed["items"]] == [2, 1]
    assert listed["items"][0] == version
    assert listed["count"] == 2


def test_versions_are_paged(vault):
    path = f"/documents/{vault.add(b'1')['id']}/versions"
    for n in range(2, 8):
        assert vault.upload(str(n).encode(), path=path).status_code == 201
    found = vault.pages(f"{path}?count=false", limit=2)
    assert [v["number"] for v in found] == [7, 6, 5, 4, 3, 2, 1]


def test_what_is_not_there_is_not_found(vault, refused):
    made = vault.add()
    path = f"/vault/documents/{made['id']}/versions"
    for number in ("0", "2", "2147483647", "2147483648", "9" * 30, "-1", "x"):
        refused(vault.client.get(f"{path}/{number}/content"), 404)
    nowhere = f"/documents/{uuid4()}/versions"
    refused(vault.client.get(f"/vault{nowhere}"), 404)
    refused(vault.upload(path=nowhere), 404)
    vault.is_clean()


def test_a_version_for_an_old_state_is_refused_where_the_state_is_named(vault, refused):
    made = vault.upload()
    path = f"/documents/{made.json['id']}/versions"
    first = made.headers["ETag"]
    assert vault.send(b"2", path=path, **{"If-Match": first}).status_code == 201
    refused(vault.send(b"3", path=path, **{"If-Match": first}), 412)
    assert vault.send(b"4", path=path).status_code == 201
    assert [v["number"] for v in vault.get(path)["items"]] == [3, 2, 1]


def test_versions_that_come_at_once_get_numbers_of_their_own(vault, open_vault):
    made = vault.add(b"0")
    path = f"/documents/{made['id']}/versions"
    rivals = [open_vault(name) for name in ("ada", "grace", "linus", "member")]
    start = threading.Barrier(4)

    def add(n):
        start.wait()
        return rivals[n].upload(f"{n}".encode(), path=path).status_code

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(add, range(4)))
    assert set(codes) <= {201, 412}
    numbers = [v["number"] for v in vault.get(path)["items"]]
    assert numbers == list(range(1 + codes.count(201), 0, -1))
    newest = vault.get(path)["items"][0]
    assert vault.get(f"/documents/{made['id']}")["sha256"] == newest["sha256"]
