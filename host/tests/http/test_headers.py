"""What every answer carries, and which browsers may read it."""

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "notes"),
    pytest.mark.usefixtures("notes"),
]
LISTED, OTHER = "https://app.example", "https://evil.example"


def test_pages_run_no_script_but_our_own(stranger):
    policy = stranger.get("/vault/api/swagger/").headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert "default-src" in policy
    assert "frame-ancestors 'none'" in policy


def test_every_answer_carries_the_security_headers(stranger, client_as):
    admin = client_as("admin")
    answers = [
        stranger.get("/vault/me"),
        stranger.get("/nothing"),
        stranger.get("/"),
        stranger.get("/vault/health/live"),
        stranger.options("/vault/me"),
        admin.get("/vault/me"),
        admin.get("/vault/notes/broken"),
        admin.delete("/vault/me"),
        admin.post("/vault/notes", data="{", content_type="application/json"),
    ]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] in ("no-store", "private, no-cache")
        assert answer.headers["X-Request-Id"]


@pytest.mark.settings(host={"cors_origins": [LISTED]})
def test_a_listed_origin_may_read_even_errors(stranger):
    for answer in (
        stranger.get("/vault/me", headers={"Origin": LISTED}),
        stranger.get("/vault/health/live", headers={"Origin": LISTED}),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == LISTED
        assert "Origin" in answer.headers["Vary"]
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.settings(host={"cors_origins": [LISTED]})
def test_a_preflight_needs_neither_tenant_nor_token(client, host):
    asked = {
        "Origin": LISTED,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "org, authorization",
    }
    answer = client.options("/vault/notes", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == LISTED
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.settings(host={"cors_origins": [LISTED]})
@pytest.mark.parametrize(
    "origin", [OTHER, "null", LISTED + ".evil.example", LISTED.upper() + "/"]
)
def test_an_unlisted_origin_may_not(stranger, origin):
    for answer in (
        stranger.get("/vault/me", headers={"Origin": origin}),
        stranger.options("/vault/me", headers={"Origin": origin}),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_origins_nobody_may(stranger):
    answer = stranger.get("/vault/me", headers={"Origin": LISTED})
    assert "Access-Control-Allow-Origin" not in answer.headers
