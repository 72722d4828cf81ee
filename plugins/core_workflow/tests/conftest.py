"""What the tests of workflows share: people, and what is refused to them."""

import pytest


@pytest.fixture
def people(tenant, client_as):
    """Return clients by user name, made when first asked for."""
    known = {}

    def get(name):
        if name not in known:
            known[name] = client_as(name, tenant)
        return known[name]

    return get


@pytest.fixture
def id_of(people):
    """Return the id of a user."""
    return lambda name: people(name).get("/vault/me").json["id"]


@pytest.fixture
def refused():
    """Assert a problem document with a sentence, and return it."""

    def check(answer, status, words=""):
        assert answer.status_code == status, answer.text
        assert answer.content_type == "application/problem+json"
        problem = answer.json
        assert problem["status"] == status
        assert problem["detail"][-1] in ".)"
        assert words in problem["detail"]
        assert "Traceback" not in answer.text
        return problem

    return check
