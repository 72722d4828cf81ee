"""``archivolt plugins purge``, and what can be done after it."""

import sqlite3
from contextlib import closing

import pytest

MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "scrap_0001"
down_revision = branch_labels = depends_on = None


def upgrade():
    op.create_table("scrap_note", sa.Column("id", sa.Uuid(), primary_key=True))


def downgrade():
    op.drop_table("scrap_note")
"""
FILE = "migrations/0001_first.py"


@pytest.fixture(params=["tenant", "system"])
def scrap(request, cli, make_plugin):
    """A deployment with a plugin whose table is made; the file it lies in."""
    make_plugin("scrap", scope=request.param, files={FILE: MIGRATION})
    cli.ok("plugins", "add", "scrap")
    cli.ok("upgrade")
    files = {"tenant": "tenants/demo.db", "system": "catalog.db"}
    return cli.home / files[request.param]


def has_table(file):
    query = "SELECT count(*) FROM sqlite_master WHERE name = 'scrap_note'"
    with closing(sqlite3.connect(file)) as database:
        return database.execute(query).fetchone() == (1,)


def scope(file):
    return "system" if file.name == "catalog.db" else "tenant"


def purge(cli):
    cli.ok("plugins", "remove", "scrap")
    return cli.ok("plugins", "purge", "scrap", "--yes")


def test_what_was_purged_comes_back_when_it_is_added_again(cli, scrap):
    assert has_table(scrap)
    purge(cli)
    assert not has_table(scrap)
    cli.ok("plugins", "add", "scrap")
    cli.ok("upgrade")
    assert has_table(scrap)


def test_a_purge_leaves_nothing_to_wait_for(cli, scrap):
    purge(cli)
    assert cli.ok("upgrade", "--check").endswith("are up to date.\n")


def test_migrations_without_a_way_back_are_no_hindrance(cli, scrap, make_plugin):
    way_up, _, _ = MIGRATION.partition("def downgrade")
    no_way = "def downgrade():\n    raise NotImplementedError\n"
    make_plugin("scrap", scope=scope(scrap), files={FILE: way_up + no_way})
    assert "cannot be taken back (NotImplementedError)" in purge(cli)
    assert not has_table(scrap)
