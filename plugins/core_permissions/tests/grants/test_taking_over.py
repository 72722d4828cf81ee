"""What an older version kept in columns of its own becomes grants and a tree."""

import importlib
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

pytestmark = pytest.mark.placements
FIRST = importlib.import_module("archivolt_core_permissions.migrations.0001_first")
ADMIN, BOTH, NOBODY, ODD = (uuid4() for _ in range(4))
ROLES = {ADMIN: ["admin"], BOTH: ["member", "guest"], NOBODY: [], ODD: ["king"]}
TOP, INNER, DEEP = (uuid4() for _ in range(3))
OLD = sa.MetaData()
USER = sa.Table(
    "identity_user",
    OLD,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("roles", sa.JSON()),
)
FOLDER = sa.Table(
    "documents_folder",
    OLD,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("parent_id", sa.Uuid()),
)


@pytest.fixture
def engine(placement, request, tmp_path):
    """An empty database."""
    if placement == "sqlite":
        return sa.create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    database = request.getfixturevalue("postgres").database()
    url = sa.make_url(database.migrator_url)
    return sa.create_engine(url.set(drivername="postgresql+psycopg"))


@pytest.fixture
def migrated(engine):
    """What an older version left behind, after the plugin's first migration."""
    with engine.begin() as found:
        OLD.create_all(found)
        users = [{"id": id, "roles": roles} for id, roles in ROLES.items()]
        found.execute(USER.insert(), users)
        above = {TOP: None, INNER: TOP, DEEP: INNER}
        folders = [{"id": id, "parent_id": up} for id, up in above.items()]
        found.execute(FOLDER.insert(), folders)
        with Operations.context(MigrationContext.configure(found)):
            FIRST.upgrade()
        yield found
    engine.dispose()


def test_roles_of_users_become_grants_on_the_tenant(migrated):
    rows = migrated.execute(
        sa.select(FIRST.GRANT.c["subject_id", "role_id", "scope_id", "effect"])
    ).all()
    numbers = {name: UUID(int=number) for number, name, _ in FIRST.PRESETS}
    assert {(subject, role) for subject, role, _, _ in rows} == {
        (ADMIN, numbers["owner"]),
        (BOTH, numbers["member"]),
        (BOTH, numbers["guest"]),
    }
    assert {(scope, effect) for _, _, scope, effect in rows} == {(UUID(int=0), "allow")}


def test_folders_become_the_tree_of_scopes(migrated):
    rows = migrated.execute(sa.select(FIRST.PATH)).all()
    assert {tuple(row) for row in rows} == {
        (TOP, TOP, 0),
        (INNER, INNER, 0),
        (INNER, TOP, 1),
        (DEEP, DEEP, 0),
        (DEEP, INNER, 1),
        (DEEP, TOP, 2),
    }
