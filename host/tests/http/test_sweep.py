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
    return [
        (f"{method} {rule.rule}", method, address(rule.rule))
        for rule in request.getfixturevalue("app").url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    ]


def address(rule):
    path = re.sub(r"<uuid:\w+>", "01a1fd65-f3fc-7ac7-beda-11eff13ef6a3", rule)
    path = re.sub(r"<int:\w+>", "1", path)
    return re.sub(r"<[^>]*>", "x", path)


def test_strangers_are_let_in_to_the_published_list_alone(every_route, client):
    open_to_all = set()
    for name, method, path in every_route:
        answer = client.open(path, method=method, headers={"Org": "acme"})
        if answer.status_code != 401:
            open_to_all.add(name)
    assert open_to_all == PUBLISHED


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
