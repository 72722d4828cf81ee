"""A broken plugin costs itself and what needs it; the host stays up and says why."""

import pytest

WORKING = dict.fromkeys(("core_identity", "core_permissions"), "ok")
PLAIN = "class Plugin: pass"
BROKEN = {
    "on import": ({"code": "raise OSError('no library')"}, "no library"),
    "by its syntax": ({"code": "class Plugin("}, "SyntaxError"),
    "without its class": ({"code": "x = 1"}, "has no attribute 'Plugin'"),
    "in its constructor": (
        {"code": "class Plugin:\n    def __init__(self): raise OSError('no licence')"},
        "no licence",
    ),
    "by a misspelt hook": (
        {
            "code": "from archivolt_hookspecs import hookimpl\n"
            "class Plugin:\n    @hookimpl\n    def register_blueprint(self): ..."
        },
        "no hook register_blueprint",
    ),
    "by an unknown argument": (
        {
            "code": "from archivolt_hookspecs import hookimpl\n"
            "class Plugin:\n    @hookimpl\n    def identify(self, password): ..."
        },
        "password",
    ),
    "by what it registers": (
        {
            "code": "from archivolt_hookspecs import hookimpl\n"
            "class Plugin:\n    @hookimpl\n"
            "    def register_permissions(self): return 1 / 0"
        },
        "register_permissions failed",
    ),
    "by its version": ({"host_api": ">=9"}, "host API >=9"),
    "without what it needs": ({"requires": ["nowhere"]}, "needs nowhere"),
    "by its blueprints": (
        {
            "code": "from archivolt_hookspecs import hookimpl\n"
            "from archivolt_host.kit.api import Blueprint\n"
            "class Plugin:\n    @hookimpl\n"
            "    def register_blueprints(self): return [Blueprint('users', __name__)]"
        },
        "a blueprint users already",
    ),
    "by its migrations": ({"files": {"migrations/0001.py": "?"}}, "migrations"),
}


@pytest.fixture(params=list(BROKEN.values()), ids=list(BROKEN))
def reason(request, make_plugin):
    declared, reason = request.param
    make_plugin("broken", **{"code": PLAIN, **declared})
    make_plugin("leaf", PLAIN, requires=["broken"])
    return reason


@pytest.mark.plugins("core_identity", "broken", "leaf")
def test_a_plugin_is_out_when_it_fails(reason, host, client_as):
    admin = client_as("admin")
    assert reason in host.registry.out["broken"]
    assert "broken" in host.registry.out["leaf"]
    shown = {p["name"]: p for p in admin.get("/vault/plugins").json["items"]}
    assert (shown["broken"]["state"], shown["leaf"]["state"]) == ("out", "out")
    assert reason in shown["broken"]["reason"]
    assert shown["core_identity"]["state"] == "on"
    health = admin.get("/vault/health/ready").json["plugins"]
    assert health == {**WORKING, "broken": "out", "leaf": "out"}


@pytest.mark.plugins("core_identity", "broken")
@pytest.mark.parametrize(
    "toml", ["[plugin\n", '[plugin]\nid = "broken"\nnmae = "x"'], ids=["text", "key"]
)
def test_a_plugin_that_cannot_be_read_is_out_and_may_have_guarded_anything(
    make_plugin, open_home, make_tenant, toml, request
):
    open_home(plugins=["core_identity"])
    make_tenant("acme")
    make_plugin("broken", PLAIN, toml=toml)
    host = open_home()
    client = request.getfixturevalue("client")
    assert "plugin.toml" in host.registry.out["broken"]
    health = client.get("/vault/health/ready").json["plugins"]
    assert health == {**WORKING, "broken": "out"}
    token = {"Org": "acme", "Authorization": "JWT x"}
    answer = client.get("/vault/me", headers=token)
    assert (answer.status_code, answer.json["code"]) == (503, "guard_down")
    assert "plugin broken" in answer.json["detail"]


@pytest.mark.plugins("core_identity", "broken")
@pytest.mark.settings(broken={"limit": "many"})
def test_a_setting_of_the_wrong_type_puts_its_plugin_out(make_plugin, open_home):
    make_plugin("broken", PLAIN, settings={"limit": {"type": "integer"}})
    assert "limit must be a whole number" in open_home().registry.out["broken"]


@pytest.mark.plugins("core_identity", "broken")
@pytest.mark.settings(host={"strict": True})
def test_strict_makes_it_fatal(make_plugin, open_home):
    make_plugin("broken", "raise OSError")
    with pytest.raises(SystemExit, match="strict"):
        open_home()


@pytest.mark.plugins("core_identity", "broken")
def test_an_unknown_plugin_is_out_and_named(open_home):
    assert "broken" in open_home().registry.out
