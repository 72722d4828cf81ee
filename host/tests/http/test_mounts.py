"""Extra mounts: the same views at a second address, declared and switched."""

import pytest

from archivolt_host.app import create_app

pytestmark = [
    pytest.mark.plugins("core_identity", "mounted"),
    pytest.mark.usefixtures("mounted"),
]
TAGGED = {"If-Match": '"thing-3"'}
MOUNTS = ("/api/v1", "/api/old")
HOSTS = {"/", "/metrics", "/llms.txt", "/docs/<path:name>"}
OUTSIDE = {*HOSTS, "/api/schema", "/api/docs", "/api/redoc"}


def outside(app):
    """Return the routes that are not below /vault."""
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    return {rule for rule in rules if not rule.startswith("/vault/")}


def declared(app):
    """Return what the blueprints declare to be mounted outside /vault."""
    blueprints = {id(b): b for b in app.blueprints.values()}.values()
    return {m for b in blueprints for m in getattr(b, "extra_mounts", ())}


def test_the_same_view_answers_at_every_mount(app):
    views = {
        id(app.view_functions[rule.endpoint].view_class)
        for rule in app.url_map.iter_rules()
        if rule.rule.endswith("/thing") and "inner" not in rule.rule
    }
    assert len(views) == 1


def test_what_is_declared_and_nothing_else_is_outside_vault(app):
    own = outside(app) - OUTSIDE
    assert {rule for rule in own if not rule.startswith(tuple(declared(app)))} == set()
    assert {f"{mount}/who" for mount in MOUNTS} <= own
    assert outside(app) >= OUTSIDE


@pytest.mark.settings(host={"extra_mounts": False})
def test_an_operator_switches_all_of_them_off(app, client, tenant):
    assert outside(app) == HOSTS
    for path in ("/api/v1/who", "/api/schema", "/api/docs/", "/api/redoc/"):
        assert client.get(path, headers={"Org": tenant.slug}).status_code == 404
    assert client.get("/vault/who", headers={"Org": "acme"}).text == "acme"


def test_if_match_is_required_below_vault_alone(client_as):
    admin, sent = client_as("admin"), {"words": "new"}
    for path, status in (("/vault/thing", 428), ("/api/v1/thing", 200)):
        assert admin.put(path, json=sent).status_code == status
        assert admin.put(path, json=sent, headers=TAGGED).status_code == 200
        old = {"If-Match": '"thing-2"'}
        assert admin.put(path, json=sent, headers=old).status_code == 412


def test_sign_in_is_needed_at_every_mount(client, tenant):
    for path in ("/vault/thing", "/api/v1/thing", "/api/old/thing"):
        assert client.get(path, headers={"Org": tenant.slug}).status_code == 401


def test_a_signed_in_user_is_known_by_the_host_name(client_as):
    admin = client_as("admin")
    del admin.environ_base["HTTP_ORG"]
    answer = admin.get("/api/v1/thing", headers={"Host": "acme.localhost"})
    assert answer.json == {"words": "as it is"}
    other = client_as("admin", "umbra")
    assert other.get("/api/v1/thing", headers={"Org": "acme"}).status_code == 401


def test_off_is_off_at_every_mount(client_as):
    admin = client_as("admin")
    paths = ("/vault/thing", "/api/v1/thing", "/api/old/thing")
    assert [admin.get(path).status_code for path in paths] == [200] * 3
    admin.put("/vault/plugins/mounted", json={"enabled": False})
    assert [admin.get(path).status_code for path in paths] == [404] * 3
    listed = admin.get("/api/schema/").json["paths"]
    assert not [path for path in listed if path.endswith("/thing")]


def test_the_document_lists_each_mount_with_its_own_path(client):
    paths = client.get("/vault/api/openapi.json").json["paths"]
    assert {"/vault/thing", "/api/v1/thing", "/api/old/thing"} <= paths.keys()
    org = {p: _org(paths[p]["get"]) for p in ("/vault/thing", "/api/v1/thing")}
    assert org == {"/vault/thing": True, "/api/v1/thing": False}


def _org(operation):
    [found] = [p for p in operation["parameters"] if p["name"] == "Org"]
    return found["required"]


def test_the_plugins_page_lists_every_mount(client_as):
    listed = client_as("admin").get("/vault/plugins/mounted").json["routes"]
    assert {"/vault/thing", "/api/v1/thing", "/api/old/thing"} <= set(listed)


@pytest.mark.parametrize("prefix", ["/vault", "/vault/more", "api", "/", "/API"])
def test_a_mount_that_is_none_costs_the_plugin(open_home, make_plugin, prefix):
    code = "from archivolt_host.kit.api import Blueprint\n"
    code += f"Blueprint('odd', __name__, extra_mounts=('{prefix}',))\n"
    make_plugin("odd", f"{code}class Plugin: ...")
    host = open_home(plugins=["core_identity", "odd"])
    assert "cannot be an extra mount" in host.registry.out["odd"]


def test_two_plugins_with_one_blueprint_name_cost_the_second(open_home, make_plugin):
    code = """
    from archivolt_hookspecs import hookimpl
    from archivolt_host.kit.api import Blueprint

    class Plugin:
        @hookimpl
        def register_blueprints(self):
            return [Blueprint("same", __name__)]
    """
    for name in ("one", "two"):
        make_plugin(name, code)
    host = open_home(plugins=["core_identity", "one", "two"])
    create_app(host)
    assert list(host.registry.out) == ["two"]


CLAIM = """
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.registration import Action, Permission
from archivolt_host.kit.api import Blueprint, ModelAPIView, signed_in

blueprint = Blueprint(__name__.replace(".", "-"), __name__)


@blueprint.route("{path}")
class Same(ModelAPIView):
    @signed_in()
    @blueprint.response(200)
    def get(self, **_):
        "Say who answers."
        return {{"who": __name__}}


class Plugin:
    @hookimpl
    def register_blueprints(self):
        return [blueprint]

    @hookimpl
    def register_permissions(self):
        return [Permission("{permission}", "To read.", ("owner",))]

    @hookimpl
    def register_actions(self):
        return [Action("{action}", lambda: None, ())]
"""


@pytest.mark.parametrize(
    ("same", "said"),
    [
        ({"path": "/here/<uuid:b>"}, "GET /vault/here/<uuid:b> belongs to one already"),
        ({"permission": "one.read"}, "The permission one.read belongs to one already"),
        ({"action": "one.do"}, "The action one.do belongs to one already"),
        ({}, None),
    ],
)
def test_what_another_plugin_holds_costs_the_second(open_home, make_plugin, same, said):
    first = {"path": "/here/<uuid:a>", "permission": "one.read", "action": "one.do"}
    own = {"path": "/there", "permission": "two.read", "action": "two.do"}
    make_plugin("one", CLAIM.format(**first))
    make_plugin("two", CLAIM.format(**own | same))
    host = open_home(plugins=["core_identity", "one", "two"])
    create_app(host)
    assert [*host.registry.out] == (["two"] if said else [])
    assert said is None or said in host.registry.out["two"]


def test_a_route_of_the_host_is_nobody_elses(open_home, make_plugin):
    own = {"path": "/plugins", "permission": "one.read", "action": "one.do"}
    make_plugin("one", CLAIM.format(**own))
    host = open_home(plugins=["core_identity", "one"])
    create_app(host)
    assert "GET /vault/plugins belongs to host already" in host.registry.out["one"]
