"""Every table: its key, its prefix, and whom it points to."""

import re
from contextlib import closing
from sqlite3 import connect

import pytest
import sqlalchemy as sa

from archivolt_host.tenants.columns import Base, CatalogBase
from archivolt_host.tenants.context import SqlitePlace

# Tables whose key is no UUID, each with the reason.
OTHER_KEYS = {
    "domain": "found by the host name of a request",
    "override": "one value per tenant, plugin and key",
    "catching_up": "one row per tenant and plugin",
    "epoch": "a single row",
    "plugin_out": "one row per tenant and plugin",
    "host_step": "a run's steps by their number",
    "host_idempotency": "found by what the caller sent",
    "host_event": "an outbox: taken in the order in which it was written",
    "host_subscriber": "one row per plugin",
    "documents_tag": "an index: documents are found by their tag",
    "permissions_scope_path": "an index: found from above and from below",
    "search_document": "an index: its rows are numbered as FTS5 numbers them",
    "search_document_tag": "an index: hits are counted by tag",
    "workflow_candidate": "an index: tasks are found by who may do them",
    "search_part": "an index: its rows are numbered as FTS5 numbers them",
}


@pytest.fixture(scope="module")
def tables(app):  # an application has imported every model
    return [*Base.metadata.tables.values(), *CatalogBase.metadata.tables.values()]


@pytest.fixture(scope="module")
def prefixes(host):
    found = {name: host.registry.infos[name].tables for name in host.registry.names}
    return {"host": "host_"} | {name: p for name, p in found.items() if p}


def odd_keys(tables):
    """Name the tables whose primary key is not one UUID (RA-44)."""
    return [
        table.name
        for table in tables
        if table.name not in OTHER_KEYS
        and [type(c.type) for c in table.primary_key.columns] != [sa.Uuid]
    ]


def strays(names, prefixes):
    """Name the tables that carry nobody's prefix, and the prefixes that overlap."""
    owned = tuple(prefixes.values())
    yield from (name for name in names if not name.startswith(owned))
    for one in owned:
        yield from (p for p in owned if p is not one and p.startswith(one))


def misowned(mappers, prefixes):
    """Name the models whose table carries another plugin's prefix."""
    for mapper in mappers:
        package = mapper.class_.__module__.partition(".")[0]
        prefix = prefixes.get(package.removeprefix("archivolt_"))
        if prefix is not None and not mapper.local_table.name.startswith(prefix):
            yield mapper.local_table.name


def reaching_out(tables, prefixes):
    """Name the foreign keys that leave their plugin."""
    for table in tables:
        own = next((p for p in prefixes.values() if table.name.startswith(p)), "")
        for key in table.foreign_keys:
            if own and not key.target_fullname.startswith(own):
                yield f"{table.name} -> {key.target_fullname}"


def test_keys_are_uuids(tables):
    assert odd_keys(tables) == []


def test_a_counted_key_is_caught():
    planted = sa.Table(
        "x", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True)
    )

    assert odd_keys([planted]) == ["x"]


def test_no_exception_outlives_its_reason(tables, host):
    absent = [
        i.tables for n, i in host.registry.infos.items() if n in host.registry.out
    ]
    expected = {name for name in OTHER_KEYS if not name.startswith(tuple(absent))}

    assert expected <= {table.name for table in tables}


def test_every_table_of_a_tenant_carries_its_plugins_prefix(host, prefixes, tmp_path):
    place = SqlitePlace(tmp_path / "tenant.db")
    host.provisioner.create(place)
    with closing(connect(place.path)) as database:
        rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = [name for (name,) in rows if not re.match("sqlite_|alembic_", name)]

    assert "host_job" in names
    assert list(strays(names, prefixes)) == []
    assert list(misowned(Base.registry.mappers, prefixes)) == []


def test_a_table_without_its_prefix_is_caught(prefixes):
    owned = prefixes | {"x": "host_x_"}

    assert list(strays(["users", "identity_user"], prefixes)) == ["users"]
    assert list(strays([], owned)) == ["host_x_"]


def test_a_table_under_another_plugins_prefix_is_caught():
    class Planted(sa.orm.DeclarativeBase):
        metadata = sa.MetaData()

    class Row(Planted):
        __tablename__ = "identity_row"
        __module__ = "archivolt_core_search.index.models"
        id = sa.Column(sa.Uuid, primary_key=True)

    found = misowned(Planted.registry.mappers, {"core_search": "search_"})

    assert list(found) == ["identity_row"]


def test_no_foreign_key_leaves_its_plugin(tables, prefixes):
    assert list(reaching_out(tables, prefixes)) == []


def test_a_foreign_key_to_another_plugin_is_caught():
    key = sa.Column("user_id", sa.ForeignKey("identity_user.id"))
    planted = sa.Table("search_query", sa.MetaData(), key)
    owned = {"core_search": "search_", "core_identity": "identity_"}

    assert list(reaching_out([planted], owned)) == ["search_query -> identity_user.id"]
