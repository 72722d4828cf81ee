"""A plugin of system scope has its tables in the catalog, all others in the tenants."""

import pytest
from sqlalchemy import text

from archivolt_host.tenants import sessions

pytestmark = [
    pytest.mark.plugins("core_identity", "notes", "registry"),
    pytest.mark.placements,
]
CODE = """
from uuid import UUID

from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.registration import Action
from archivolt_host.kit.db import CatalogBase, UuidMixin, catalog
from sqlalchemy import select
from sqlalchemy.orm import Mapped


class Entry(UuidMixin, CatalogBase):
    __tablename__ = "registry_entry"

    words: Mapped[str]


def write(words):
    with catalog(write=True) as session:
        session.add(Entry(words=words))


def read():
    with catalog() as session:
        return list(session.scalars(select(Entry.words)))


class Plugin:
    @hookimpl
    def register_actions(self):
        return [Action("write_entry", write, ("words",)), Action("read", read, ())]
"""
FIRST = """
import sqlalchemy as sa
from alembic import op

revision = "registry_0001"
down_revision = branch_labels = depends_on = None


def upgrade():
    op.create_table(
        "registry_entry",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("words", sa.String(), nullable=False),
    )
"""
BROKEN = """
revision = "registry_0002"
down_revision = "registry_0001"
branch_labels = depends_on = None


def upgrade():
    raise RuntimeError("no table today")
"""
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "schema": "SELECT table_name FROM information_schema.tables "
    "WHERE table_schema = '{schema}'",
}


@pytest.fixture(autouse=True)
def package(notes, make_plugin):
    files = {"migrations/0001_first.py": FIRST}
    return make_plugin("registry", CODE, scope="system", files=files)


@pytest.fixture
def tables(owner, placement):
    def of(place):
        schema = getattr(place, "schema", "")
        with owner(place) as connection:
            return set(
                connection.scalars(text(TABLES[placement].format(schema=schema)))
            )

    return of


def test_its_tables_are_in_the_catalog_and_nowhere_else(host, tenant, tables):
    catalog, own = tables(host.catalog_place), tables(tenant.place)

    assert {"registry_entry", "alembic_version_registry", "tenant"} <= catalog
    assert not [name for name in own if "registry" in name]
    assert {"notes_note", "alembic_version_notes", "host_job"} <= own
    assert not [name for name in catalog if "notes" in name]


def test_what_it_writes_is_the_same_for_all_tenants(host, two_tenants, in_tenant):
    write, read = (host.registry.actions[n][1].run for n in ("write_entry", "read"))
    write("once")
    for tenant in two_tenants:
        with in_tenant(tenant):
            assert read() == ["once"]


def test_no_tenant_can_switch_it_off(client_as):
    admin = client_as("admin")
    answer = admin.put("/vault/plugins/registry", json={"enabled": False})
    assert answer.status_code == 409


def test_a_later_version_brings_the_catalog_along(open_home, package, tables):
    open_home()
    second = FIRST.replace("0001", "0002").replace("registry_entry", "registry_more")
    second = second.replace("down_revision = ", 'down_revision = "registry_0001"\n')
    second = second.replace('"\nbranch_labels', '"\nbranch_labels')
    (package / "migrations" / "0002.py").write_text(second)
    host = open_home()
    assert "registry_more" in tables(host.catalog_place)


def test_a_migration_that_fails_costs_the_plugin_and_not_the_host(
    open_home, package, make_tenant
):
    open_home()
    (package / "migrations" / "0002.py").write_text(BROKEN)
    host = open_home()
    assert "no table today" in host.registry.out["registry"]
    assert make_tenant("acme").slug == "acme"
    with sessions.catalog() as session:
        assert session.scalar(text("SELECT count(*) FROM tenant")) == 1
