"""Connections are shared by tenants; nothing of one is left for the next."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.context import SchemaPlace, SqlitePlace
from archivolt_host.tenants.ids import uuid7
from archivolt_host.tenants.migrations import schema_migration
from archivolt_host.tenants.provisioning import make_role
from archivolt_host.tenants.sqlite import IDLE_CONNECTIONS

pytestmark = [
    pytest.mark.plugins("core_identity", "notes"),
    pytest.mark.usefixtures("notes"),
]
WRITE = text("INSERT INTO notes_note (id, text) VALUES (:id, :text)")


@pytest.fixture
def write(in_tenant):
    def write(tenant, words):
        with in_tenant(tenant) as work:
            work.session.execute(WRITE, {"id": uuid7().hex, "text": words})

    return write


def seen(tenant):
    with context.acting(tenant), sessions.reading() as work:
        return work.session.scalars(text("SELECT text FROM notes_note")).all()


@pytest.mark.placements
def test_tenants_in_turn_on_one_connection_see_their_own(two_tenants, write):
    for round in range(3):
        for tenant in two_tenants:
            write(tenant, f"{tenant.slug} {round}")
            assert all(t.startswith(tenant.slug) for t in seen(tenant))


@pytest.mark.placements
def test_threads_that_switch_tenants_see_their_own(two_tenants, write):
    for tenant in two_tenants:
        write(tenant, tenant.slug)
    start = threading.Barrier(8)

    def look(number):
        start.wait()
        for turn in range(20):
            tenant = two_tenants[(number + turn) % 2]
            assert seen(tenant) == [tenant.slug]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(8)))


@pytest.mark.placements
def test_a_generator_that_is_left_open_does_not_lend_its_tenant(two_tenants, write):
    mine, theirs = two_tenants
    write(mine, "mine")
    write(theirs, "theirs")

    def texts(tenant):
        with context.acting(tenant), sessions.reading() as work:
            yield from work.session.scalars(text("SELECT text FROM notes_note"))
            yield "end"

    one, other = texts(mine), texts(theirs)
    assert (next(one), next(other)) == ("mine", "theirs")
    other.close()
    one.close()
    assert context.tenant_or_none() is None
    assert seen(theirs) == ["theirs"]


@pytest.mark.placements
def test_after_an_error_the_next_user_of_the_connection_is_clean(two_tenants, write):
    mine, theirs = two_tenants
    for _ in range(3):
        with (
            pytest.raises(DBAPIError),
            context.acting(mine),
            sessions.transaction() as work,
        ):
            work.session.execute(WRITE, {"id": "1" * 32, "text": "lost"})
            work.session.execute(text("SELECT * FROM nothing_of_that_name"))
        assert seen(theirs) == []
        assert seen(mine) == []
    write(mine, "kept")
    assert seen(mine) == ["kept"]


@pytest.mark.placements("schema")
def test_the_login_role_alone_sees_nothing(two_tenants, host):
    import psycopg

    login = str(host.manifest.host["catalog_url"])
    with psycopg.connect(login, autocommit=True) as connection:
        for table in ("public.tenant", "tenant_acme.notes_note", "notes_note"):
            with pytest.raises(psycopg.Error, match=r"permission denied|not exist"):
                connection.execute(f"SELECT * FROM {table}".encode())


@pytest.mark.placements("schema")
def test_a_pooled_connection_is_nobodys_between_transactions(two_tenants, host):
    for tenant in two_tenants:
        assert seen(tenant) == []
        raw = host.databases.schema.engine.raw_connection()
        raw.driver_connection.autocommit = True
        row = raw.driver_connection.execute(
            "SELECT current_user, current_schemas(false)"
        )
        assert row.fetchone()[0] == "archivolt_login"
        raw.close()


@pytest.mark.placements("schema")
def test_a_session_outside_of_any_place_is_an_error(host):
    with (
        host.databases.schema.engine.connect() as connection,
        pytest.raises(RuntimeError, match="outside of any tenant"),
    ):
        connection.execute(text("SELECT 1"))


@pytest.mark.placements("schema")
@pytest.mark.plugins
def test_a_hundred_tenants_share_a_small_pool(host):
    places = [SchemaPlace(f"tenant_{n}", f"tenant_{n}") for n in range(100)]
    with schema_migration(host.provisioner.migrator_url, "public") as connection:
        for place in places:
            make_role(connection, place.role, "archivolt_login")
            connection.exec_driver_sql(f"CREATE SCHEMA {place.schema}")

    def role(place):
        with sessions.working(place, write=True) as work:
            return work.session.scalar(text("SELECT current_user"))

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(role, places)) == [place.role for place in places]
    with sessions.catalog() as session:
        count = text("SELECT count(*) FROM pg_stat_activity WHERE usename = :name")
        assert session.scalar(count, {"name": "archivolt_login"}) <= 18


@pytest.mark.slow
@pytest.mark.placements("schema")
@pytest.mark.settings(host={"web_threads": 12})
def test_as_many_writers_as_threads_never_wait_for_each_others_connections(
    make_tenant, in_tenant
):
    from archivolt_host.jobs import bus
    from archivolt_host.jobs.registry import jobs

    tenants = [make_tenant(f"tenant-{n}") for n in range(12)]
    all_hold_one = threading.Barrier(12, timeout=10)

    def enqueue(tenant):
        with in_tenant(tenant) as work:
            work.session.execute(text("SELECT 1"))
            all_hold_one.wait()
            bus.enqueue(jobs().get("notes.write_later"), text="wakes the tenant up")

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(enqueue, tenants))


@pytest.mark.slow
@pytest.mark.plugins
def test_three_hundred_files_in_turn_keep_few_descriptors_open(host):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for n in range(300):
        place = SqlitePlace(host.home.tenants / f"tenant-{n}.db")
        host.provisioner.create(place)
        with sessions.working(place, write=False) as work:
            work.session.execute(text("SELECT count(*) FROM host_job"))
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    assert open_files - before < 3 * IDLE_CONNECTIONS + 20


@pytest.mark.plugins
def test_after_all_connections_were_closed_new_ones_are_pooled_again(tenant, host):
    host.databases.dispose()  # as before every fork
    for _ in range(5):
        with context.acting(tenant), sessions.reading() as work:
            work.session.execute(text("SELECT 1"))
    assert host.databases.sqlite.engine.pool.status() == (
        "1 idle connections to 1 files"
    )
