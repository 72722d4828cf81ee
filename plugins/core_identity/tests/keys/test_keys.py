"""Programs come with keys: shown once, good for so much and so long."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

pytestmark = pytest.mark.placements


@pytest.fixture
def admin(tenant, client_as):
    return client_as("admin")


@pytest.fixture
def with_key(app, tenant):
    """Return a client that carries a key."""

    def client(key, org="acme"):
        found = app.test_client()
        found.environ_base["HTTP_ORG"] = org
        found.environ_base["HTTP_AUTHORIZATION"] = f"Token {key}"
        return found

    return client


def make(client, **values):
    return client.post("/vault/keys", json={"name": "nightly", **values})


def soon(**duration):
    return (datetime.now(UTC) + timedelta(**duration)).isoformat()


def test_a_key_speaks_for_its_user(admin, with_key):
    made = make(admin)
    assert made.status_code == 201
    program = with_key(made.json["key"])
    assert program.get("/vault/me").json["username"] == "admin"
    assert program.get("/vault/users").status_code == 200


def test_a_key_is_shown_once_and_stored_nowhere(admin, in_tenant, tenant):
    key = make(admin).json["key"]
    _, _, secret = key.split("_", 2)  # which may hold the sign itself
    assert len(secret) > 40
    assert secret not in admin.get("/vault/keys").text
    with in_tenant(tenant) as work:
        rows = work.session.execute(text("SELECT * FROM identity_key")).all()
    assert secret not in str(rows)


def test_a_key_with_limits_does_nothing_else(admin, with_key):
    key = make(admin, limits=["users.read"]).json["key"]
    program = with_key(key)
    assert program.get("/vault/users").status_code == 200
    assert program.post("/vault/users", json={"username": "x"}).status_code == 403


def test_limits_give_nothing_that_the_user_has_not(client_as, admin, with_key):
    key = make(client_as("member"), limits=["users.manage", "users.read"]).json["key"]
    assert with_key(key).get("/vault/users").status_code == 403


def test_a_key_makes_no_keys_and_changes_no_sign_in(admin, with_key):
    made = make(admin).json
    program = with_key(made["key"])
    assert make(program).status_code == 403
    assert program.delete(f"/vault/keys/{made['id']}").status_code == 403
    assert program.delete("/vault/me/sessions").status_code == 403
    assert program.post("/vault/me/factor").status_code == 403
    sent = {"old": "a test password", "new": "another password"}
    assert program.put("/vault/me/password", json=sent).status_code == 403


def test_a_key_expires(admin, with_key, later):
    key = make(admin, expires_at=soon(hours=1)).json["key"]
    assert with_key(key).get("/vault/me").status_code == 200
    with later(hours=1, seconds=30):
        assert with_key(key).get("/vault/me").status_code == 401


def test_a_revoked_key_is_worthless_at_once(admin, with_key):
    made = make(admin).json
    assert admin.delete(f"/vault/keys/{made['id']}").status_code == 204
    assert with_key(made["key"]).get("/vault/me").status_code == 401


def test_a_disabled_user_has_no_keys(client_as, admin, with_key):
    member = client_as("member")
    key = make(member).json["key"]
    path = f"/vault/users/{member.get('/vault/me').json['id']}"
    admin.patch(path, json={"state": "disabled"}, headers={"If-Match": "*"})
    assert with_key(key).get("/vault/me").status_code == 401


def test_a_key_is_good_in_its_own_tenant_alone(admin, with_key, make_tenant):
    make_tenant("umbra")
    assert (
        with_key(make(admin).json["key"], "umbra").get("/vault/me").status_code == 401
    )


@pytest.mark.parametrize("change", ["cut", "flip", "other", "x", "avk_", "avk_x_y"])
def test_a_key_that_is_not_quite_right_is_refused(admin, with_key, change):
    key, other = make(admin).json["key"], make(admin).json["key"]
    head, secret = key.rsplit("_", 1)[0], other.rsplit("_", 1)[1]
    wrong = {
        "cut": key[:-1],
        "flip": key[:-1] + ("A" if key[-1] != "A" else "B"),
        "other": f"{head}_{secret}",
    }.get(change, change)
    assert with_key(wrong).get("/vault/me").status_code == 401


@pytest.mark.parametrize("scheme", ["JWT", "Bearer"])
def test_a_key_is_no_token(admin, with_key, scheme):
    program = with_key("")
    program.environ_base["HTTP_AUTHORIZATION"] = f"{scheme} {make(admin).json['key']}"
    assert program.get("/vault/me").status_code == 401


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"limits": ["rule.the.world"]}, "limits"),
        ({"limits": []}, "limits"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2020-01-01T00:00:00"}, "expires_at"),
        ({"name": ""}, "name"),
    ],
)
def test_a_wrong_wish_is_refused_with_its_field(admin, sent, field):
    answer = make(admin, **sent)
    assert answer.status_code == 400
    assert field in answer.json["errors"]


def test_a_service_account_has_keys_and_no_password(
    admin, client_as, with_key, sign_in
):
    sent = {"username": "robot", "kind": "service", "password": "some password"}
    assert admin.post("/vault/users", json=sent).status_code == 400
    robot = admin.post("/vault/users", json={**sent, "password": None}).json
    key = make(admin, user_id=robot["id"]).json["key"]
    assert with_key(key).get("/vault/me").json["username"] == "robot"
    assert sign_in("robot", "").status_code in (400, 401)
    path = f"/vault/users/{robot['id']}"
    change = {"json": {"password": "some password"}, "headers": {"If-Match": "*"}}
    assert admin.patch(path, **change).status_code == 409
    assert make(client_as("member"), user_id=robot["id"]).status_code == 403


def test_nobody_makes_or_sees_the_keys_of_another_person(admin, client_as):
    member = client_as("member")
    own = make(member).json
    assert make(admin, user_id=own["user_id"]).status_code == 409
    path = f"/vault/keys?user_id={admin.get('/vault/me').json['id']}"
    assert member.get(path).status_code == 403
    assert admin.get("/vault/keys").json["items"] == []
    admins = make(admin).json
    assert member.delete(f"/vault/keys/{admins['id']}").status_code == 404
    assert admin.delete(f"/vault/keys/{own['id']}").status_code == 204
