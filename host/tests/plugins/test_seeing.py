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
    assert shown["provenance"]["origin"] == "index"


@pytest.mark.plugins("core_identity", "core_permissions", "ears")
def test_each_tenant_sees_its_own_calls_and_errors_alone(
    make_plugin, open_home, make_tenant, client_as
):
    def seen(slug):
        shown = client_as("admin", slug).get("/vault/plugins/ears").json
        return {hook["name"]: hook for hook in shown["hooks"]}["sign_in_refused"]

    make_plugin("ears", HEARS)
    open_home()
    slugs = "noisy", "quiet"
    for slug in slugs:
        make_tenant(slug)
    before = {slug: seen(slug)["calls"] for slug in slugs}
    with pytest.raises(RuntimeError, match="cannot sign in"):
        client_as("trouble", "noisy")
    noisy, quiet = seen("noisy"), seen("quiet")
    assert (noisy["errors"], quiet["errors"]) == (1, 0)
    assert noisy["calls"] == before["noisy"] + 2  # the trouble, and this sign-in
    assert quiet["calls"] == before["quiet"] + 1


def test_only_the_busiest_tenants_are_remembered(monkeypatch):
    from archivolt_host.plugins import timing

    monkeypatch.setattr(timing, "MOST_TENANTS", 2)
    monkeypatch.setattr(timing, "_tenants", type(timing._tenants)())
    for slug in ("one", "two", "one", "three"):
        timing._record_in(slug, "ears", "heard", 0.5, False)
    assert timing.spent_in("one", "ears")["heard"].seconds == 1
    assert timing.spent_in("two", "ears") == {}
