"""Strangers, their sign-in, and a clock that can be set."""

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

PASSWORD = "a test password"


@pytest.fixture
def stranger(tenant, client):
    """A client that names the tenant and nobody."""
    client.environ_base["HTTP_ORG"] = tenant.slug
    return client


@pytest.fixture
def sign_in(stranger):
    """Sign somebody in; return the answer."""

    def sign(username="admin", password=PASSWORD, **more):
        sent = {"username": username, "password": password, **more}
        return stranger.post("/vault/auth/token", json=sent)

    return sign


@pytest.fixture
def tokens(sign_in):
    return sign_in().json


@pytest.fixture
def me(stranger):
    """Say with which status a token is answered."""

    def ask(token, scheme="JWT", **headers):
        sent = {"Authorization": f"{scheme} {token}", **headers}
        return stranger.get("/vault/me", headers=sent).status_code

    return ask


@pytest.fixture
def refresh(stranger):
    return lambda token: stranger.post("/vault/auth/refresh", json={"refresh": token})


@pytest.fixture
def later():
    """Set the clock ahead for a block: ``with later(minutes=15):``."""
    begin = datetime.now(UTC)

    def ahead(**duration):
        return freeze_time(begin + timedelta(**duration), tick=True)

    return ahead
