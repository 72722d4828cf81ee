"""SQLite's batch mode rebuilds tables; no row, index or trigger may be lost by it."""

import sqlite3

import pytest
from sqlalchemy import create_engine

from archivolt_host.tenants.migrations import Plan, Source, sqlite_migration

FIRST = """
from alembic import op

revision = "one"
down_revision = branch_labels = depends_on = None


def upgrade():
    op.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT)")
    op.execute("CREATE INDEX ix_name ON parent (name)")
    op.execute(
        "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL "
        "REFERENCES parent (id) ON DELETE CASCADE)"
    )
    op.execute("CREATE TABLE log (name TEXT)")
    op.execute(
        "CREATE TRIGGER noted AFTER UPDATE ON parent BEGIN "
        "INSERT INTO log VALUES (new.name); END"
    )
"""
SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "two"
down_revision = "one"
branch_labels = depends_on = None


def upgrade():
    with op.batch_alter_table("parent", recreate="always") as batch:
        batch.add_column(sa.Column("size", sa.Integer, server_default="0"))
        batch.alter_column("name", existing_type=sa.Text, nullable=False)
"""
ORPHANS = (
    SECOND.replace("two", "three").replace('"one"', '"two"')
    + """
    op.execute("DELETE FROM parent WHERE id = 1")
"""
)
ROWS = """
INSERT INTO parent VALUES (1, 'a'), (2, 'b');
INSERT INTO child VALUES (10, 1), (11, 1), (12, 2);
"""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "one.py").write_text(FIRST)
    return folder


@pytest.fixture
def database(tmp_path, folder):
    path = tmp_path / "filled.db"
    with sqlite_migration(path) as connection:
        Source("batch", folder).upgrade(connection)
    with sqlite3.connect(path) as connection:
        connection.executescript(ROWS)
    connection.close()
    (folder / "two.py").write_text(SECOND)
    return path


def state(path):
    with sqlite3.connect(path) as connection:
        found = {
            "parents": connection.execute("SELECT id, name FROM parent").fetchall(),
            "children": connection.execute("SELECT * FROM child").fetchall(),
            "others": connection.execute(
                "SELECT type, name, sql FROM sqlite_master "
                "WHERE type IN ('trigger', 'index') AND sql NOT NULL ORDER BY name"
            ).fetchall(),
        }
    connection.close()
    return found


def test_a_rebuilt_table_keeps_its_rows_children_index_and_trigger(database, folder):
    before = state(database)
    with sqlite_migration(database) as connection:
        Source("batch", folder).upgrade(connection)
    assert state(database) == before
    assert len(before["children"]) == 3
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE parent SET name = 'c', size = 7 WHERE id = 2")
        assert connection.execute("SELECT * FROM log").fetchall() == [("c",)]
    connection.close()


def test_the_naive_way_would_lose_children_and_trigger(database, folder):
    before = state(database)
    engine = create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        raw.isolation_level = None
        raw.execute("PRAGMA foreign_keys=ON")
        source = Source("batch", folder)
        source.run(source._context(connection=connection))
    engine.dispose()
    after = state(database)
    assert after["parents"] == before["parents"]
    assert after["children"] == []
    assert [name for _, name, _ in after["others"]] == ["ix_name"]


def test_a_migration_that_leaves_orphans_is_refused(database, folder):
    (folder / "three.py").write_text(ORPHANS)
    before = state(database)
    with sqlite_migration(database) as connection:
        applied = Plan((Source("batch", folder),)).upgrade(connection)
    assert applied.failed == {
        "batch": "A row of child points at a missing row of parent."
    }
    assert state(database) == before
