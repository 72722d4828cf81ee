import pytest

from archivolt_host.kit.testing import unrecorded

pytestmark = pytest.mark.placements
PASSWORD = "a test password"


def test_signing_in_gives_tokens_that_work(tokens, me):
    assert me(tokens["access"]) == 200
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


def test_a_refresh_token_gives_new_tokens(tokens, refresh, me):
    again = refresh(tokens["refresh"])
    assert again.status_code == 200
    assert me(again.json["access"]) == 200


def test_one_kind_of_token_is_not_taken_for_the_other(tokens, refresh, me):
    assert me(tokens["refresh"]) == 401
    assert refresh(tokens["access"]).status_code == 401


def test_a_refresh_token_of_another_tenant_is_refused(
    stranger, tokens, refresh, make_tenant
):
    make_tenant("umbra")
    stranger.environ_base["HTTP_ORG"] = "umbra"
    assert refresh(tokens["refresh"]).status_code == 401


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "x" * 4097, ""])
def test_garbage_is_refused_as_a_refresh_token(refresh, token):
    assert refresh(token).status_code in (400, 401)


def test_a_disabled_user_is_out_at_once(
    stranger, tokens, me, refresh, in_tenant, tenant
):
    with in_tenant(tenant) as work:
        work.session.execute(unrecorded("UPDATE identity_user SET state = 'disabled'"))
    assert me(tokens["access"]) == 401
    assert refresh(tokens["refresh"]).status_code == 401
    sent = {"username": "admin", "password": PASSWORD}
    assert stranger.post("/vault/auth/token", json=sent).status_code == 401


def test_signing_in_asks_the_database_little(tokens, me, query_count):
    assert me(tokens["access"]) == 200  # what they may do is remembered
    with query_count() as asked:
        assert me(tokens["access"]) == 200
    assert len(asked) <= 3, asked.statements
