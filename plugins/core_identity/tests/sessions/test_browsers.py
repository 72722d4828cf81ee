"""Browsers stay signed in by a cookie, and no other site writes in their name."""

import pytest

pytestmark = pytest.mark.placements
PASSWORD = "a test password"
NAME = "archivolt_session"


@pytest.fixture
def sign(app, tenant):
    """Sign a browser in; return it with its CSRF token."""

    def sign(client=None, *, org="acme", username="admin", **options):
        client = client or app.test_client()
        sent = {"username": username, "password": PASSWORD}
        answer = client.post(
            "/vault/auth/session", json=sent, headers={"Org": org}, **options
        )
        assert answer.status_code == 200, answer.text
        return client, answer

    return sign


@pytest.fixture
def browser(sign):
    client, answer = sign()
    client.environ_base["HTTP_ORG"] = "acme"
    client.csrf = {"X-CSRF-Token": answer.json["csrf_token"]}
    return client


def add(client, **headers):
    sent = {"json": {"username": "grace"}, "headers": headers}
    return client.post("/vault/users", **sent).status_code


def test_a_cookie_signs_a_browser_in(browser):
    assert browser.get("/vault/me").json["username"] == "admin"
    assert browser.get("/api/v1/users/").status_code == 200


@pytest.mark.parametrize("https", [False, True])
def test_no_script_and_no_other_site_gets_the_cookie(sign, https):
    options = {"base_url": "https://localhost"} if https else {}
    _, answer = sign(**options)
    flags = answer.headers["Set-Cookie"]
    assert "HttpOnly" in flags
    assert "SameSite=Lax" in flags
    assert "Path=/" in flags
    assert ("Secure" in flags) == https
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_write_without_the_csrf_token_is_refused(browser, client_as):
    assert add(browser) == 403
    assert add(browser, **{"X-CSRF-Token": "wrong"}) == 403
    assert add(browser, **{"X-CSRF-Token": "é"}) == 403
    answer = browser.delete("/vault/me/sessions")
    assert (answer.status_code, answer.json["code"]) == (403, "csrf")
    assert add(browser, **browser.csrf) == 201
    assert add(client_as("admin")) == 409  # a token needs none


def test_the_token_of_another_session_is_no_good(browser, sign):
    _, other = sign()
    assert add(browser, **{"X-CSRF-Token": other.json["csrf_token"]}) == 403


def test_the_token_is_told_again_after_a_reload(browser):
    again = browser.get("/vault/auth/session").json["csrf_token"]
    assert add(browser, **{"X-CSRF-Token": again}) == 201


def test_a_header_wins_over_the_cookie(browser, client_as):
    member = client_as("member").environ_base["HTTP_AUTHORIZATION"]
    sent = {"headers": {"Authorization": member}}
    assert browser.get("/vault/me", **sent).json["username"] == "member"
    # It is no browser's own doing, so it needs no CSRF token; and it is a member.
    assert browser.delete("/vault/me/sessions", **sent).status_code == 204
    wrong = {"headers": {"Authorization": "JWT garbage"}}
    assert browser.get("/vault/me", **wrong).status_code == 401


def test_signing_in_makes_a_new_session_whatever_was_planted(app, sign):
    planted = app.test_client()
    sign(planted)
    old = planted.get_cookie(NAME).value
    victim = app.test_client()
    victim.set_cookie(NAME, old)
    sign(victim)
    assert victim.get_cookie(NAME).value != old
    assert planted.get("/vault/me", headers={"Org": "acme"}).status_code == 401
    assert victim.get("/vault/me", headers={"Org": "acme"}).status_code == 200


def test_signing_in_over_garbage_is_fine(app, sign):
    victim = app.test_client()
    victim.set_cookie(NAME, "0" * 32 + ".chosen-by-somebody-else")
    sign(victim)
    assert "chosen" not in victim.get_cookie(NAME).value


def test_a_session_of_one_tenant_is_none_in_another(browser, make_tenant):
    make_tenant("umbra")
    sent = {"headers": {"Org": "umbra"}}
    assert browser.get("/vault/me", **sent).status_code == 401


def test_signing_out_ends_the_session_and_takes_the_cookie(browser):
    cookie = browser.get_cookie(NAME).value
    assert browser.delete("/vault/auth/session").status_code == 403
    assert (
        browser.delete("/vault/auth/session", headers=browser.csrf).status_code == 204
    )
    assert browser.get_cookie(NAME) is None
    browser.set_cookie(NAME, cookie)
    assert browser.get("/vault/me").status_code == 401


def test_it_ends_after_twelve_hours(browser, later):
    with later(hours=11):
        assert browser.get("/vault/me").status_code == 200
    with later(hours=12, seconds=20):
        assert browser.get("/vault/me").status_code == 401


@pytest.mark.parametrize("cookie", ["x", "x.y", ".", "0" * 32, "é", "0" * 4000])
def test_garbage_in_a_cookie_lets_nobody_in(app, tenant, cookie):
    client = app.test_client()
    sent = {"Org": "acme", "Cookie": f"{NAME}={cookie}"}
    assert client.get("/vault/me", headers=sent).status_code == 401


def test_a_refresh_token_is_no_cookie_and_a_cookie_no_token(browser, tokens, me):
    cookie = browser.get_cookie(NAME).value
    assert me(cookie) == 401
    assert me(cookie, "Token") == 401
    browser.set_cookie(NAME, tokens["refresh"])
    assert browser.get("/vault/me").status_code == 401


def test_a_session_at_a_tenants_own_host_name_needs_no_org(browser):
    cookie = browser.get_cookie(NAME).value
    sent = {"base_url": "http://acme.localhost", "headers": {}}
    client = browser.application.test_client()
    assert client.get("/vault/me", **sent).status_code == 400
    client.set_cookie(NAME, cookie, domain="acme.localhost")
    assert client.get("/vault/me", **sent).json["username"] == "admin"
    other = {"base_url": "http://acme.localhost", "headers": {"Org": "umbra"}}
    assert client.get("/vault/me", **other).status_code == 400
