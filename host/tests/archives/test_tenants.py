"""What goes into an archive comes out of it, row by row and file by file."""

import sqlite3
import sys
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import insert, select, text

from archivolt_hookspecs.host import StoredFile
from archivolt_host.archives import lacking
from archivolt_host.archives.errors import ArchiveError
from archivolt_host.errors import ArchivoltError, RefusedError
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import Base
from archivolt_host.tenants.states import STATES
from archivolt_host.tenants.work import working

pytestmark = [
    pytest.mark.plugins("keeping"),
    pytest.mark.usefixtures("keeping"),
]
ONE, OTHER = UUID(int=1), UUID(int=2)
ROW = {
    "id": ONE,
    "parent_id": OTHER,  # entered later: the order is not that of the keys
    "text": 'äöü \U0001f600 "quoted" \n a line\u2028',
    "count": -(2**31),
    "share": 0.1 + 0.2,
    "price": Decimal("1234567890.1234"),
    "is_good": True,
    "day": date(1582, 10, 15),
    "at": datetime(2026, 2, 28, 23, 59, 59, 123456, UTC),
    "data": bytes(range(256)),
    "given": {"b": [1, None, 1.5, "ü"], "a": {}},
    "absent": None,
}
JSON_NULL = ROW | {"id": OTHER, "parent_id": None, "given": None, "is_good": False}


def plugin():
    return sys.modules["archivolt_keeping.plugin"]


def fill(tenant, *rows):
    thing = plugin().Thing
    with context.acting(tenant), sessions.transaction() as work:
        for row in reversed(rows):
            work.connection.execute(insert(thing.__table__), [row])


def kept(tenant):
    """Return the rows, and which JSON columns hold NULL and which null."""
    table = plugin().Thing.__table__
    with context.acting(tenant), working(tenant.place, write=False) as work:
        rows = work.connection.execute(select(table).order_by(table.c.id))
        nulls = work.connection.execute(
            text("SELECT given IS NULL, absent IS NULL FROM keeping_thing ORDER BY id")
        )
        return [dict(row) for row in rows.mappings()], [
            tuple(map(bool, n)) for n in nulls
        ]


def no_trace(host, slug="copy"):
    """Return whether nothing of a tenant is there."""
    slugs = [tenant.slug for tenant in host.catalog.all(*STATES)]
    folder = [path.name for path in host.home.tenants.iterdir()]
    left = [name for name in folder if name.startswith(slug)]
    return slug not in slugs and not left and slug not in plugin().FILES


@pytest.mark.placements
def test_values_of_every_kind_come_back_as_they_were(host, tenant, export, bring):
    fill(tenant, ROW, JSON_NULL)
    before = kept(tenant)
    assert before[0][0]["at"] == ROW["at"]
    assert before[1] == [(False, True), (False, True)]
    assert kept(bring(export(tenant))) == before


@pytest.mark.placements("schema")
def test_values_come_back_as_they_were_from_the_other_database(
    host, tenant, export, bring
):
    fill(tenant, ROW, JSON_NULL)
    moved = bring(export(tenant), placement="sqlite")
    back = bring(export(moved), slug="back", placement="schema")
    assert kept(moved) == kept(back) == kept(tenant)


@pytest.mark.placements
def test_files_come_along_even_where_the_plugin_is_off(
    open_home, make_tenant, export, bring
):
    host = open_home(manifest={"defaults": {"enabled": []}})
    tenant = make_tenant("acme")
    assert "keeping" not in host.registry.enabled("acme")
    plugin().FILES["acme"] = {"one": b"1", "two.bin": bytes(3_000_000)}
    bring(export(tenant))
    assert plugin().FILES["copy"] == plugin().FILES["acme"]


@pytest.mark.placements
def test_a_failure_in_the_middle_leaves_nothing(host, tenant, export, bring):
    fill(tenant, ROW, JSON_NULL)
    plugin().FILES["acme"] = {"a": b"1", "bad": b"2"}
    path = export(tenant)
    with pytest.raises(RuntimeError, match="no room"):
        bring(path)
    assert no_trace(host)
    del plugin().FILES["acme"]["bad"]
    assert kept(bring(export(tenant))) == kept(tenant)


@pytest.mark.placements
def test_a_row_that_points_nowhere_leaves_nothing(host, tenant, export, bring):
    fill(tenant, ROW, JSON_NULL)
    place = tenant.place
    with host.provisioner.migration(place) as connection:
        if connection.dialect.name == "postgresql":
            key = "keeping_thing_parent_id_fkey"
            connection.execute(text(f"ALTER TABLE keeping_thing DROP CONSTRAINT {key}"))
        connection.execute(text("DELETE FROM keeping_thing WHERE parent_id IS NULL"))
    with pytest.raises(ArchiveError, match="keeping_thing points"):
        bring(export(tenant))
    assert no_trace(host)


def test_a_name_that_is_taken_is_refused_and_stays_as_it_was(
    host, two_tenants, export, bring
):
    ours, theirs = two_tenants
    fill(theirs, JSON_NULL)
    with pytest.raises(ArchivoltError, match="There is a tenant umbra already"):
        bring(export(ours), slug="umbra")
    assert len(kept(theirs)[0]) == 1


@pytest.mark.placements
def test_a_database_that_somebody_left_is_not_written_over(host, tenant, export, bring):
    fill(tenant, ROW, JSON_NULL)
    path, left = export(tenant), bring(export(tenant))
    host.catalog.remove("copy")  # as after an older catalog came back
    with pytest.raises(RefusedError, match=r"There is a database already .*copy"):
        bring(path)
    assert kept(left) == kept(tenant)
    assert [one.slug for one in host.catalog.all(*STATES)] == ["acme"]


@pytest.mark.placements
def test_an_export_shows_one_moment(host, tenant, export, bring):
    fill(tenant, JSON_NULL)
    thing = plugin().Thing.__table__

    def meanwhile():
        with host.provisioner.migration(tenant.place) as other:
            other.execute(thing.delete())
        assert kept(tenant)[0] == []
        # What files are asked for is what the rows of the archive refer to.
        assert sessions.connection().execute(select(thing.c.id)).first() is not None
        return ()

    i = host.registry.implementations("stored_files", frozenset({"keeping"}))[0]
    object.__setattr__(i, "function", meanwhile)
    path = export(tenant)
    assert len(kept(bring(path))[0]) == 1


def test_neither_way_holds_a_table_or_a_file_in_memory(host, tenant, export, bring):
    rows = [ROW | {"id": UUID(int=n), "parent_id": None} for n in range(1, 3001)]
    rows = [row | {"text": "x" * 5000} for row in rows]
    fill(tenant, *rows)
    big = {"big": bytes(40_000_000)}
    plugin().FILES["acme"] = big
    del rows
    tracemalloc.start()
    try:
        path = export(tenant)
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
        assert path.stat().st_size > 55_000_000
    finally:
        tracemalloc.stop()
    assert len(kept(bring(path))[0]) == 3000


def test_what_no_loaded_plugin_knows_is_not_left_behind(host, tenant, export):
    with sqlite3.connect(tenant.place.path) as other:
        other.execute("CREATE TABLE gone_thing (id INTEGER)")
    other.close()
    with pytest.raises(ArchiveError, match="gone_thing belong to a plugin that is not"):
        export(tenant)


def lost(name):
    return StoredFile(name, 1, "0" * 64, lambda: open("/nowhere/at/all"))


def kept_files(host, *answers):
    """Have the plugin give these answers, one after the other."""
    answers = iter(answers)
    i = host.registry.implementations("stored_files", frozenset({"keeping"}))[0]
    object.__setattr__(i, "function", lambda: next(answers))


def test_a_file_that_is_missing_is_named_and_nothing_else_is_lost(
    host, tenant, export, bring
):
    there = StoredFile("one", 1, sha256(b"1").hexdigest(), lambda: BytesIO(b"1"))
    files = [lost("a"), there, lost("b")]
    kept_files(host, files, files)
    with pytest.raises(ArchiveError, match=r"acme is missing \(1 of 2\): a\. Bring"):
        export(tenant)
    path = export(tenant, without_missing=True)
    bring(path)
    assert plugin().FILES["copy"] == {"one": b"1"}


def test_a_backup_names_what_is_missing_and_not_what_was_deleted_meanwhile(
    host, tenant
):
    kept_files(host, [lost("a"), lost("b")], [lost("b")])
    assert lacking.of_all(host, print) == ["b of the tenant acme"]
    kept_files(host)  # which ends in an error
    [said] = lacking.of_all(host, print)
    assert said.startswith("perhaps more, which cannot be looked for (")


def test_a_content_that_was_damaged_is_not_passed_on(host, tenant, export):
    wrong = StoredFile("one", 3, "0" * 64, lambda: BytesIO(b"abc"))
    short = StoredFile("one", 4, "0" * 64, lambda: BytesIO(b"abc"))
    i = host.registry.implementations("stored_files", frozenset({"keeping"}))[0]
    for stored in (wrong, short):
        object.__setattr__(i, "function", lambda stored=stored: [stored])
        with pytest.raises(ArchiveError, match="one is damaged"):
            export(tenant)


@pytest.mark.placements
def test_an_archive_of_an_older_version_is_upgraded_on_its_way_in(
    open_home, make_tenant, make_plugin, export, bring
):
    make_plugin("growing", files={"migrations/0001.py": GROWING_1})
    host = open_home("older", plugins=["keeping", "growing"])
    tenant = make_tenant("acme")
    with host.provisioner.migration(tenant.place) as connection:
        connection.execute(text("INSERT INTO growing_thing VALUES (1)"))
    growing = sa.Table("growing_thing", Base.metadata, sa.Column("id", sa.Integer))
    path = export(tenant)
    Base.metadata.remove(growing)
    files = {"migrations/0001.py": GROWING_1, "migrations/0002.py": GROWING_2}
    make_plugin("growing", files=files)
    host = open_home("newer", plugins=["keeping", "growing"])
    moved = bring(path)
    with host.provisioner.migration(moved.place) as connection:
        rows = connection.execute(text("SELECT id, colour FROM growing_thing"))
        assert rows.all() == [(1, "red")]
    assert host.provisioner.pending(moved.place) == []


GROWING_1 = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "growing_1", None, None, None
def upgrade():
    op.create_table("growing_thing", sa.Column("id", sa.Integer(), primary_key=True))
"""
GROWING_2 = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "growing_2", "growing_1"
branch_labels = depends_on = None
def upgrade():
    colour = sa.Column("colour", sa.String(), nullable=False, server_default="red")
    op.add_column("growing_thing", colour)
"""
