import pytest


@pytest.fixture
def stranger(client, tenant):
    """A client that names the tenant and has not signed in."""
    client.environ_base["HTTP_ORG"] = tenant.slug
    return client
