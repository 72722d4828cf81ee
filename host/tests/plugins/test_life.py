"""A plugin's life inside one host: what it may consist of, and what its faults cost."""

import random

import pytest

from archivolt_host.app import create_app
from archivolt_host.plugins import dispatch

ONLY_ROUTES = """
from archivolt_hookspecs import hookimpl
from archivolt_host.kit.api import Blueprint, public
from flask import Response

blueprint = Blueprint("routes", __name__)


@blueprint.route("/routes")
@public()
def routes():
    return Response("here")


class Plugin:
    @hookimpl
    def register_blueprints(self):
        return [blueprint]
"""
ONLY_HOOKS = """
from archivolt_hookspecs import hookimpl


class Plugin:
    @hookimpl
    def load_samples(self):
        return "{name} was heard"

    @hookimpl
    def sign_in_refused(self, username):
        return None
"""
NAMES = ("hooks", "early", "late", "needy")


@pytest.mark.plugins("core_identity", "routes")
def test_a_plugin_with_routes_alone_works(make_plugin, open_home, client_as):
    make_plugin("routes", ONLY_ROUTES)
    open_home()
    assert client_as("admin").get("/vault/routes").text == "here"


@pytest.mark.plugins("core_identity", "hooks")
def test_a_plugin_with_hooks_alone_works(make_plugin, open_home, client_as, in_tenant):
    make_plugin("hooks", ONLY_HOOKS.format(name="hooks"))
    host = open_home()
    assert client_as("admin").get("/vault/plugins/hooks").json["routes"] == []
    with in_tenant(host.catalog.get("acme")):
        assert "hooks was heard" in dispatch.collect("load_samples")


@pytest.fixture
def several(make_plugin):
    for name in NAMES:
        needs = ["hooks"] if name == "needy" else []
        make_plugin(name, ONLY_HOOKS.format(name=name), requires=needs)
    make_plugin("routes", ONLY_ROUTES)


CORE = ("core_documents", "core_search", "core_workflow", "core_mail")


@pytest.mark.parametrize(
    ("times", "more"), [(4, ()), pytest.param(50, CORE, marks=pytest.mark.slow)]
)
def test_the_order_in_the_manifest_makes_no_difference(
    several, open_home, make_tenant, in_tenant, times, more
):
    def seen(names):
        host = open_home(f"home-{len(homes)}", plugins=names)
        homes.append(host.home)
        with in_tenant(make_tenant("acme")):
            samples = dispatch.collect("load_samples")
        document = create_app(host).test_client().get("/vault/api/openapi.json").data
        return host.registry.names, samples, document

    homes, names = [], ["core_identity", "routes", *NAMES, *more]
    first = seen(names)
    shuffle = random.Random(19)
    for _ in range(times):
        shuffle.shuffle(names)
        assert seen(names) == first
    assert first[0].index("hooks") < first[0].index("needy")


@pytest.mark.plugins("core_identity", "broken", "needy", "routes")
@pytest.mark.parametrize(
    "code", ["raise OSError('no luck')", "import sys\nsys.exit('no luck')", "no luck"]
)
def test_a_plugin_that_raises_at_import_costs_itself(
    make_plugin, open_home, client_as, code
):
    make_plugin("broken", code)
    make_plugin("needy", requires=["broken"])
    make_plugin("routes", ONLY_ROUTES)
    open_home()
    admin = client_as("admin")
    listed = {p["name"]: p for p in admin.get("/vault/plugins").json["items"]}
    assert listed["broken"]["state"] == "out"
    assert listed["broken"]["reason"].startswith("It cannot be imported: ")
    assert listed["needy"]["reason"] == "It needs broken, which is out."
    assert admin.get("/vault/routes").text == "here"
    ready = admin.get("/vault/health/ready").json["plugins"]
    assert (ready["broken"], ready["routes"]) == ("out", "ok")
