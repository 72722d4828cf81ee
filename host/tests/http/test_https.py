"""https where it is required (TA-44), and headers beyond all measure."""

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "mounted"),
    pytest.mark.usefixtures("mounted"),
]
REQUIRED = {"https": "required", "trusted_proxies": ["127.0.0.1"]}
SECURE = {"X-Forwarded-Proto": "https"}
HSTS = "Strict-Transport-Security"


@pytest.mark.settings(host=REQUIRED)
@pytest.mark.parametrize(
    ("host", "path", "moved"),
    [
        (
            "acme.localhost",
            "/vault/me?a=b%20c",
            "https://acme.localhost/vault/me?a=b%20c",
        ),
        ("acme.localhost:8080", "/nothing", "https://acme.localhost/nothing"),
        ("[::1]:8080", "/", "https://[::1]/"),
        (
            "acme.localhost",
            "/vault/auth/token",
            "https://acme.localhost/vault/auth/token",
        ),
    ],
)
def test_http_is_moved_to_https(client, host, path, moved):
    for method in ("GET", "POST", "OPTIONS"):
        answer = client.open(path, method=method, headers={"Host": host})
        assert (answer.status_code, answer.headers["Location"]) == (301, moved)
        assert HSTS not in answer.headers  # RFC 6797: never over http
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.settings(host=REQUIRED)
def test_https_is_answered_and_kept(stranger):
    for path, status in (("/vault/me", 401), ("/nothing", 404), ("/", 302)):
        answer = stranger.get(path, headers=SECURE)
        assert answer.status_code == status
        assert answer.headers[HSTS].startswith("max-age=31536000")


@pytest.mark.settings(host={"https": "required"})
def test_only_a_trusted_proxy_says_that_it_was_https(stranger):
    assert stranger.get("/vault/me", headers=SECURE).status_code == 301


@pytest.mark.settings(host=REQUIRED)
def test_probes_know_no_https(client):
    assert client.get("/vault/health/live").status_code == 200


@pytest.mark.settings(host={"trusted_proxies": ["127.0.0.1"]})
def test_where_https_is_optional_no_browser_is_bound_to_it(stranger):
    for headers in ({}, SECURE):
        answer = stranger.get("/vault/me", headers=headers)
        assert answer.status_code == 401
        assert HSTS not in answer.headers


def test_headers_without_measure_are_refused(stranger):
    fits = stranger.get("/vault/me", headers={"X-Long": "x" * 30_000})
    assert fits.status_code == 401
    many = {f"X-{n}": "x" * 1000 for n in range(40)}
    for headers in ({"Authorization": "JWT " + "x" * 33_000}, many):
        answer = stranger.get("/vault/me", headers=headers)
        assert (answer.status_code, answer.json["code"]) == (431, "headers_too_large")
        assert "32768 pass" in answer.json["detail"]
        assert answer.headers["X-Request-Id"]
