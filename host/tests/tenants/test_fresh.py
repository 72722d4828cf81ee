"""A new tenant has exactly the tables of the models, however it was made."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from archivolt_host.plugins.manifest import read_manifest
from archivolt_host.tenants.columns import Base, CatalogBase
from archivolt_host.tenants.context import SchemaPlace, SqlitePlace

pytestmark = pytest.mark.placements
MANIFEST = Path(__file__).parents[3] / "manifest.toml"


def differences(connection, metadata):
    virtual = virtual_tables(connection)

    def is_a_models(name, kind, _):
        if kind == "index" and name.endswith("_vector"):
            return connection.dialect.name == "postgresql"  # SQLite has FTS5 instead
        if kind != "table":
            return True
        own = any(name == v or name.startswith(f"{v}_") for v in virtual)
        return not own and not name.startswith("alembic_version")

    def is_here(thing, name, kind, reflected, compared):
        return is_a_models(name, kind, None)

    options = {
        "include_name": is_a_models,
        "include_object": is_here,
        "compare_type": True,
    }
    context = MigrationContext.configure(connection, opts=options)
    return compare_metadata(context, metadata)


def virtual_tables(connection):
    """FTS5 keeps tables of its own, which no model describes."""
    if connection.dialect.name != "sqlite":
        return []
    query = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"
    return [name for (name,) in connection.exec_driver_sql(query)]


@pytest.mark.plugins(*read_manifest(MANIFEST).plugins)
def test_a_fresh_tenant_has_the_tables_of_the_models(tenant, owner):
    with owner(tenant.place) as connection:
        assert differences(connection, Base.metadata) == []


@pytest.mark.plugins(*read_manifest(MANIFEST).plugins)
def test_the_catalog_has_the_tables_of_its_models(host, owner):
    with owner(host.catalog_place) as connection:
        assert differences(connection, CatalogBase.metadata) == []


@pytest.mark.plugins("core_identity", "notes")
def test_the_template_leads_to_what_migrating_leads_to(
    notes, host, tenant, definition, owner, placement
):
    if placement == "sqlite":
        other = SqlitePlace(host.home.tenants / "migrated.db")
    else:
        other = SchemaPlace("migrated", "migrated")
        with owner(other) as connection:
            connection.exec_driver_sql("CREATE SCHEMA migrated")
    applied = host.provisioner.upgrade(other)
    assert applied.names == ["host", "core_permissions", "core_identity", "notes"]
    assert definition(other) == definition(tenant.place)


@pytest.mark.plugins("core_identity", "notes")
def test_making_a_tenant_again_changes_nothing(notes, host, tenant, definition):
    before = definition(tenant.place)
    assert host.provisioner.create(tenant.place) == {}
    assert host.provisioner.upgrade(tenant.place).names == []
    assert definition(tenant.place) == before


PERCENT = """
from alembic import op

revision = "percent_0001"
down_revision = branch_labels = depends_on = None


def upgrade():
    op.execute("CREATE TABLE percent_one (n text CHECK (n NOT LIKE 'a%b:c'))")
    op.execute("INSERT INTO percent_one VALUES ('100% %s')")
"""


@pytest.fixture
def percent(make_plugin):
    make_plugin("percent", files={"migrations/0001.py": PERCENT})


@pytest.mark.plugins("core_identity", "percent")
def test_what_looks_like_a_placeholder_stays_as_it_is(percent, make_tenant, owner):
    with owner(make_tenant("acme").place) as connection:
        assert connection.exec_driver_sql("SELECT n FROM percent_one").scalar() == (
            "100% %s"
        )


def test_dropping_a_tenant_leaves_nothing(host, tenant, placement, owner):
    host.databases.dispose()
    host.provisioner.drop(tenant.place)
    host.provisioner.drop(tenant.place)  # harmless when repeated
    assert host.provisioner.create(tenant.place) == {}


def test_a_tenant_whose_creation_fails_leaves_nothing(host, make_tenant):
    with pytest.raises(Exception, match="printable"):
        make_tenant("acme", admin=" ")
    assert host.catalog.all("active", "disabled", "creating") == []
    assert make_tenant("acme").state == "active"
