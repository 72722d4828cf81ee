"""Folders: a tree that nobody can tie into a circle."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]


@pytest.fixture
def at_once(open_vault):
    """Have two members do something at the same moment; return the answers."""
    rivals = [open_vault("ada"), open_vault("grace")]

    def run(*works):
        start = threading.Barrier(2)

        def one(n):
            start.wait()
            return works[n](rivals[n])

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(one, range(2)))

    return run


def names(vault, query=""):
    return [f["name"] for f in vault.get(f"/folders{query}")["items"]]


def test_a_tree_is_made_shown_renamed_and_moved(vault):
    made = vault.client.post("/vault/folders", json={"name": "Contracts"})
    top = made.json
    assert made.headers["ETag"] == f'"{top["id"]}-1"'
    assert made.headers["Location"] == f"/vault/folders/{top['id']}"
    assert top.keys() == {
        "id",
        "name",
        "parent_id",
        "created_at",
        "created_by",
        "updated_at",
    }
    inner = vault.make_folder("2026", top["id"])
    other = vault.make_folder("Archive")
    assert names(vault) == ["2026", "Archive", "Contracts"]
    assert names(vault, f"?parent_id={top['id']}") == ["2026"]
    assert names(vault, "?name=Archive") == ["Archive"]
    moved = vault.patch(f"/folders/{inner}", name="Old", parent_id=other)
    assert (moved.json["name"], moved.json["parent_id"]) == ("Old", other)
    assert vault.patch(f"/folders/{inner}", parent_id=None).json["parent_id"] is None
    assert vault.get(f"/folders/{inner}")["name"] == "Old"


def test_a_folder_is_not_moved_into_itself_or_below(vault, refused):
    a = vault.make_folder("a")
    b = vault.make_folder("b", a)
    c = vault.make_folder("c", b)
    for below in (a, b, c):
        refused(vault.patch(f"/folders/{a}", parent_id=below), 409, "into itself")
    assert vault.patch(f"/folders/{c}", parent_id=a).status_code == 200


def test_two_moves_at_once_close_no_circle(vault, at_once):
    for turn in range(4):
        a, b = vault.make_folder(f"a{turn}"), vault.make_folder(f"b{turn}")
        answers = at_once(
            lambda v, a=a, b=b: v.patch(f"/folders/{a}", parent_id=b),
            lambda v, a=a, b=b: v.patch(f"/folders/{b}", parent_id=a),
        )
        assert sorted(r.status_code for r in answers) == [200, 409]
        parents = [vault.get(f"/folders/{f}")["parent_id"] for f in (a, b)]
        assert parents.count(None) == 1


def test_two_of_one_name_in_one_place_are_refused(vault, refused, at_once):
    top = vault.make_folder("top")
    for parent in (None, top):
        same = {"name": "same", "parent_id": parent}
        assert vault.client.post("/vault/folders", json=same).status_code == 201
        refused(vault.client.post("/vault/folders", json=same), 409, "already")
        other = vault.make_folder("other", parent)
        refused(vault.patch(f"/folders/{other}", name="same"), 409, "already")
        for turn in range(3):
            body = {"name": f"both {turn}", "parent_id": parent}
            both = at_once(
                *[lambda v, b=body: v.client.post("/vault/folders", json=b)] * 2
            )
            assert sorted(a.status_code for a in both) == [201, 409]
    refused(vault.patch(f"/folders/{other}", parent_id=None), 409, "already")


def test_only_an_empty_folder_is_deleted(vault, refused):
    top = vault.make_folder("top")
    inner = vault.make_folder("inner", top)
    made = vault.add(b"x", "x.txt", folder_id=inner)
    for full in (top, inner):
        refused(vault.delete(f"/folders/{full}"), 409, "not empty")
    refused(vault.delete(f"/folders/{inner}", '"old"'), 412)
    vault.delete(f"/documents/{made['id']}")
    assert vault.delete(f"/folders/{inner}").status_code == 204
    vault.get(f"/folders/{inner}", 404)
    restored = vault.client.post(f"/vault/documents/{made['id']}/restore")
    assert restored.json["folder_id"] is None
    assert vault.delete(f"/folders/{top}").status_code == 204


def test_no_document_is_left_in_a_folder_that_is_deleted_meanwhile(vault, at_once):
    for turn in range(4):
        folder = vault.make_folder(f"f{turn}")
        stored, deleted = at_once(
            lambda v, f=folder: v.upload(b"x", "x.txt", folder_id=f),
            lambda v, f=folder: v.delete(f"/folders/{f}"),
        )
        assert (stored.status_code, deleted.status_code) in (
            (201, 409),
            (400, 204),
            (409, 204),
        )


def test_a_tree_has_a_greatest_depth_whatever_is_moved(vault, refused):
    deepest, chain = None, []
    for n in range(50):
        deepest = vault.make_folder(f"{n}", deepest)
        chain.append(deepest)
    body = {"name": "below", "parent_id": deepest}
    refused(vault.client.post("/vault/folders", json=body), 409, "50 deep")
    other = vault.make_folder("other")
    vault.make_folder("inner", other)
    refused(vault.patch(f"/folders/{other}", parent_id=chain[48]), 409, "50 deep")
    assert vault.patch(f"/folders/{other}", parent_id=chain[47]).status_code == 200


BAD = [
    ({}, "name"),
    ({"name": ""}, "name"),
    ({"name": "x" * 256}, "name"),
    ({"name": "a/b"}, "name"),
    ({"name": "a\\b"}, "name"),
    ({"name": ".."}, "name"),
    ({"name": "a\nb"}, "name"),
    ({"name": "a\0b"}, "body"),
    ({"name": 5}, "name"),
    ({"name": None}, "name"),
    ({"name": "x", "parent_id": "y"}, "parent_id"),
    ({"name": "x", "parent_id": str(uuid4())}, "parent_id"),
    ({"name": "x", "colour": "red"}, "colour"),
]


def test_a_bad_folder_is_refused_by_field(vault, refused):
    folder = vault.make_folder("good")
    for body, field in BAD:
        answer = vault.client.post("/vault/folders", json=body)
        assert field in refused(answer, 400)["errors"], body
        if body:
            changed = vault.patch(f"/folders/{folder}", **body)
            assert field in refused(changed, 400)["errors"], body
    assert names(vault) == ["good"]


def test_a_folder_changes_under_its_etag(vault, refused):
    folder = vault.make_folder("f")
    path = f"/folders/{folder}"
    tag = vault.client.get(f"/vault{path}").headers["ETag"]
    assert vault.patch(path, tag, name="g").status_code == 200
    refused(vault.patch(path, tag, name="h"), 412)
    refused(vault.client.patch(f"/vault{path}", json={"name": "h"}), 428)
    refused(vault.client.delete(f"/vault{path}"), 428)
