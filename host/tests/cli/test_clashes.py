"""``archivolt plugins`` where two plugins want the same."""

import sqlite3

import pytest


@pytest.fixture
def rude(cli, make_plugin):
    """An installed plugin that calls the tables of documents its own."""
    make_plugin("rude", tables="documents_")
    return cli


def tables(cli):
    with sqlite3.connect(cli.home / "tenants" / "demo.db") as database:
        found = database.execute("SELECT name FROM sqlite_master").fetchall()
    database.close()
    return found


def test_a_purge_never_drops_what_may_be_anothers(rude):
    before = tables(rude)
    said = rude.refused("plugins", "purge", "rude", "--yes")
    assert said.startswith("The tables documents_* may be those of core_documents")
    assert tables(rude) == before


def test_a_plugin_that_would_be_out_is_not_added(rude):
    before = rude.manifest.read_text()
    said = rude.refused("plugins", "add", "rude")
    assert "with rude, rude would be out. Its tables documents_*" in said
    assert rude.manifest.read_text() == before


def test_a_plugin_that_would_take_another_out_is_not_added(cli, make_plugin):
    make_plugin("odd", tables="shelf_")
    cli.ok("plugins", "add", "odd")
    make_plugin("shelf")
    before = cli.manifest.read_text()
    said = cli.refused("plugins", "add", "shelf")
    assert "with shelf, odd would be out." in said
    assert cli.manifest.read_text() == before


def test_a_name_that_goes_on_takes_nobody_out(cli, make_plugin):
    make_plugin("documents_extra")
    cli.ok("plugins", "add", "documents_extra")
    assert " out " not in cli.ok("plugins")
