"""Users are added, changed, disabled and deleted by those who may."""

from io import BytesIO

import pytest

from archivolt_host.kit import hooks
from archivolt_host.tenants import context, sessions

pytestmark = pytest.mark.placements
PASSWORD = "a long enough secret"


@pytest.fixture
def admin(tenant, client_as):
    return client_as("admin")


def add(admin, username="grace", **values):
    sent = {"username": username, "password": PASSWORD, **values}
    return admin.post("/vault/users", json=sent)


def change(admin, user, **values):
    headers = {"If-Match": "*"}
    return admin.patch(f"/vault/users/{user['id']}", json=values, headers=headers)


def signs_in(client, username, password=PASSWORD, org="acme"):
    sent = {"username": username, "password": password}
    answer = client.post("/vault/auth/token", json=sent, headers={"Org": org})
    return answer.status_code == 200


def test_an_added_user_can_sign_in_and_is_listed(admin, client):
    answer = add(admin, email="grace@example.org")
    assert answer.status_code == 201
    assert answer.json["roles"] == ["member"]
    assert answer.json["state"] == "active"
    assert "password" not in answer.text
    assert admin.get(answer.headers["Location"]).json == answer.json
    names = [u["username"] for u in admin.get("/vault/users").json["items"]]
    assert names == ["admin", "grace"]
    assert signs_in(client, "Grace")


def test_a_user_without_a_password_cannot_sign_in(admin, client):
    assert add(admin, password=None).status_code == 201
    assert not signs_in(client, "grace", "x")
    assert not signs_in(client, "grace", "nobody has this password")


@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        ({"username": "ADMIN"}, 409, None),
        ({"username": ""}, 400, "username"),
        ({"username": "a\u0000b"}, 400, None),
        ({"username": "g\u202eecarg"}, 400, None),
        ({"username": "g", "password": "short"}, 400, "password"),
        ({"username": "g", "email": "no address"}, 400, "email"),
        ({"username": "g", "roles": ["king"]}, 400, "roles"),
        ({"username": "g", "state": "active"}, 400, "state"),
    ],
)
def test_a_wrong_user_is_refused_with_its_field(admin, sent, status, field):
    answer = admin.post("/vault/users", json=sent)
    assert answer.status_code == status
    if field:
        assert field in answer.json["errors"]
    assert admin.get("/vault/users?count=true").json["count"] == 1


def test_a_disabled_user_is_out_and_an_enabled_one_in_again(admin, client):
    user = add(admin).json
    assert change(admin, user, state="disabled").json["state"] == "disabled"
    assert not signs_in(client, "grace")
    change(admin, user, state="active")
    assert signs_in(client, "grace")


def test_a_change_without_the_latest_etag_is_refused(admin):
    answer = add(admin)
    path, tag = answer.headers["Location"], answer.headers["ETag"]
    assert admin.patch(path, json={"email": None}).status_code == 428
    sent = {"json": {"email": "g@example.org"}, "headers": {"If-Match": tag}}
    assert admin.patch(path, **sent).status_code == 200
    assert admin.patch(path, **sent).status_code == 412


def test_nobody_disables_or_deletes_themselves(admin):
    own = admin.get("/vault/me").json
    assert change(admin, own, state="disabled").status_code == 409
    headers = {"If-Match": "*"}
    answer = admin.delete(f"/vault/users/{own['id']}", headers=headers)
    assert answer.status_code == 409


def test_members_do_not_see_users(admin, client_as):
    user = add(admin).json
    member = client_as("member")
    assert member.get("/vault/users").status_code == 403
    assert member.get(f"/vault/users/{user['id']}").status_code == 403
    assert add(member, "mallory").status_code == 403
    assert change(member, user, state="disabled").status_code == 403


def test_a_user_with_nothing_of_theirs_is_deleted(admin, client):
    user = add(admin).json
    headers = {"If-Match": "*"}
    path = f"/vault/users/{user['id']}"
    assert admin.delete(path, headers=headers).status_code == 204
    assert admin.get(path).status_code == 404
    assert not signs_in(client, "grace")


@pytest.mark.plugins("core_identity", "core_documents")
def test_a_user_who_owns_a_document_is_not_deleted(admin, client_as):
    grace = client_as("grace")
    sent = {"data": {"file": (BytesIO(b"x"), "x.txt")}}
    assert grace.post("/vault/documents", **sent).status_code == 201
    path = f"/vault/users/{grace.get('/vault/me').json['id']}"
    answer = admin.delete(path, headers={"If-Match": "*"})
    assert answer.status_code == 409
    assert answer.json["detail"] == (
        "The user owns a document: disable the user instead of deleting."
    )
    assert admin.get(path).status_code == 200


def test_an_actor_is_found_by_id_and_by_name(admin, tenant):
    user = add(admin).json
    with context.acting(tenant), sessions.reading():
        found = hooks.first("find_actor", who=user["id"])
        assert found == hooks.first("find_actor", who=" GRACE ")
        assert (found.name, found.roles) == ("grace", frozenset({"member"}))
        assert hooks.first("find_actor", who="nobody") is None
    change(admin, user, state="disabled")
    with context.acting(tenant), sessions.reading():
        assert hooks.first("find_actor", who="grace") is None


def test_the_same_name_and_address_live_in_two_tenants(two_tenants, client_as, client):
    passwords = ("first secret", "second one")
    for tenant, password in zip(two_tenants, passwords, strict=True):
        admin = client_as("admin", tenant=tenant)
        made = add(admin, password=password, email="g@example.org")
        assert made.status_code == 201
    assert signs_in(client, "grace", "first secret", "acme")
    assert signs_in(client, "grace", "second one", "umbra")
    assert not signs_in(client, "grace", "second one", "acme")


def test_users_answer_at_their_other_address(admin):
    answer = admin.post("/api/v1/users/", json={"username": "linus"})
    assert answer.status_code == 201
    path = f"/api/v1/users/{answer.json['id']}/"
    assert admin.patch(path, json={"email": "l@example.org"}).status_code == 200
    assert admin.get(path).json["email"] == "l@example.org"


def test_a_longer_list_of_users_asks_no_more_of_the_database(admin, query_count):
    group = admin.post("/vault/groups", json={"name": "keepers"}).json
    grant = {"role": "manager", "group": group["id"]}
    assert admin.post("/vault/grants", json=grant).status_code == 201
    asked = []
    for number in range(4):
        user = add(admin, f"user{number}", roles=["guest"] if number else []).json
        place = f"/vault/groups/{group['id']}/users/{user['id']}"
        assert admin.put(place, headers={"If-Match": "*"}).status_code == 204
        with query_count() as counted:
            listed = admin.get("/vault/users").json["items"]
        asked.append(len(counted))
        roles = {one["username"]: one["roles"] for one in listed}
        assert roles.pop("admin") == ["owner"]
        assert roles.pop("user0") == ["manager"]
        assert all(held == ["guest", "manager"] for held in roles.values())
    assert len(set(asked)) == 1, asked
