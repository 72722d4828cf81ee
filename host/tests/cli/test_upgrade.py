"""``archivolt upgrade``, and a production that does not migrate by the way."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

COMMAND = Path(sys.executable).with_name("archivolt")
MORE = "revision = 'more_1'\ndown_revision = branch_labels = depends_on = None\n"
MORE += "def upgrade(): pass\n"
SYSTEM = MORE.replace("more_1", "wide_1")
UP_TO_DATE = "The catalog and all tenants are up to date.\n"


@pytest.fixture
def waiting(cli, make_plugin):
    """A deployment that got a plugin with a migration."""
    make_plugin("more", files={"migrations/0001.py": MORE})
    cli.manifest.write_text(cli.manifest.read_text() + "[plugins.more]\n")
    return cli


@pytest.fixture
def catalog_waiting(cli, make_plugin):
    """A deployment that got a plugin with a migration of the catalog."""
    make_plugin("wide", scope="system", files={"migrations/0001.py": SYSTEM})
    cli.manifest.write_text(cli.manifest.read_text() + "[plugins.wide]\n")
    return cli


def in_production(cli):
    text = cli.manifest.read_text()
    cli.manifest.write_text(text.replace("[host]", "[host]\nproduction = true"))
    return cli


def start(cli):
    """Start everything, which has to be refused, and return what was said."""
    done = subprocess.run(
        [COMMAND, "run", "--port", "0"],
        env=cli.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return done.stderr


def test_a_check_lists_what_waits_and_changes_nothing(waiting):
    for _ in range(2):
        done = waiting("upgrade", "--check")
        assert (done.exit_code, done.stdout) == (1, "demo: more\n")
    assert waiting.ok("upgrade").endswith("1 tenant migrated.\n")
    assert waiting.ok("upgrade", "--check") == UP_TO_DATE


def test_a_check_leaves_the_catalog_as_it_is(catalog_waiting):
    for _ in range(2):
        done = catalog_waiting("upgrade", "--check")
        assert done.exit_code == 1
        assert done.stdout.startswith("the catalog: wide\n")
    catalog_waiting.ok("upgrade")
    assert catalog_waiting.ok("upgrade", "--check") == UP_TO_DATE


def test_a_home_that_was_never_used_waits_for_nothing(deployment):
    assert deployment.ok("upgrade", "--check") == UP_TO_DATE
    assert not (deployment.home / "catalog.db").exists()


def test_a_production_does_not_start_while_migrations_wait(waiting):
    said = start(in_production(waiting))
    assert "production = true, and migrations wait for demo. Make a backup" in said
    with closing(connect(waiting.home / "tenants" / "demo.db")) as database:
        tables = database.execute("SELECT name FROM sqlite_master").fetchall()
    assert ("alembic_version_more",) not in tables


def test_no_command_migrates_a_production_by_the_way(catalog_waiting):
    said = in_production(catalog_waiting).refused("tenants", "list")
    assert said.startswith("production = true, and migrations wait for the catalog.")
    catalog_waiting.ok("upgrade")
    assert "demo" in catalog_waiting.ok("tenants", "list")


def test_elsewhere_they_do(catalog_waiting):
    assert "demo" in catalog_waiting.ok("tenants", "list")
    assert catalog_waiting.ok("upgrade", "--check") == UP_TO_DATE


def test_a_first_start_in_production_makes_what_it_needs(deployment):
    in_production(deployment).ok("tenants", "create", "acme")
    assert deployment.ok("upgrade", "--check") == UP_TO_DATE
