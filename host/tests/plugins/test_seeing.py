"""``/vault/plugins`` shows what a plugin does, what it may and what it costs."""

import pytest

HEARS = """
from archivolt_hookspecs import hookimpl


class Plugin:
    @hookimpl
    def sign_in_refused(self, username):
        if username == "trouble":
            raise RuntimeError("a bug")
"""


@pytest.mark.plugins("core_identity", "core_permissions", "ears")
def test_hooks_grants_and_costs_are_shown(make_plugin, open_home, client_as, client):
    make_plugin("ears", HEARS, grants={"net": ["api.example.com"]})
    open_home()
    admin = client_as("admin")
    shown = admin.get("/vault/plugins/ears").json
    [hook] = shown["hooks"]
    assert (hook["name"], hook["verb"]) == ("sign_in_refused", "ask")
    assert hook["calls"] >= 1
    assert hook["seconds"] > 0
    assert shown["grants"] == {"net": ["api.example.com"]}
    assert shown["distribution"] == "archivolt-ears"
