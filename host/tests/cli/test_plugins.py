"""``archivolt plugins``: shown, added and removed."""

import re
import shutil
import sqlite3
import time
import tomllib

import pytest

from archivolt_host import forks
from archivolt_host.plugins import accounts, timing

ALONE = """
[plugins.core_identity]  # who is who

[defaults]
enabled = ["core_identity"]

[tenants.demo]
enabled = ["core_identity"]
"""


def state(output, name):
    """Return the state and the reason that the table gives."""
    [line] = [line for line in output.splitlines() if f" {name} " in line]
    return re.split(r"\s{2,}", line.strip())[2:]


@pytest.fixture
def lonely(cli):
    cli.manifest.write_text(ALONE)
    return cli


def test_what_is_loaded_installed_and_out_is_shown(lonely, make_plugin):
    make_plugin("broken", "raise OSError('no luck')")
    lonely.ok("plugins", "add", "broken")
    shown = lonely.ok("plugins")
    assert state(shown, "core_identity") == ["loaded"]
    assert state(shown, "core_search")[0] == "installed"
    assert state(shown, "core_search")[1] == "archivolt plugins add core_search"
    assert state(shown, "broken")[0] == "out"
    assert "no luck" in state(shown, "broken")[1]


def test_a_tenants_own_view_is_shown(cli):
    cli.manifest.write_text(
        cli.manifest.read_text() + '[tenants.demo]\ndisabled = ["core_search"]\n'
    )
    assert state(cli.ok("plugins"), "core_search") == ["loaded"]
    assert state(cli.ok("plugins", "-t", "demo"), "core_search") == ["off"]
    assert cli.refused("plugins", "-t", "nobody").startswith("There is no active")


def test_a_plugin_that_could_not_be_migrated_names_its_tenants(lonely):
    lonely.ok("tenants", "create", "acme")
    with sqlite3.connect(lonely.home / "catalog.db") as catalog:
        row = ("acme", "core_identity", "Its tables could not be migrated here.")
        catalog.execute("INSERT INTO plugin_out VALUES (?, ?, ?)", row)
    catalog.close()
    assert state(lonely.ok("plugins"), "core_identity") == [
        "loaded",
        "Out in acme: archivolt plugins -t acme",
    ]


def test_a_plugin_is_added_and_removed_and_comments_stay(lonely):
    said = lonely.ok("plugins", "add", "core_documents")
    assert said.endswith("Restart Archivolt to load it.\n")
    text = lonely.manifest.read_text()
    assert "# who is who" in text
    found = tomllib.loads(text)
    assert found["plugins"] == {"core_identity": {}, "core_documents": {}}
    assert found["defaults"]["enabled"] == ["core_identity", "core_documents"]
    assert lonely.ok("manifest", "check").endswith("is right.\n")
    lonely.ok("plugins", "remove", "core_documents")
    assert tomllib.loads(lonely.manifest.read_text()) == tomllib.loads(ALONE)


def test_a_removed_plugin_leaves_the_lists_of_tenants_too(lonely):
    lonely.ok("plugins", "add", "core_documents")
    text = lonely.manifest.read_text()
    text = text.replace(
        "[tenants.demo]\n", '[tenants.demo]\ndisabled = ["core_documents"]\n'
    )
    lonely.manifest.write_text(text)
    lonely.ok("plugins", "remove", "core_documents")
    assert lonely.ok("manifest", "check").endswith("is right.\n")


def test_a_setting_that_an_added_plugin_needs_is_told(lonely, make_plugin):
    needed = {"address": {"type": "url", "required": True}}
    make_plugin("mirror", settings=needed)
    done = lonely("plugins", "add", "mirror")
    assert done.exit_code == 0
    assert "mirror needs a value for address: set it here." in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("add core_identity", "names core_identity already."),
        ("add core_search", "core_search needs core_documents: archivolt plugins add"),
        ("add core_docs", "core_docs is not installed: install its package here with"),
        ("add core_docs", "Did you mean core_documents?"),
        ("add odd", "odd cannot be used: "),
        ("remove core_search", "does not name core_search."),
        ("remove core_identiti", "Did you mean core_identity?"),
        ("ad x", "No such command 'ad'. Did you mean 'add'?"),
        ("add", "Missing argument 'NAME'."),
    ],
)
def test_a_wrong_use_is_one_sentence(lonely, make_plugin, words, said):
    make_plugin("odd", toml="[plugin]\nid = 'odd'\n")
    before = lonely.manifest.read_text()
    assert said in lonely.refused("plugins", *words.split())
    assert lonely.manifest.read_text() == before


def test_a_plugin_that_others_need_stays(cli):
    said = cli.refused("plugins", "remove", "core_documents")
    assert said == "core_search need core_documents: remove them first."


def test_without_a_manifest_none_is_made_up(deployment):
    deployment.manifest.unlink()
    said = deployment.refused("plugins", "add", "core_search")
    assert "there is no such file" in said
    assert not deployment.manifest.exists()


def test_a_manifest_of_several_files_is_changed_in_the_first(lonely):
    over = lonely.folder / "over.toml"
    over.write_text("[host]\nworkers = 2\n")
    both = f"{lonely.manifest}:{over}"
    lonely.ok("plugins", "add", "core_documents", ARCHIVOLT_MANIFEST=both)
    assert "core_documents" in lonely.manifest.read_text()
    assert over.read_text() == "[host]\nworkers = 2\n"


def test_one_plugin_is_shown_with_all_that_is_known_of_it(cli):
    said = " ".join(cli.ok("plugins", "show", "core_documents").split())
    assert "state loaded" in said
    assert "package archivolt-core-documents" in said
    assert "came from file:///" in said
    assert "fingerprint" in said
    assert "/vault/documents/<uuid:id>" in said
    assert "user_removal_refused ask - - -" in said


def test_accounts_that_nobody_reads_any_more_are_left_out(monkeypatch, tmp_path):
    accounts.write_no_more()
    monkeypatch.setattr(accounts, "WRITTEN_AFTER", 0.01)
    with monkeypatch.context() as meanwhile, forks.undivided():  # it waits for us
        meanwhile.setenv(accounts.FOLDER, str(tmp_path))
        accounts.write_soon(dict)
        writer = accounts._timer
    writer.join()  # an error in there would fail this test
    assert not list(tmp_path.iterdir())


def test_what_a_plugin_cost_each_tenant_is_shown(cli, monkeypatch):
    folder = cli.home / "run" / "metrics"
    folder.mkdir(parents=True)
    monkeypatch.setenv(accounts.FOLDER, str(folder))
    monkeypatch.setattr(timing, "_tenants", type(timing._tenants)())
    monkeypatch.setattr(accounts, "WRITTEN_AFTER", 0.01)
    for slug, failed in (("demo", True), ("demo", False), ("other", False)):
        timing._record_in(slug, "core_documents", "stored_files", 2.0, failed)
    whole = {"demo": [2, 4.0, 1], "other": [1, 2.0, 0]}

    def written():
        found = accounts.read(folder, "core_documents")
        return {slug: figures for slug, _, figures in found}

    until = time.monotonic() + 60
    while written() != whole:
        assert time.monotonic() < until
        time.sleep(0.01)
    shutil.copy(next(folder.iterdir()), folder / "tenants_0.json")  # a second process
    said = " ".join(cli.ok("plugins", "show", "core_documents").split())
    assert "demo stored_files 4 8.000 2 other stored_files 2 4.000 0" in said
    said = " ".join(cli.ok("plugins", "show", "core_documents", "-t", "demo").split())
    assert "stored_files collect 4 8.000 2" in said
    assert "other" not in said
    nobody = cli.refused("plugins", "show", "core_documents", "-t", "nobody")
    assert nobody.startswith("There is no active")


def test_an_unknown_plugin_is_not_shown(cli):
    assert "core_document is not installed" in cli.refused(
        "plugins", "show", "core_document"
    )
