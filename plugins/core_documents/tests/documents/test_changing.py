"""GET, PATCH, DELETE and restore of one document: who may win, and what stays."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]


def at_once(*works):
    """Do things in threads that start together; return what came out."""
    start = threading.Barrier(len(works))

    def run(work):
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_a_patch_changes_what_it_names_and_nothing_else(vault):
    made = vault.add(b"x", "a.txt", tags="a,b", metadata='{"k": 1}')
    folder = vault.make_folder("F")
    path = f"/documents/{made['id']}"
    answer = vault.patch(path, title="New", folder_id=folder)
    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'"{made["id"]}-2"'
    changed = answer.json
    assert changed["updated_at"] > made["updated_at"]
    expected = {**made, "title": "New", "folder_id": folder}
    expected["updated_at"] = changed["updated_at"]
    assert changed == vault.get(path) == expected


def test_null_clears(vault):
    folder = vault.make_folder("F")
    made = vault.add(
        b"x", "a.txt", title="T", folder_id=folder, tags="a", metadata='{"k": 1}'
    )
    path = f"/documents/{made['id']}"
    changed = vault.patch(path, title=None, folder_id=None, tags=None, metadata=None)
    shown = {k: changed.json[k] for k in ("title", "folder_id", "tags", "metadata")}
    assert shown == {"title": "a.txt", "folder_id": None, "tags": [], "metadata": {}}
    assert vault.titles("?tag=a") == []


MATCHES = [(None, 428), ('"nonsense"', 412), ("garbage", 412), ("W/*", 412), ("*", 200)]


def test_a_write_says_which_state_it_is_about(vault):
    for match, status in MATCHES:
        made = vault.add()
        headers = {} if match is None else {"If-Match": match}
        path = f"/vault/documents/{made['id']}"
        answer = vault.client.patch(path, json={"title": "new"}, headers=headers)
        assert answer.status_code == status
        title = vault.get(f"/documents/{made['id']}")["title"]
        assert title == ("new" if status == 200 else "hello.txt")
        answer = vault.client.delete(path, headers=headers)
        assert answer.status_code == (204 if status == 200 else status)
        vault.get(f"/documents/{made['id']}", 404 if status == 200 else 200)


def test_of_two_writers_with_one_etag_one_wins(open_vault, vault):
    made = vault.upload()
    tag, path = made.headers["ETag"], f"/documents/{made.json['id']}"
    rivals = [open_vault(name) for name in ("ada", "grace", "linus", "member")]
    for turn in range(3):
        answers = at_once(
            *[
                lambda v=v, n=n, tag=tag, turn=turn: v.patch(
                    path, tag, title=f"{turn} {n}", tags=["same", f"t{n}"]
                )
                for n, v in enumerate(rivals)
            ]
        )
        assert sorted(a.status_code for a in answers) == [200, 412, 412, 412]
        [won] = [a for a in answers if a.status_code == 200]
        assert vault.get(path) == won.json
        assert sorted(
            row[0] for row in vault.sql("SELECT tag FROM documents_tag")
        ) == sorted(won.json["tags"])
        tag = won.headers["ETag"]


def test_what_the_caller_has_already_is_not_sent_again(vault):
    made = vault.upload()
    path, tag = made.headers["Location"], made.headers["ETag"]
    answer = vault.client.get(path, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == tag
    vault.patch(path.removeprefix("/vault"), title="new")
    assert vault.client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_the_trash_keeps_a_document_until_it_is_restored(vault, run_jobs):
    made = vault.add(b"Some words.", "a.txt", tags="a")
    run_jobs()
    path = f"/documents/{made['id']}"
    assert vault.delete(path).status_code == 204
    assert vault.titles() == vault.titles("?tag=a") == []
    [trashed] = vault.get("/trash")["items"]
    assert (trashed["id"], trashed["status"]) == (made["id"], "trashed")
    for gone in (path, f"{path}/content", f"{path}/versions"):
        vault.get(gone, 404)
    assert vault.patch(path, title="x").status_code == 404
    assert vault.delete(path).status_code == 404
    assert vault.upload(path=f"{path}/versions").status_code == 404
    restored = vault.client.post(f"/vault{path}/restore")
    assert restored.status_code == 200
    assert restored.headers["ETag"] == f'"{made["id"]}-3"'
    assert vault.get(path) == restored.json
    assert restored.json["tags"] == ["a"]
    assert vault.get("/trash")["items"] == []
    assert vault.titles("?tag=a") == ["a.txt"]


def test_only_what_is_in_the_trash_is_restored(vault, refused):
    made = vault.add()
    path = f"/vault/documents/{made['id']}/restore"
    refused(vault.client.post(path), 409, "not in the trash")
    vault.delete(f"/documents/{made['id']}")
    stale = {"If-Match": f'"{made["id"]}-1"'}
    refused(vault.client.post(path, headers=stale), 412)
    refused(vault.client.post(f"/vault/documents/{uuid4()}/restore"), 404)


def test_a_document_restored_at_once_twice_is_restored_once(open_vault, vault):
    made = vault.add()
    vault.delete(f"/documents/{made['id']}")
    path = f"/vault/documents/{made['id']}/restore"
    rivals = [open_vault("ada").client, open_vault("grace").client]
    answers = at_once(*[lambda c=c: c.post(path) for c in rivals])
    codes = sorted(a.status_code for a in answers)
    assert codes[0] == 200
    assert codes[1] in (409, 412)


def test_what_is_not_there_is_not_found(vault, refused):
    for call in (vault.client.get, vault.client.patch, vault.client.delete):
        options = {"json": {}} if call == vault.client.patch else {}
        path = f"/vault/documents/{uuid4()}"
        refused(call(path, headers={"If-Match": "*"}, **options), 404)
    refused(vault.client.get("/vault/documents/not-an-id"), 404)


BAD = [
    ({"title": 5}, "title"),
    ({"title": "x" * 256}, "title"),
    ({"title": "a\0b"}, "body"),
    ({"tags": "not a list"}, "tags"),
    ({"tags": [""]}, "tags.0"),
    ({"tags": ["t" * 101]}, "tags.0"),
    ({"tags": [str(n) for n in range(101)]}, "tags"),
    ({"metadata": [1]}, "metadata"),
    ({"metadata": {"k": "v" * 65536}}, "metadata"),
    ({"folder_id": "x"}, "folder_id"),
    ({"folder_id": "018f0000-0000-7000-8000-000000000000"}, "folder_id"),
    ({"sha256": "x"}, "sha256"),
    ({"id": "x"}, "id"),
    ([], "body"),
    (None, "body"),
    ("text", "body"),
]


def test_a_bad_patch_is_refused_by_field(vault, refused):
    made = vault.add()
    path = f"/vault/documents/{made['id']}"
    for body, field in BAD:
        answer = vault.client.patch(
            path,
            data=json.dumps(body),
            headers={"If-Match": "*"},
            content_type="application/json",
        )
        assert field in refused(answer, 400)["errors"]
    assert vault.get(f"/documents/{made['id']}") == made


MALFORMED = [
    (b"", 400),
    (b"{", 400),
    (b'{"title": "\xff"}', 400),
    (b'{"metadata": {"n": NaN}}', 400),
    (b'{"metadata": {"n": 1e999}}', 400),
    (b'{"metadata": {"a":' + b"[" * 300 + b"]" * 300 + b"}}", 400),
    (b'{"metadata": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}", 400),
    (b"[" * 100_000, 400),
    (b'{"title": "' + b"x" * (9 << 20) + b'"}', 413),
]


def test_malformed_json_is_refused(vault, refused):
    made = vault.add()
    for body, status in MALFORMED:
        answer = vault.client.patch(
            f"/vault/documents/{made['id']}",
            data=body,
            headers={"If-Match": "*"},
            content_type="application/json",
        )
        refused(answer, status)
    assert vault.get(f"/documents/{made['id']}") == made


def test_a_patch_that_is_no_json_is_refused(vault, refused):
    made = vault.add()
    path = f"/vault/documents/{made['id']}"
    answer = vault.client.patch(path, data=b"title=x", headers={"If-Match": "*"})
    refused(answer, 415)


def test_numbers_of_any_size_come_back(vault):
    text = b'{"metadata": {"big": 18446744073709551615, "bigger": 1e300, "no": -1}}'
    made = vault.add()
    path = f"/vault/documents/{made['id']}"
    answer = vault.client.patch(
        path, data=text, headers={"If-Match": "*"}, content_type="application/json"
    )
    assert answer.json["metadata"] == {"big": 2**64 - 1, "bigger": 1e300, "no": -1}
    assert vault.get(f"/documents/{made['id']}") == answer.json
