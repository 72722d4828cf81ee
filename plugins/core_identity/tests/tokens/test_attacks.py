"""Tokens that nobody should have, or that should be worth nothing any more."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode

import jwt
import pytest
from sqlalchemy import text

pytestmark = pytest.mark.placements
HS256 = {"typ": "JWT", "alg": "HS256", "kid": "0"}


def part(value):
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims_of(token):
    padded = token.split(".")[1] + "==="
    return json.loads(urlsafe_b64decode(padded))


def signed(app, claims, *, key=None, algorithm="HS256", **headers):
    key = app.config["SECRET_KEY"] if key is None else key
    return jwt.encode(claims, key, algorithm, headers={"kid": "0", **headers})


@pytest.fixture
def claims(tokens):
    return claims_of(tokens["access"])


def test_the_tests_own_signature_is_as_good_as_the_real_one(app, claims, me):
    assert me(signed(app, claims)) == 200


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_an_unsigned_token_is_refused(claims, me, tokens, algorithm):
    head = part({"typ": "JWT", "alg": algorithm, "kid": "0"})
    assert me(f"{head}.{part(claims)}.") == 401
    assert me(f"{head}.{part(claims)}.{tokens['access'].split('.')[2]}") == 401


def test_a_changed_claim_breaks_the_signature(tokens, claims, me):
    head, _, signature = tokens["access"].split(".")
    for change in ({"exp": claims["exp"] + 900}, {"org": "umbra"}, {"type": "refresh"}):
        assert me(f"{head}.{part({**claims, **change})}.{signature}") == 401


def test_another_key_is_refused(app, claims, me):
    assert me(signed(app, claims, key="k" * 64)) == 401
    assert me(signed(app, claims, algorithm="HS512")) == 401
    assert me(signed(app, claims, kid="1")) == 401
    assert me(signed(app, claims, kid="../../etc/passwd")) == 401
    public = {"kty": "oct", "k": "a2V5"}
    assert me(signed(app, claims, key="key" * 20, jwk=public)) == 401


def test_a_token_needs_each_of_its_claims(app, claims, me):
    for name in ("sid", "org", "exp", "sub"):
        assert me(signed(app, {k: v for k, v in claims.items() if k != name})) == 401
    for name in ("sid", "exp"):
        assert me(signed(app, {**claims, name: "x"})) == 401
    unknown = "01a1fd65-f3fc-7ac7-beda-11eff13ef6a3"
    assert me(signed(app, {**claims, "sid": unknown})) == 401


def test_a_token_of_another_tenant_is_refused(app, tokens, claims, me, make_tenant):
    make_tenant("umbra")
    assert me(tokens["access"], Org="umbra") == 401
    # Even with the right name in it: the session is not there.
    assert me(signed(app, {**claims, "org": "umbra"}), Org="umbra") == 401


def test_an_access_token_lives_15_minutes(tokens, claims, me, later):
    assert claims["exp"] - claims["iat"] == 15 * 60
    with later(minutes=13):  # a busy machine may need a while to get here
        assert me(tokens["access"]) == 200
    with later(minutes=15, seconds=1):
        assert me(tokens["access"]) == 401


def test_a_refresh_token_lives_7_days(tokens, refresh, later):
    with later(days=7, seconds=1):
        assert refresh(tokens["refresh"]).status_code == 401
    with later(days=7, minutes=-2):
        assert refresh(tokens["refresh"]).status_code == 200


def test_a_clock_that_is_a_little_ahead_is_forgiven(app, claims, me):
    ahead = int(time.time()) + 50
    assert me(signed(app, {**claims, "iat": ahead, "nbf": ahead})) == 200
    ahead += 60
    assert me(signed(app, {**claims, "iat": ahead, "nbf": ahead})) == 401


def test_signing_out_ends_both_tokens_at_once(stranger, tokens, sign_in, me, refresh):
    other = sign_in().json
    headers = {"Authorization": f"JWT {tokens['access']}"}
    assert stranger.post("/vault/auth/sign-out", headers=headers).status_code == 204
    assert me(tokens["access"]) == 401
    assert refresh(tokens["refresh"]).status_code == 401
    assert me(other["access"]) == 200


def test_signing_out_everywhere_ends_all(stranger, tokens, sign_in, me, refresh):
    other = sign_in().json
    headers = {"Authorization": f"JWT {tokens['access']}"}
    assert stranger.delete("/vault/me/sessions", headers=headers).status_code == 204
    for pair in (tokens, other):
        assert me(pair["access"]) == 401
        assert refresh(pair["refresh"]).status_code == 401
    assert me(sign_in().json["access"]) == 200


def test_only_ones_own_session_can_be_ended(client_as, sign_in, me):
    admin, member = client_as("admin"), client_as("member")
    [session] = admin.get("/vault/me/sessions").json["items"]
    assert session["kind"] == "tokens"
    assert member.delete(f"/vault/me/sessions/{session['id']}").status_code == 404
    assert admin.get("/vault/me").status_code == 200
    assert admin.delete(f"/vault/me/sessions/{session['id']}").status_code == 204
    assert admin.get("/vault/me").status_code == 401


def test_who_manages_users_signs_them_out(client_as):
    admin, member = client_as("admin"), client_as("member")
    path = f"/vault/users/{member.get('/vault/me').json['id']}/sessions"
    assert member.delete(path).status_code == 403
    assert admin.delete(path).status_code == 204
    assert member.get("/vault/me").status_code == 401


@pytest.mark.parametrize("change", [{"password": "another secret"}, "disable"])
def test_a_changed_password_and_a_disabled_user_end_all(client_as, change):
    admin, member = client_as("admin"), client_as("member")
    path = f"/vault/users/{member.get('/vault/me').json['id']}"
    steps = [{"state": "disabled"}, {"state": "active"}]
    for sent in steps if change == "disable" else [change]:
        answer = admin.patch(path, json=sent, headers={"If-Match": "*"})
        assert answer.status_code == 200
    assert member.get("/vault/me").status_code == 401


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("auth/token", {"username": "admin", "password": "wrong"}),
        ("auth/refresh", {"refresh": "wrong"}),
        ("auth/session", {"username": "admin", "password": "wrong"}),
        ("auth/password/confirm", {"token": "wrong", "password": "a new secret"}),
        ("invitations/accept", {"token": "wrong", "username": "eve", "password": "x"}),
    ],
)
def test_a_strangers_idempotency_key_gets_nobodys_answer(
    stranger, tenant, in_tenant, sign_in, path, wrong
):
    """The same key with what another sent is a request of its own: nothing is kept."""
    key = {"Idempotency-Key": "7"}
    refused = stranger.post(f"/vault/{path}", json=wrong, headers=key)
    assert refused.status_code in (400, 401)
    sent = {"username": "admin", "password": "a test password"}
    both = [
        stranger.post("/vault/auth/token", json=sent, headers=key) for _ in range(2)
    ]
    assert [answer.status_code for answer in both] == [200, 200]
    assert both[0].json["refresh"] != both[1].json["refresh"]
    again = stranger.post(f"/vault/{path}", json=wrong, headers=key)
    assert again.status_code in (400, 401, 429)
    assert "Idempotency-Replayed" not in again.headers
    with in_tenant(tenant) as work:
        kept = work.connection.execute(text("SELECT count(*) FROM host_idempotency"))
        assert kept.scalar() == 0


@pytest.mark.parametrize("scheme", ["JWT", "Bearer", "jwt", "BEARER"])
def test_two_schemes_carry_a_token(tokens, me, scheme):
    assert me(tokens["access"], scheme) == 200


@pytest.mark.parametrize("path", ["token/", "refresh/", "token/refresh/"])
def test_the_other_addresses_of_sign_in_work(stranger, tokens, me, path):
    sent = {"refresh": tokens["refresh"]}
    if path == "token/":
        sent = {"username": "admin", "password": "a test password"}
    answer = stranger.post(f"/api/auth/jwt/{path}", json=sent)
    assert answer.status_code == 200
    assert answer.json["refresh"] != tokens["refresh"]
    assert me(answer.json["access"]) == 200
    sent = {"username": "admin", "password": "wrong", "refresh": "wrong"}
    sent = {k: v for k, v in sent.items() if (k == "refresh") == (path != "token/")}
    assert stranger.post(f"/api/auth/jwt/{path}", json=sent).status_code == 401
