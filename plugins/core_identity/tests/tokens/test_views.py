from datetime import timedelta

import pytest
from flask_jwt_extended import create_access_token
from sqlalchemy import text

pytestmark = pytest.mark.placements
PASSWORD = "a test password"


@pytest.fixture
def stranger(client, tenant):
    client.environ_base["HTTP_ORG"] = tenant.slug
    return client


@pytest.fixture
def tokens(stranger):
    sent = {"username": "admin", "password": PASSWORD}
    return stranger.post("/vault/auth/token", json=sent).json


def me(client, token):
    answer = client.get("/vault/me", headers={"Authorization": f"JWT {token}"})
    return answer.status_code


def refresh(client, token):
    return client.post("/vault/auth/refresh", json={"refresh": token})


def test_signing_in_gives_tokens_that_work(stranger, tokens):
    assert me(stranger, tokens["access"]) == 200
    assert tokens["expires_in"] == 900


def test_a_user_name_is_the_same_in_any_case(stranger):
    sent = {"username": " ADMIN ", "password": PASSWORD}
    assert stranger.post("/vault/auth/token", json=sent).status_code == 200


@pytest.mark.parametrize(
    ("username", "password"),
    [("admin", "wrong password"), ("nobody", PASSWORD), ("admin", PASSWORD.upper())],
)
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(
    stranger, username, password
):
    sent = {"username": username, "password": password}
    answer = stranger.post("/vault/auth/token", json=sent)
    assert answer.status_code == 401
    assert answer.json["detail"] == "User name or password is wrong."


def test_a_refresh_token_gives_new_tokens(stranger, tokens):
    again = refresh(stranger, tokens["refresh"])
    assert again.status_code == 200
    assert me(stranger, again.json["access"]) == 200


def test_one_kind_of_token_is_not_taken_for_the_other(stranger, tokens):
    assert me(stranger, tokens["refresh"]) == 401
    assert refresh(stranger, tokens["access"]).status_code == 401


def test_a_refresh_token_of_another_tenant_is_refused(stranger, tokens, make_tenant):
    make_tenant("umbra")
    stranger.environ_base["HTTP_ORG"] = "umbra"
    assert refresh(stranger, tokens["refresh"]).status_code == 401


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "x" * 4097, ""])
def test_garbage_is_refused_as_a_refresh_token(stranger, token):
    assert refresh(stranger, token).status_code in (400, 401)


def test_a_disabled_user_is_out_at_once(stranger, tokens, in_tenant, tenant):
    with in_tenant(tenant) as work:
        work.session.execute(text("UPDATE identity_user SET state = 'disabled'"))
    assert me(stranger, tokens["access"]) == 401
    assert refresh(stranger, tokens["refresh"]).status_code == 401
    sent = {"username": "admin", "password": PASSWORD}
    assert stranger.post("/vault/auth/token", json=sent).status_code == 401


def token(app, user, *, org="acme", lifetime=60):
    with app.app_context():
        return create_access_token(
            user,
            expires_delta=timedelta(seconds=lifetime),
            additional_claims={"org": org},
        )


@pytest.fixture
def user(stranger, tokens):
    headers = {"Authorization": f"JWT {tokens['access']}"}
    return stranger.get("/vault/me", headers=headers).json["id"]


def test_an_expired_token_is_refused(stranger, app, user):
    assert me(stranger, token(app, user)) == 200
    assert me(stranger, token(app, user, lifetime=-1)) == 401


def test_a_token_of_another_deployment_is_refused(stranger, app, user):
    secret = app.config["JWT_SECRET_KEY"]
    app.config["JWT_SECRET_KEY"] = "another secret, long enough to sign with"
    foreign = token(app, user)
    app.config["JWT_SECRET_KEY"] = secret
    assert me(stranger, foreign) == 401


def test_an_unsigned_token_is_refused(stranger, user):
    import jwt

    claims = {"sub": user, "org": "acme", "type": "access", "exp": 9_999_999_999}
    assert me(stranger, jwt.encode(claims, "", algorithm="none")) == 401


@pytest.mark.parametrize("name", ["nobody", "", "'; DROP TABLE identity_user; --"])
def test_a_token_of_a_user_who_is_not_there_is_refused(stranger, app, name):
    assert me(stranger, token(app, name or "0")) == 401
    assert me(stranger, token(app, "01a1fd65-f3fc-7ac7-beda-11eff13ef6a3")) == 401


def test_signing_in_asks_the_database_little(stranger, tokens, query_count):
    assert me(stranger, tokens["access"]) == 200  # what they may do is remembered
    with query_count() as asked:
        assert me(stranger, tokens["access"]) == 200
    assert len(asked) <= 3, asked.statements
