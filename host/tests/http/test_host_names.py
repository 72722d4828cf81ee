"""Which tenant a request is for, by its host name and by ``Org`` (TA-06 to TA-10)."""

import pytest

from archivolt_host.app import create_app

pytestmark = [
    pytest.mark.plugins("core_identity", "mounted"),
    pytest.mark.usefixtures("mounted", "two_tenants"),
]


@pytest.fixture
def asked(app):
    """Ask who the tenant is, outside /vault, as a stranger."""

    def ask(host, path="/api/v1/who", app=app, **headers):
        named = {"Host": host} | {k.replace("_", "-"): v for k, v in headers.items()}
        answer = app.test_client().get(path, headers=named)
        return answer.text if answer.status_code == 200 else answer.status_code

    return ask


@pytest.mark.parametrize(
    "host",
    [
        "acme.localhost",
        "acme.localhost:8000",
        "ACME.localhost",
        "acme.localhost.",
        "acme.127.0.0.1.nip.io:8000",
        "acme.10-0-0-1.nip.io",
    ],
)
def test_a_tenants_own_name_leads_to_it(asked, host):
    assert asked(host) == "acme"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8000",
        "app.localhost",
        "www.localhost",
        "127.0.0.1:8000",
        "[::1]:8000",
        "127.0.0.1.nip.io",
    ],
)
def test_the_platforms_own_names_belong_to_no_tenant(asked, host):
    assert asked(host) == 400
    assert asked(host, Org="umbra") == "umbra"
    assert asked(host, "/vault/health/live") == '{"status":"ok"}'


@pytest.mark.parametrize("host", ["nobody.localhost", "nobody.example.org", "nobody"])
def test_an_unknown_name_is_not_found_where_a_tenant_is_needed(asked, host):
    assert asked(host) == 404
    assert asked(host, Org="acme") == "acme"
    assert asked(host, "/api/docs/") != 404


def test_a_custom_domain_leads_to_its_tenant(asked, host):
    host.catalog.add_domain("umbra", "Docs.Example.org")
    host.catalog.refresh(force=True)
    assert asked("docs.example.org:443") == "umbra"


def test_a_name_and_an_org_that_differ_contradict_each_other(asked):
    for path in ("/api/v1/who", "/vault/who"):
        assert asked("acme.localhost", path, Org="acme") == "acme"
        assert asked("acme.localhost", path, Org="umbra") == 400


def test_below_vault_only_org_counts(asked):
    assert asked("acme.localhost", "/vault/who") == 400
    assert asked("nobody.example.org", "/vault/who", Org="acme") == "acme"


def test_a_query_never_names_a_tenant(asked):
    assert asked("localhost", "/api/v1/who?org=acme") == 400


def test_a_disabled_tenants_name_is_unknown(asked, host):
    host.catalog.set_state("acme", "disabled")
    assert asked("acme.localhost") == 404


def test_a_name_cannot_be_the_platforms(make_tenant):
    with pytest.raises(ValueError, match="none of") as refused:
        _refused(make_tenant)
    assert "app" in str(refused.value)


def _refused(make_tenant):
    try:
        make_tenant("app")
    except Exception as error:
        raise ValueError(str(error)) from error


def test_what_a_stranger_says_was_forwarded_is_ignored(asked):
    assert asked("acme.localhost", X_Forwarded_Host="umbra.localhost") == "acme"
    assert asked("localhost", X_Forwarded_Host="umbra.localhost") == 400


@pytest.mark.settings(host={"trusted_proxies": ["127.0.0.1"]})
def test_a_trusted_proxy_says_which_name_was_asked_for(asked):
    assert asked("inner:8080", X_Forwarded_Host="umbra.localhost") == "umbra"
    two = "acme.localhost, umbra.localhost"
    assert asked("inner:8080", X_Forwarded_Host=two) == "umbra"


@pytest.mark.settings(host={"domain": "vault.example.org"})
def test_the_domain_is_the_manifests(asked):
    assert asked("acme.vault.example.org") == "acme"
    assert asked("app.vault.example.org") == 400
    assert asked("acme.localhost") == 404


@pytest.mark.settings(
    host={"trusted_proxies": ["127.0.0.1"], "metrics_allow": ["10.9.8.7"]}
)
def test_a_trusted_proxy_says_who_asks(host):
    client = create_app(host).test_client()
    for address, status in (("10.9.8.7", 200), ("10.9.8.8", 403)):
        sent = {"X-Forwarded-For": address}
        assert client.get("/metrics", headers=sent).status_code == status
