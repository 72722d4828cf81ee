"""Every route of every plugin wants a sign-in, but for a short list."""

import re
from pathlib import Path

import pytest

from archivolt_host.plugins.manifest import read_manifest

MANIFEST = Path(__file__).parents[3] / "manifest.toml"
PUBLISHED = {
    "GET /",
    "GET /api/docs",
    "GET /api/redoc",
    "GET /api/schema",
    "GET /metrics",
    "GET /vault/api/openapi.json",
    "GET /vault/api/redoc",
    "GET /vault/api/redoc/<path:name>",
    "GET /vault/api/swagger",
    "GET /vault/api/swagger/<path:name>",
    "GET /vault/health/live",
    "GET /vault/health/ready",
    *(
        f"POST {prefix}/{what}"
        for prefix in ("/vault/auth/jwt", "/api/auth/jwt")
        for what in ("refresh", "token", "token/refresh")
    ),
    "POST /vault/auth/password/confirm",
    "POST /vault/auth/password/reset",
    "POST /vault/auth/refresh",
    "POST /vault/auth/session",
    "POST /vault/auth/token",
    "POST /vault/invitations/accept",
    "POST /vault/platform/impersonations",
}


@pytest.fixture
def every_route(open_home, make_tenant, request):
    open_home(plugins=list(read_manifest(MANIFEST).plugins))
    make_tenant("acme")
    return routes_of(request.getfixturevalue("app"))


def routes_of(app):
    return [
        (f"{method} {rule.rule}", method, address(rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    ]


def open_to(client, routes):
    """Name the routes that answer a stranger."""
    answers = {
        name: client.open(path, method=method, headers={"Org": "acme"})
        for name, method, path in routes
    }
    return {name for name, answer in answers.items() if answer.status_code != 401}


LEAK = """
from archivolt_hookspecs import hookimpl
from archivolt_host.kit.api import Blueprint
from archivolt_host.kit.access import public, requires

blueprint = Blueprint("leak", __name__)


@blueprint.route("/leaks")
{guard}
def leak():
    return "everything"


class Plugin:
    @hookimpl
    def register_blueprints(self):
        return [blueprint]
"""


def leaking(make_plugin, open_home, make_tenant, guard):
    make_plugin("leak", LEAK.format(guard=guard))
    host = open_home(plugins=["core_identity", "leak"])
    make_tenant("acme")
    return host


def test_a_route_that_is_open_by_mistake_is_named(
    make_plugin, open_home, make_tenant, request
):
    leaking(make_plugin, open_home, make_tenant, "@public()")
    app = request.getfixturevalue("app")
    found = open_to(app.test_client(), routes_of(app)) - PUBLISHED
    assert found == {"GET /vault/leaks"}


def test_a_route_that_nobody_guards_puts_its_plugin_out(
    make_plugin, open_home, make_tenant, request
):
    host = leaking(make_plugin, open_home, make_tenant, "")
    app = request.getfixturevalue("app")
    assert "/leaks" in host.registry.out["leak"]
    assert open_to(app.test_client(), routes_of(app)) <= PUBLISHED


def address(rule):
    path = re.sub(r"<uuid:\w+>", "01a1fd65-f3fc-7ac7-beda-11eff13ef6a3", rule)
    path = re.sub(r"<int:\w+>", "1", path)
    return re.sub(r"<[^>]*>", "x", path)


def test_strangers_are_let_in_to_the_published_list_alone(every_route, client):
    assert open_to(client, every_route) == PUBLISHED


def test_garbage_for_a_token_lets_nobody_in(every_route, client):
    headers = {"Org": "acme", "Authorization": "JWT garbage"}
    for name, method, path in every_route:
        if name not in PUBLISHED:
            answer = client.open(path, method=method, headers=headers)
            assert answer.status_code == 401, name


def test_every_route_declares_who_may_use_it(every_route, app):
    closed = {
        f"{method} {endpoint}"
        for (endpoint, method), access in app.access.items()
        if method not in ("OPTIONS", "HEAD")
        and not access.public
        and access.permission is None
    }
    assert closed == set()


def test_only_what_needs_no_tenant_is_answered_without_one(every_route, client):
    without = {
        name
        for name, method, path in every_route
        if client.open(path, method=method).status_code not in (400, 401)
    }
    assert without == {n for n in PUBLISHED if not n.startswith("POST ")}
