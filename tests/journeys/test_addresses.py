"""Limits, journal and log know one address of a caller: not one that it made up."""

import pytest
import structlog

pytestmark = [
    pytest.mark.plugins("core_identity", "core_audit"),
    pytest.mark.settings(
        host={
            "trusted_proxies": ["127.0.0.1"],
            "limit_sign_in": ["2/m"],
            "access_log": True,
        }
    ),
]
CALLER = "198.51.100.4"
SIGN_IN = {"username": "admin", "password": "a test password"}


def test_whoever_makes_up_addresses_is_known_by_its_own(valkey, app, tenant):
    client = app.test_client()
    with structlog.testing.capture_logs() as lines:
        answers = [
            client.post(
                "/vault/auth/token",
                json=SIGN_IN,
                headers={"Org": tenant.slug, "X-Forwarded-For": f"{forged}, {CALLER}"},
            )
            for forged in ("10.0.0.1", "127.0.0.1", "203.0.113.9")
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    logged = {line["address"] for line in lines if line["event"] == "request"}
    assert logged == {CALLER}
    token = {"Authorization": f"JWT {answers[0].json['access']}", "Org": tenant.slug}
    journal = client.get("/vault/journal?limit=200", headers=token).json["items"]
    assert CALLER in {entry["address"] for entry in journal}
    assert {entry["address"] for entry in journal} <= {CALLER, ""}
