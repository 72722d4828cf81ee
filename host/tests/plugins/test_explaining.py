import pytest

from archivolt_host.plugins.manifest import (
    Effective,
    effective,
    effective_host,
    enabled_plugins,
    missing_settings,
    parse_manifest,
)
from archivolt_host.plugins.settings import Setting

TEXT = """\
[plugins.documents]
max_upload = "2GiB"
memory = "1GiB"
[plugins.search]
[plugins.identity]
[plugins.clock]
[defaults]
enabled = ["identity", "documents", "unnamed"]
[tenants.acme]
enabled = ["search"]
disabled = ["documents"]
[tenants.acme.settings.documents]
max_upload = "50MiB"
memory = "9GiB"
"""


@pytest.fixture
def documents(info):
    settings = [
        Setting.declare("max_upload", "size", "4GiB", scope="tenant"),
        Setting.declare("memory", "size", "512MiB"),
        Setting.declare("days", "integer", 30, scope="tenant"),
    ]
    return info("documents", settings={one.name: one for one in settings})


def test_a_value_comes_from_the_last_layer_that_has_it(documents) -> None:
    manifest = parse_manifest(TEXT)
    line = "manifest.toml:{}".format
    host = effective(documents, manifest)
    assert host["days"] == Effective(30, "default", "plugin.toml")
    assert host["max_upload"] == Effective(2 * 2**30, "host", line(2))
    acme = effective(documents, manifest, "acme")
    assert acme["max_upload"] == Effective(50 * 2**20, "tenant", line(13))
    over = effective(documents, manifest, "acme", {"max_upload": "1MiB", "gone": 1})
    assert over["max_upload"] == Effective(2**20, "override", "run-time override")
    assert "gone" not in over


def test_a_tenant_cannot_set_what_is_for_all_tenants(documents) -> None:
    acme = effective(documents, parse_manifest(TEXT), "acme")
    assert acme["memory"] == Effective(2**30, "host", "manifest.toml:3")


def test_an_override_that_does_not_fit_any_more_is_passed_over(documents) -> None:
    manifest = parse_manifest("[plugins.documents]\ndays = 7\n")
    found = effective(documents, manifest, "acme", {"days": "many"})["days"]
    assert (found.value, found.origin) == (7, "host")


def test_a_tenant_has_the_defaults_and_its_own_without_the_disabled() -> None:
    manifest = parse_manifest(TEXT)
    assert enabled_plugins(manifest, None) == {"identity", "documents"}
    assert enabled_plugins(manifest, "other") == {"identity", "documents"}
    assert enabled_plugins(manifest, "acme") == {"identity", "search"}


def test_overrides_have_the_last_word_on_what_is_on() -> None:
    manifest = parse_manifest(TEXT)
    over = {"documents": True, "search": False, "unnamed": True}
    assert enabled_plugins(manifest, "acme", over) == {"identity", "documents"}


def test_required_and_system_plugins_are_always_on(info) -> None:
    infos = {
        "identity": info("identity", required=True),
        "clock": info("clock", scope="system"),
        "unnamed": info("unnamed", required=True),
    }
    over = {"identity": False, "clock": False}
    on = enabled_plugins(parse_manifest(TEXT), "acme", over, infos=infos)
    assert on == {"identity", "clock", "search"}


def test_host_settings_say_where_they_were_written() -> None:
    host = effective_host(parse_manifest("[host]\n\nworkers = 3\n"))
    assert host["workers"] == Effective(3, "host", "manifest.toml:3")
    assert host["strict"] == Effective(False, "default", "built in")


def test_a_required_setting_is_missing_until_some_layer_gives_it(info) -> None:
    site = Setting("site", "url", required=True, scope="tenant")
    plugin, manifest = info("share", settings={"site": site}), parse_manifest("")
    assert missing_settings(plugin, manifest, "acme") == ("site",)
    over = {"site": "https://example.org"}
    assert missing_settings(plugin, manifest, "acme", over) == ()
