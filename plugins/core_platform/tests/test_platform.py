"""Who runs the deployment acts as others for a reason, and turns its keys."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from sqlalchemy import text

from archivolt_core_platform.keys import logic as keys
from archivolt_core_platform.users import logic as people
from archivolt_host.kit.errors import InvalidError, RefusedError
from archivolt_host.tenants import sessions

pytestmark = [
    pytest.mark.plugins("core_identity", "core_audit", "core_platform"),
    pytest.mark.placements,
]
PASSWORD = "a long platform password"


@pytest.fixture
def root(tenant):
    people.create("root", PASSWORD)


@pytest.fixture
def begin(app, root):
    def send(user="member", org="acme", **changes):
        sent = {
            "username": "root",
            "password": PASSWORD,
            "user": user,
            "reason": "ticket 4711",
            "to": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
            **changes,
        }
        client = app.test_client()
        client.environ_base["HTTP_ORG"] = org
        client.answer = client.post("/vault/platform/impersonations", json=sent)
        if client.answer.status_code == 201:
            token = client.answer.json["access"]
            client.environ_base["HTTP_AUTHORIZATION"] = f"JWT {token}"
        return client

    return send


def ahead(**duration):
    return (datetime.now(UTC) + timedelta(**duration)).isoformat()


def test_one_acts_as_the_user_under_both_names(client_as, begin):
    member, admin = client_as("member"), client_as("admin")
    acting = begin()
    assert acting.answer.status_code == 201
    assert acting.get("/vault/me").json["username"] == "member"
    assert acting.get("/vault/users").status_code == 403
    sent = {"json": {"display_name": "M"}, "headers": {"If-Match": "*"}}
    assert acting.patch("/vault/me", **sent).status_code == 200
    id = member.get("/vault/me").json["id"]
    entries = admin.get(f"/vault/journal?object={id}").json["items"]
    [change] = [e for e in entries if (e["after"] or {}).get("display_name") == "M"]
    assert change["on_behalf_of"] == id
    assert change["actor"] != id
    [begun] = [e for e in entries if e["action"] == "impersonate"]
    assert begun["after"]["reason"] == "ticket 4711"
    assert begun["actor"] == change["actor"]


def test_it_is_noted_in_the_catalog(client_as, begin):
    client_as("member")
    begin()
    with sessions.catalog() as session:
        [row] = session.execute(text("SELECT * FROM platform_impersonation")).all()
    assert (row.tenant, row.user, row.reason) == ("acme", "member", "ticket 4711")


def test_what_only_the_user_may_do_stays_closed(client_as, begin):
    client_as("member")
    acting = begin()
    assert acting.post("/vault/keys", json={"name": "x"}).status_code == 403
    assert acting.post("/vault/me/factor").status_code == 403
    sent = {"old": "a test password", "new": "another password"}
    assert acting.put("/vault/me/password", json=sent).status_code == 403


def test_it_ends_at_its_end(client_as, begin, later):
    client_as("member")
    acting = begin()
    with later(minutes=59):
        assert acting.get("/vault/me").status_code == 200
    with later(hours=1, seconds=30):
        assert acting.get("/vault/me").status_code == 401


def test_the_user_sees_it_and_ends_it(client_as, begin):
    member = client_as("member")
    acting = begin()
    kinds = {s["kind"]: s for s in member.get("/vault/me/sessions").json["items"]}
    path = f"/vault/me/sessions/{kinds['impersonation']['id']}"
    assert member.delete(path).status_code == 204
    assert acting.get("/vault/me").status_code == 401


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"password": "wrong"}, 401),
        ({"username": "nobody"}, 401),
        ({"user": "nobody"}, 404),
        ({"reason": "why"}, 400),
        ({"to": "2020-01-01T00:00:00Z"}, 400),
        ({"to": "2199-01-01T00:00:00Z"}, 400),
        ({"username": "admin", "password": "a test password"}, 401),
    ],
)
def test_without_right_name_reason_and_end_nothing_happens(begin, changes, status):
    assert begin(**{"user": "admin", **changes}).answer.status_code == status


def test_guessing_is_slowed_down(begin):
    found = [begin(password=f"wrong {n}").answer.status_code for n in range(6)]
    assert found == [401] * 5 + [429]


def test_a_disabled_platform_user_is_out(begin):
    people.disable("root")
    assert begin(user="admin").answer.status_code == 401


def test_a_platform_user_is_in_no_tenant(begin, client):
    sent = {"username": "root", "password": PASSWORD}
    answer = client.post("/vault/auth/token", json=sent, headers={"Org": "acme"})
    assert answer.status_code == 401


def test_a_platform_user_has_a_long_password_and_a_plain_name(root):
    with pytest.raises(InvalidError, match="12 to 1024"):
        people.create("other", "too short")
    with pytest.raises(InvalidError, match="plain letters"):
        people.create("r\u043e\u043et", PASSWORD)
    with pytest.raises(RefusedError, match="already"):
        people.create("ROOT", PASSWORD)


def test_a_new_key_signs_nobody_out(app, tokens, sign_in, me, refresh):
    assert me(tokens["access"]) == 200
    name = keys.rotate()
    forget(app)
    assert me(tokens["access"]) == 200
    new = sign_in().json
    assert key_of(new["access"]) == name
    assert me(new["access"]) == 200
    assert refresh(tokens["refresh"]).status_code == 200


def test_a_retired_key_is_worth_nothing(tokens, sign_in, me, refresh, app):
    assert me(tokens["access"]) == 200  # which this process remembers from now on
    keys.rotate()
    forget(app)
    new = sign_in().json
    keys.retire("0")
    forget(app)
    assert me(tokens["access"]) == 401
    assert refresh(tokens["refresh"]).status_code == 401
    assert me(new["access"]) == 200


def test_the_last_key_stays(tenant):
    name = keys.rotate()
    keys.retire("0")
    with pytest.raises(RefusedError, match="the only key"):
        keys.retire(name)


def test_the_catalog_alone_signs_nothing(tenant, app, client_as):
    keys.rotate()
    [newest, first] = keys.listed()
    in_use = keys.signing_keys(app.config["SECRET_KEY"])
    assert newest.salt not in in_use.values()
    assert keys.signing_keys("another secret") != in_use
    assert first.salt == ""


def test_a_key_made_elsewhere_is_known_at_once(app, tokens, me, sign_in):
    assert me(tokens["access"]) == 200  # this process holds the old keys now
    name = keys.rotate()
    ring = app.extensions["archivolt_keyring"]
    claims = jwt.decode(tokens["access"], options={"verify_signature": False})
    key = keys.signing_keys(app.config["SECRET_KEY"])[name]
    ring._read_at -= 2  # a second and more ago
    assert me(jwt.encode(claims, key, "HS256", headers={"kid": name})) == 200


def key_of(token):
    return jwt.get_unverified_header(token)["kid"]


def forget(app):
    """Let the process ask for its keys again, as it does every ten seconds."""
    app.extensions["archivolt_keyring"]._read_at = float("-inf")
