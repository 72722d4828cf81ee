"""A start reads migration scripts only when they have changed."""

import sqlite3
import subprocess
import sys

import pytest

from archivolt_host.tenants.migrations import Source
from archivolt_host.tenants.scripts import unreadable

SCRIPT = 'revision, down_revision = "one_0001", None\n'


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "one" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_first.py").write_text(SCRIPT)
    return Source("one", folder)


def fresh(source):
    """Return the source as the next process sees it."""
    return Source(source.name, source.folder)


def test_a_script_that_breaks_later_is_noticed(source, tmp_path):
    note, script = tmp_path / "note", source.folder / "0001_first.py"
    assert unreadable([source], note) == []
    script.write_text(f"{SCRIPT}broken =\n")
    for _ in range(2):  # what cannot be read is never taken for read
        assert unreadable([found := fresh(source)], note) == [found]
    script.write_text(SCRIPT)
    assert unreadable([fresh(source)], note) == []


def test_what_was_read_is_not_read_again(source, tmp_path):
    note = tmp_path / "note"
    unreadable([source], note)
    noted = note.read_text()
    for home in (note, tmp_path / "of another home"):
        again = fresh(source)
        assert unreadable([again], home) == []
        assert "script" not in again.__dict__
        assert home.read_text() == noted


START = """
import sys
from archivolt_host.app import open_host
from archivolt_host.cli.opening import prepare_catalog_database
prepare_catalog_database(open_host())
print("alembic" in sys.modules)
"""


def needs_alembic():
    done = subprocess.run(
        [sys.executable, "-c", START], capture_output=True, text=True, check=True
    )
    return {"True": True, "False": False}[done.stdout.splitlines()[-1]]


def test_a_second_start_does_without_alembic(tmp_path, monkeypatch):
    (tmp_path / "manifest.toml").write_text("[plugins.core_identity]\n")
    monkeypatch.setenv("ARCHIVOLT_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("ARCHIVOLT_MANIFEST", str(tmp_path / "manifest.toml"))
    assert needs_alembic()
    assert not needs_alembic()
    (tmp_path / "var" / "catalog.db").unlink()
    assert needs_alembic()


@pytest.mark.plugins
def test_a_catalog_of_another_state_is_migrated(host):
    from archivolt_host.cli.opening import prepare_catalog_database

    provisioner, place = host.catalog_provisioner, host.catalog_place
    prepare_catalog_database(host)
    assert provisioner.is_done(place)
    with sqlite3.connect(place.path) as connection:
        connection.execute("PRAGMA user_version=7")
    connection.close()
    assert not provisioner.is_done(place)
    prepare_catalog_database(host)
    assert provisioner.is_done(place)
