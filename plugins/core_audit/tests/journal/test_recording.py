"""Every write leaves its row: who, what, before and after, from where."""

import pytest
from sqlalchemy.exc import DBAPIError

pytestmark = [
    pytest.mark.plugins("core_identity", "core_audit", "core_documents"),
    pytest.mark.placements,
    pytest.mark.usefixtures("tenant"),
]


def test_a_change_tells_who_what_when_and_from_where(owner, upload, journal):
    document = upload("Old")
    me = owner.get("/vault/me").json

    changed = owner.patch(
        f"/vault/documents/{document['id']}",
        json={"title": "New"},
        headers={
            "If-Match": "*",
            "X-Request-Id": "my-request",
            "User-Agent": "a browser",
        },
    )

    assert changed.status_code == 200, changed.text
    (row,) = journal(object=document["id"], action="documents.document.update")
    assert (row["before"]["title"], row["after"]["title"]) == ("Old", "New")
    assert set(row["after"]) == {"title", "updated_at"}
    assert (row["actor"], row["actor_name"]) == (me["id"], "admin")
    assert (row["address"], row["user_agent"]) == ("127.0.0.1", "a browser")
    assert row["request_id"] == "my-request"
    assert row["on_behalf_of"] is None
    assert row["kind"] == "documents.document"
    assert row["at"] >= row["after"]["updated_at"]


def test_a_new_row_is_whole_and_a_deleted_one_was(owner, journal):
    folder = owner.post("/vault/folders", json={"name": "Plans"}).json
    path = f"/vault/folders/{folder['id']}"
    assert owner.delete(path, headers={"If-Match": "*"}).status_code == 204

    gone, came = journal(object=folder["id"])

    assert came["action"] == "documents.folder.create"
    assert came["before"] is None
    assert came["after"]["name"] == "Plans"
    assert gone["action"] == "documents.folder.delete"
    assert gone["before"]["name"] == "Plans"
    assert gone["after"] is None


def test_what_is_refused_leaves_no_row(owner, journal):
    before = len(journal())

    assert owner.post("/vault/folders", json={"name": ""}).status_code == 400

    assert len(journal()) == before


def test_filters_combine_and_pages_follow_each_other(owner, upload, journal):
    for n in range(3):
        upload(f"Number {n}")
    me = owner.get("/vault/me").json["id"]
    every = journal(action="documents.document.create", actor=me)
    assert [row["after"]["title"] for row in every] == [
        "Number 2",
        "Number 1",
        "Number 0",
    ]
    first = owner.get("/vault/journal?action=documents.document.create&limit=2").json
    rest = owner.get(
        "/vault/journal",
        query_string={
            "action": "documents.document.create",
            "limit": 2,
            "cursor": first["next"],
        },
    ).json
    assert first["items"] + rest["items"] == every
    assert rest["next"] is None
    middle = every[1]["at"]
    assert journal(action="documents.document.create", at__lt=middle) == every[2:]
    assert journal(action="documents.document.create", at__gte=middle) == every[:2]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_there_is_nothing_to_write(owner, journal, upload, method):
    upload()
    id = journal()[0]["id"]

    for path in ("/vault/journal", f"/vault/journal/{id}"):
        assert getattr(owner, method)(path, json={}).status_code == 405


def test_one_entry_is_found_by_its_id(owner, upload, journal):
    upload()
    (row,) = journal(action="documents.version.create")

    assert owner.get(f"/vault/journal/{row['id']}").json == row


def test_the_database_refuses_to_change_the_journal(upload, sql):
    upload()
    for statement in (
        "UPDATE audit_entry SET action = 'nothing'",
        "DELETE FROM audit_entry",
    ):
        with pytest.raises(DBAPIError, match=r"only ever added|permission denied"):
            sql(statement)


def test_members_do_not_read_what_others_did(client_as):
    assert client_as("member").get("/vault/journal").status_code == 403
