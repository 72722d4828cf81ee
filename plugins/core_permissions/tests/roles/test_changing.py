"""Roles of one's own: made, changed for all who have them, deleted when nobody has."""

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]
READER = ["documents.read"]


@pytest.fixture
def reader(owner):
    """A role that reads, and its path."""
    role = owner.post("/roles", name="reader", permissions=READER)
    return role | {"path": f"/roles/{role['id']}"}


def test_a_change_is_felt_at_once_by_all_who_have_the_role(owner, outsider, reader):
    document = owner.upload("plan")
    owner.grant("reader", user=outsider.id)
    outsider.get(f"/documents/{document}")
    outsider.patch(f"/documents/{document}", 403, title="mine")
    wider = [*READER, "documents.update"]
    changed = owner.patch(reader["path"], permissions=wider, summary="Reads, writes")
    assert changed["permissions"] == sorted(wider)
    outsider.patch(f"/documents/{document}", title="ours")
    owner.patch(reader["path"], permissions=["users.read"])
    outsider.get(f"/documents/{document}", 404)
    outsider.get("/users")


def test_a_role_that_changed_meanwhile_is_not_overwritten(owner, reader):
    client, path = owner.client, f"/vault{reader['path']}"
    etag = client.get(path).headers["ETag"]
    sent = {"summary": "first"}
    assert client.patch(path, json=sent).status_code == 428
    match = {"If-Match": etag}
    assert client.patch(path, json=sent, headers=match).status_code == 200
    assert client.patch(path, json=sent, headers=match).status_code == 412
    assert client.delete(path, headers=match).status_code == 412


def test_a_role_that_somebody_has_stays(owner, outsider, reader):
    given = owner.grant("reader", user=outsider.id)
    said = owner.delete(reader["path"], 409)["detail"]
    assert said == "reader is granted 1 times: revoke that first."
    owner.delete(f"/grants/{given['id']}")
    owner.delete(reader["path"])
    owner.get(reader["path"], 404)
    assert "no role reader" in owner.grant("reader", 400, user="olga")["detail"]


@pytest.mark.parametrize("name", ["owner", "guest", "platform_admin"])
def test_a_preset_is_the_same_in_every_tenant(owner, name):
    [role] = owner.get(f"/roles?name={name}")["items"]
    path = f"/roles/{role['id']}"
    assert "same in every tenant" in owner.patch(path, 409, summary="x")["detail"]
    assert "same in every tenant" in owner.delete(path, 409)["detail"]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"name": "guest"}, 409, "a role guest already"),
        ({"permissions": ["documents.raed"]}, 400, "Did you mean documents.read?"),
        ({"permissions": ["tenants.manage"]}, 400, "no permission"),
        ({"permissions": []}, 400, ""),
        ({"name": "Not A Name"}, 400, ""),
    ],
)
def test_a_wrong_change_is_refused_clearly(owner, reader, change, status, said):
    assert said in str(owner.patch(reader["path"], status, **change))
    assert owner.get(reader["path"])["permissions"] == READER


def test_nobody_adds_to_a_role_what_they_do_not_hold(owner, person, reader):
    keeper = ["roles.manage", "roles.read", "documents.read"]
    owner.post("/roles", name="keeper", permissions=keeper)
    kim = person("kim", roles=["keeper"])
    wider = [*READER, "documents.delete"]
    said = kim.patch(reader["path"], 403, permissions=wider)["detail"]
    assert said.endswith("you lack documents.delete.")
    kim.patch(reader["path"], permissions=[*READER, "roles.read"])
