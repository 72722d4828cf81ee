"""For whom, from whom, and in which order that is found out."""

import pytest

from archivolt_host.app import create_app
from archivolt_host.tenants import context

pytestmark = [
    pytest.mark.plugins("core_identity", "notes"),
    pytest.mark.usefixtures("notes"),
]


def test_without_org_nothing_under_vault_is_answered(client, tenant, is_problem):
    is_problem(client.get("/vault/me"), 400, "tenant_missing")
    is_problem(client.get("/vault/nowhere"), 400, "tenant_missing")


def test_an_unknown_or_odd_tenant_is_not_found(client, tenant, is_problem):
    for name in ("nobody", "ACME", "acme ", "../acme", "acme;", "x" * 3000):
        answer = client.get("/vault/me", headers={"Org": name})
        if name.strip() != "acme":
            is_problem(answer, 404, "not_found")


def test_a_disabled_tenant_is_not_found_until_it_is_enabled(
    host, client_as, tenant, is_problem
):
    admin = client_as("admin")
    host.catalog.set_state("acme", "disabled")
    is_problem(admin.get("/vault/me"), 404, "not_found")
    host.catalog.set_state("acme", "active")
    assert admin.get("/vault/me").status_code == 200


def test_org_in_the_query_never_counts(client, two_tenants, client_as, is_problem):
    is_problem(client.get("/vault/me?org=acme"), 400, "tenant_missing")
    acme = client_as("admin", "acme")
    assert acme.get("/vault/notes?org=umbra").json == []


def test_org_and_another_tenants_host_name_contradict_each_other(
    client_as, two_tenants, host, is_problem
):
    admin = client_as("admin", "acme")
    host.catalog.add_domain("umbra", "vault.umbra.example")
    for name in ("umbra.localhost", "vault.umbra.example", "umbra.localhost:8080"):
        answer = admin.get("/vault/me", headers={"Host": name})
        is_problem(answer, 400, "invalid")


@pytest.mark.parametrize(
    "name", ["acme.localhost", "localhost", "127.0.0.1:80", "cdn.example", "[::1]:80"]
)
def test_a_host_name_that_agrees_or_is_nobodys_does_not_compete(client_as, name):
    admin = client_as("admin")
    assert admin.get("/vault/me", headers={"Host": name}).status_code == 200


def test_a_token_of_another_tenant_is_refused(client_as, two_tenants, is_problem):
    acme, umbra = client_as("admin", "acme"), client_as("admin", "umbra")
    token = acme.environ_base["HTTP_AUTHORIZATION"]
    answer = umbra.get("/vault/me", headers={"Authorization": token})
    is_problem(answer, 401, "unauthorized")


def test_the_schemes_of_tokens_are_read_by_one_parser(client_as):
    admin = client_as("admin")
    token = admin.environ_base["HTTP_AUTHORIZATION"].removeprefix("JWT ")
    for scheme in ("JWT", "Bearer", "jwt", "BEARER"):
        headers = {"Authorization": f"{scheme} {token}"}
        assert admin.get("/vault/me", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "JWT",
        "JWT ",
        "Basic YTpi",
        "x",
        "JWT x.y.z",
        "JWT \x01",
        "Bearer" + "a" * 9000,
    ],
)
def test_what_proves_nothing_is_refused(stranger, sent, is_problem):
    answer = stranger.get("/vault/me", headers={"Authorization": sent})
    body = is_problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("JWT")
    assert body["title"] == "Not signed in"


def test_the_stages_come_in_order(client, stranger, client_as, is_problem, host):
    """Tenant, then who, then whether it is there, then may they, then the body."""
    member = client_as("member")
    headers = {"Authorization": "JWT x"}
    is_problem(client.get("/vault/notes", headers={"Org": "nobody", **headers}), *GONE)
    is_problem(stranger.get("/vault/notes/broken", headers=headers), *STRANGER)
    is_problem(stranger.get("/vault/nothing/there"), *STRANGER)
    is_problem(member.get("/vault/nothing/there"), *GONE)
    bad = member.put("/vault/plugins/nothing", data="{", content_type="text/plain")
    is_problem(bad, 403, "denied")
    is_problem(member.post("/vault/notes", data="{"), 415, "unsupported_media_type")


GONE, STRANGER = (404, "not_found"), (401, "unauthorized")


CLOSED = """
from archivolt_hookspecs import hookimpl
from archivolt_host.kit.api import Blueprint, ModelAPIView, signed_in

blueprint = Blueprint("closed", __name__)


@blueprint.route("/closed")
class Closed(ModelAPIView):
    @signed_in()
    def get(self):
        return "open to whoever has signed in"

    def post(self):
        return "nobody declared who may do this"


class Plugin:
    @hookimpl
    def register_blueprints(self):
        return [blueprint]
"""


@pytest.mark.plugins("core_identity", "closed")
def test_a_plugin_with_an_undeclared_route_is_out(make_plugin, open_home, client_as):
    make_plugin("closed", CLOSED)
    host = open_home()
    admin = client_as("admin")
    assert "POST /vault/closed declares no permission" in host.registry.out["closed"]
    assert admin.get("/vault/closed").status_code == 404
    assert admin.get("/vault/me").status_code == 200


@pytest.mark.plugins("core_identity", "closed")
@pytest.mark.settings(host={"strict": True})
def test_it_stops_the_start_of_a_strict_host(make_plugin, open_home):
    make_plugin("closed", CLOSED)
    with pytest.raises(SystemExit, match="plugins are out"):
        create_app(open_home())


def test_the_request_id_is_echoed_where_it_is_fit_to_log(stranger):
    for sent in ("abc-123", "a" * 64):
        answer = stranger.get("/vault/me", headers={"X-Request-Id": sent})
        assert answer.headers["X-Request-Id"] == answer.json["request_id"] == sent
    for sent in ("", "a" * 65, "a b", "<script>", "é"):
        headers = {"X-Request-Id": sent.encode("utf-8").decode("latin-1")}
        given = stranger.get("/vault/me", headers=headers).headers["X-Request-Id"]
        assert given.isalnum()
        assert given != sent


def test_a_request_leaves_the_thread_where_it_was(client_as, two_tenants):
    umbra = two_tenants[1]
    acme = client_as("admin", "acme")
    acme.get("/vault/me")
    assert context.tenant_or_none() is None
    assert context.actor_or_none() is None
    with context.acting(umbra):
        acme.get("/vault/notes/broken")
        assert context.tenant() == umbra
