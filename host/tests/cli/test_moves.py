"""``archivolt manifest export`` and ``import``."""

import json
import os
import tomllib

import pytest
from sqlalchemy import text

from archivolt_host.cli import opening
from archivolt_host.plugins import overrides
from archivolt_host.plugins.discovery import discover, infos
from archivolt_host.plugins.manifest import ManifestError, parse_manifest
from archivolt_host.plugins.manifest.importing import import_json
from archivolt_host.tenants import sessions

SWITCHED = {"core_search": {"enabled": False}}
SET = {"core_documents": {"settings.max_upload": "50MiB"}}


@pytest.fixture
def at_run_time(cli):
    """Change something at run time, as PUT /vault/plugins/<name> does."""

    def change(found, tenant="demo"):
        with cli.open():
            for plugin, values in found.items():
                overrides.write(tenant, plugin, values, "grace")

    return change


@pytest.fixture
def in_catalog(cli):
    """Read rows of the catalog."""

    def read(statement):
        with cli.open(), sessions.catalog() as session:
            return [tuple(row) for row in session.execute(text(statement))]

    return read


def test_without_overrides_there_is_nothing_to_export(cli):
    assert cli.ok("manifest", "export") == "There is nothing to export.\n"


def test_it_prints_what_would_change_and_changes_nothing(cli, at_run_time, in_catalog):
    at_run_time(SWITCHED | SET)
    before = cli.manifest.read_text()
    said = cli.ok("manifest", "export")
    added = {line[1:] for line in said.splitlines() if line.startswith("+")}
    assert {
        "[tenants.demo]",
        'disabled = ["core_search"]',
        "[tenants.demo.settings.core_documents]",
        'max_upload = "50MiB"',
    } <= added
    assert not [line for line in said.splitlines() if line.startswith("-[")]
    assert cli.manifest.read_text() == before
    assert len(in_catalog("SELECT * FROM override")) == 2


def test_what_is_saved_means_the_same_and_counts_once(cli, at_run_time, in_catalog):
    at_run_time(SWITCHED | SET)
    before = cli.ok("plugins", "-t", "demo")
    assert cli.ok("manifest", "export", "--write").startswith("2 overrides are in ")
    assert cli.ok("plugins", "-t", "demo") == before
    assert "50MiB" in cli.ok("manifest", "show", "--tenant", "demo")
    found = tomllib.loads(cli.manifest.read_text())
    assert found["tenants"]["demo"]["disabled"] == ["core_search"]
    for comment in ("# Ours, and dear to us.", "# a test can be repeated", "# for all"):
        assert comment in cli.manifest.read_text()
    assert in_catalog("SELECT * FROM override") == []
    assert cli.ok("manifest", "export") == "There is nothing to export.\n"


def test_taking_an_override_back_is_logged(cli, at_run_time, in_catalog):
    at_run_time(SWITCHED)
    [(before,)] = in_catalog("SELECT number FROM epoch")
    cli.ok("manifest", "export", "--write")
    log = 'SELECT actor, tenant, plugin, "key" FROM override_log ORDER BY id'
    assert in_catalog(log) == [
        ("grace", "demo", "core_search", "enabled"),
        ("archivolt manifest export", "demo", "core_search", "enabled"),
    ]
    assert in_catalog("SELECT number FROM epoch") > [(before,)]


def test_switching_back_takes_a_plugin_off_the_list_again(cli, at_run_time):
    at_run_time(SWITCHED)
    cli.ok("manifest", "export", "--write")
    at_run_time({"core_search": {"enabled": True}})
    cli.ok("manifest", "export", "--write")
    assert tomllib.loads(cli.manifest.read_text())["tenants"]["demo"] == {
        "disabled": []
    }


def test_a_plugin_beyond_the_defaults_is_listed_as_enabled(cli, at_run_time):
    text = cli.manifest.read_text()
    cli.manifest.write_text(text.replace(', "core_search"]', "]"))
    at_run_time({"core_search": {"enabled": True}})
    cli.ok("manifest", "export", "--write")
    found = tomllib.loads(cli.manifest.read_text())
    assert found["tenants"]["demo"] == {"enabled": ["core_search"]}


def test_what_has_no_place_in_the_manifest_stays_and_is_told(
    cli, at_run_time, in_catalog, make_plugin
):
    key = {"key": {"type": "string", "secret": True, "scope": "tenant"}}
    make_plugin("vaulted", settings=key)
    cli.ok("plugins", "add", "vaulted")
    at_run_time({"vaulted": {"settings.key": "hunter2"}})
    at_run_time({"gone": {"enabled": True}})
    at_run_time({"core_documents": {"settings.old": 1}})
    done = cli("manifest", "export", "--write")
    assert done.exit_code == 0
    assert "hunter2" not in done.output
    assert "for it is a secret" in done.stderr
    assert "for the manifest does not load gone" in done.stderr
    assert "has no setting old any more" in done.stderr
    assert len(in_catalog("SELECT * FROM override")) == 3


def test_a_reference_that_a_tenant_once_set_does_not_become_the_operators(
    cli, at_run_time, make_plugin
):
    key = {"key": {"type": "string", "secret": True, "scope": "tenant"}}
    make_plugin("vaulted", settings=key)
    cli.ok("plugins", "add", "vaulted")
    at_run_time({"vaulted": {"settings.key": {"secret": "env:KEY"}}})
    assert "for it is a secret" in cli("manifest", "export", "--write").stderr
    assert "env:KEY" not in cli.manifest.read_text()


def test_a_file_that_would_hide_it_is_named(cli, at_run_time, in_catalog):
    at_run_time(SWITCHED)
    local = cli.manifest.with_suffix(".local.toml")
    local.write_text("[tenants.demo]\ndisabled = []\n")
    before = cli.manifest.read_text()
    said = cli.refused("manifest", "export", "--write")
    assert said.startswith(f"{local} says otherwise for demo")
    assert cli.manifest.read_text() == before
    assert len(in_catalog("SELECT * FROM override")) == 1


def test_it_is_not_saved_under_a_running_archivolt(cli, at_run_time):
    from archivolt_host.tenants.home import Home

    at_run_time(SWITCHED)
    with Home(cli.home).lock():
        said = cli.refused("manifest", "export", "--write")
        assert said.startswith(f"Archivolt runs here (process {os.getpid()})")
        assert "+[tenants.demo]" in cli.ok("manifest", "export")


def test_an_override_changed_meanwhile_stays(cli, at_run_time, in_catalog):
    at_run_time(SET)
    with cli.open():
        read = overrides.changes()
    at_run_time({"core_documents": {"settings.max_upload": "1MiB"}})
    with cli.open():
        overrides.clear(read, "test")
    assert len(in_catalog("SELECT * FROM override")) == 1


LEGACY = {
    "plugins": {
        "Core_Identity": {"AccessLifetime": "5m"},
        "CORE_DOCUMENTS": {},
        "core-search": {},
    },
    "TENANTS": {
        "Acme": {
            "Disabled": ["CORE_SEARCH"],
            "Settings": {"Core_Documents": {"Max_Upload": "50MiB"}},
        },
        "beta": {"ENABLED": []},
    },
    "Host": {"Workers": 2, "Domain": "vault.example.org"},
}
AS_TOML = """
[host]
workers = 2
domain = "vault.example.org"
[plugins.core_identity]
access_lifetime = "5m"
[plugins.core_documents]
[plugins.core_search]
[defaults]
enabled = ["core_identity", "core_documents", "core_search"]
[tenants.acme]
disabled = ["core_search"]
[tenants.acme.settings.core_documents]
max_upload = "50MiB"
[tenants.beta]
enabled = []
"""


def same(one, other):
    names = ("host", "plugins", "defaults", "tenants")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def test_imported_settings_equal_the_same_written_in_toml(deployment):
    file = deployment.folder / "VaultSettings.json"
    file.write_text(json.dumps(LEGACY))
    said = deployment.ok("manifest", "import", str(file))
    assert same(parse_manifest(said), parse_manifest(AS_TOML))
    deployment.manifest.write_text(said)
    assert deployment.ok("manifest", "check").endswith("is right.\n")


def test_a_list_of_plugins_is_enough():
    toml = import_json('{"Plugins": ["core_identity"]}', "x", infos(discover()))
    plain = '[plugins.core_identity]\n[defaults]\nenabled = ["core_identity"]\n'
    assert same(parse_manifest(toml), parse_manifest(plain))


@pytest.mark.parametrize(
    ("given", "place", "said"),
    [
        ({"Plugin": []}, "$.Plugin", "Did you mean plugins?"),
        ({"Plugins": ["core_identiti"]}, "$.Plugins[0]", "unknown plugin"),
        ({"Plugins": {"nope": {}}}, "$.Plugins.nope", "unknown plugin 'nope'"),
        ({"Plugins": 3}, "$.Plugins", "must be a list"),
        ({"Plugins": [3]}, "$.Plugins[0]", "must be the name of a plugin"),
        ({"Plugins": {"core_identity": 1}}, "$.Plugins.core_identity", "object"),
        (
            {"Plugins": {"core_identity": {"Acces": 1}}},
            "$.Plugins.core_identity.Acces",
            "no setting 'Acces'",
        ),
        (
            {"Plugins": {"core_identity": {"AccessLifetime": "soon"}}},
            "$.Plugins.core_identity.AccessLifetime",
            "must be a duration",
        ),
        (
            {"Plugins": {"core_identity": {"AccessLifetime": None}}},
            "$.Plugins.core_identity.AccessLifetime",
            "leave it out",
        ),
        ({"Host": {"Worker": 1}}, "$.Host.Worker", "Did you mean workers?"),
        ({"Host": {"Workers": "x"}}, "$.Host.Workers", "must be a whole number"),
        ({"Tenants": {"a": {"Plugins": 1}}}, "$.Tenants.a.Plugins", "unknown key"),
        (
            {"Tenants": {"acme": {"Disabled": ["x"]}}},
            "$.Tenants.acme.Disabled[0]",
            "unknown plugin 'x'",
        ),
        (
            {"Plugins": ["core_identity"], "Tenants": {"a": {"Settings": {"x": {}}}}},
            "$.Tenants.a.Settings.x",
            "unknown plugin 'x'",
        ),
        ({"Host": {"Workers": 1, "workers": 2}}, "$.Host.workers", "given twice"),
        ([], "$", "must be an object"),
    ],
)
def test_what_is_unknown_is_an_error_with_its_json_path(given, place, said):
    with pytest.raises(ManifestError) as caught:
        import_json(json.dumps(given), "old.json", infos(discover()))
    found = [p for p in caught.value.problems if p.where == f"old.json:{place}"]
    assert any(said in problem.message for problem in found), caught.value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n"Plugins": [,]}', "old.json:2: this is not JSON"),
        (None, "old.json cannot be read: No such file or directory."),
    ],
)
def test_a_file_that_cannot_be_read(deployment, text, said):
    file = deployment.folder / "old.json"
    if text is not None:
        file.write_text(text)
    assert said in deployment.refused("manifest", "import", str(file))


def test_every_problem_is_told_at_once(deployment):
    file = deployment.folder / "old.json"
    file.write_text('{"Plugins": ["x", "y"], "Host": {"z": 1}}')
    done = deployment("manifest", "import", str(file))
    assert [word in done.stderr for word in ("'x'", "'y'", "'z'")] == [True] * 3


def test_opening_reads_the_manifest_once(cli):
    with cli.open() as host:
        assert opening.manifest() is host.manifest
