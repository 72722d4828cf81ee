import pytest


@pytest.fixture
def stranger(client, tenant):
    """A client that names the tenant and has not signed in."""
    client.environ_base["HTTP_ORG"] = tenant.slug
    return client


@pytest.fixture
def is_problem():
    """Check that an answer is a problem document, and return it."""

    def check(answer, status, code):
        assert answer.status_code == status, answer.text
        assert answer.content_type == "application/problem+json"
        body = answer.json
        assert body["code"] == code, body
        assert body["status"] == status
        assert body["detail"]
        assert body["request_id"] == answer.headers["X-Request-Id"]
        assert "Traceback" not in answer.text
        return body

    return check
