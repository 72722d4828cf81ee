"""A migration that fails costs its plugin in that tenant, and nothing else."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from archivolt_host.tenants import migrating
from archivolt_host.tenants.migrations import MigrationError, Plan, Source
from archivolt_host.tenants.provisioning import Provisioner

pytestmark = [
    pytest.mark.plugins("core_identity", "notes", "leaf"),
    pytest.mark.placements,
]
SECOND = """
from alembic import op

revision = "notes_0002"
down_revision = "notes_0001"
branch_labels = depends_on = None


def upgrade():
    op.execute("CREATE TABLE notes_extra (n integer)")
    op.execute("INSERT INTO notes_extra VALUES (1)")
    op.execute("CREATE TABLE notes_last (n integer)")
"""
LEAF = SECOND.replace("notes", "leaf").replace('"leaf_0001"', "None")


@pytest.fixture(autouse=True)
def installed(notes, make_plugin):
    return notes, make_plugin("leaf", requires=["notes"])


@pytest.fixture
def upgraded(open_home, installed):
    """Restart with a new version of both plugins."""

    def restart(second=SECOND, leaf=LEAF):
        for package, text in zip(installed, (second, leaf), strict=True):
            (package / "migrations").mkdir(exist_ok=True)
            (package / "migrations" / "0002.py").write_text(text)
        return open_home()

    return restart


@pytest.fixture
def in_the_way(owner):
    """Put a table where a migration wants to make one, or take it away."""

    def put(place, *, away=False):
        verb = (
            "DROP TABLE notes_last" if away else "CREATE TABLE notes_last (n integer)"
        )
        with owner(place) as connection:
            connection.exec_driver_sql(verb)

    return put


def migrate(host):
    waiting = migrating.behind(host.catalog, host.provisioner.plan.fingerprint)
    return migrating.migrate(waiting, host.provisioner)


def states(host, slug):
    host.catalog.refresh(force=True)
    names = ("core_identity", "notes", "leaf")
    return [host.registry.state(name, slug)[0] for name in names]


def test_a_failing_migration_leaves_its_tables_as_they_were(
    two_tenants, upgraded, in_the_way, definition
):
    broken, whole = two_tenants
    in_the_way(broken.place)
    before = definition(broken.place)
    host = upgraded()
    outcome = migrate(host)
    assert outcome.migrated == [whole.slug]
    assert "notes_last" in outcome.failed[broken.slug]
    assert definition(broken.place) == before


def test_the_plugin_and_what_needs_it_are_out_in_that_tenant_alone(
    two_tenants, upgraded, in_the_way, client_as
):
    broken, whole = two_tenants
    in_the_way(broken.place)
    host = upgraded()
    migrate(host)
    assert states(host, broken.slug) == ["on", "out", "out"]
    assert states(host, whole.slug) == ["on", "on", "on"]
    assert host.registry.overrides.out_in("notes") == [broken.slug]
    assert client_as("admin", whole).get("/vault/notes").status_code == 200
    there = client_as("admin", broken)
    assert there.get("/vault/notes").status_code == 404
    shown = {p["name"]: p for p in there.get("/vault/plugins").json["items"]}
    assert "could not be migrated here" in shown["notes"]["reason"]
    assert "It needs notes" in shown["leaf"]["reason"]


def test_a_mended_migration_is_resumed_and_the_plugins_are_on_again(
    tenant, upgraded, in_the_way
):
    in_the_way(tenant.place)
    host = upgraded()
    assert migrate(host).failed.keys() == {tenant.slug}
    in_the_way(tenant.place, away=True)
    assert migrate(host).migrated == [tenant.slug]
    assert states(host, tenant.slug) == ["on", "on", "on"]
    assert migrating.behind(host.catalog, host.provisioner.plan.fingerprint) == []


def test_what_was_found_out_survives_a_restart(tenant, upgraded, in_the_way, open_home):
    in_the_way(tenant.place)
    migrate(upgraded())
    assert states(open_home(), tenant.slug) == ["on", "out", "out"]


def test_a_new_tenant_has_what_could_be_applied(upgraded, make_tenant):
    host = upgraded(second=SECOND + "    op.execute('NO SQL')\n")
    make_tenant("fresh")
    assert states(host, "fresh") == ["on", "out", "out"]
    assert make_tenant("another").state == "active"


def test_migrations_that_cannot_be_read_put_the_plugin_out_everywhere(tenant, upgraded):
    host = upgraded(second="this is no Python")
    assert host.registry.out["notes"].startswith("Its migrations cannot be read")
    assert host.registry.out["leaf"] == "It needs notes, which is out."
    assert migrate(host).migrated == [tenant.slug]


def test_two_heads_put_the_plugin_out_everywhere(tenant, upgraded, installed):
    other = SECOND.replace('revision = "notes_0002"', 'revision = "notes_0002b"', 1)
    (installed[0] / "migrations" / "0003.py").write_text(other)
    assert "heads" in upgraded().registry.out["notes"]


def test_the_hosts_own_migration_shuts_the_tenant_and_no_other(
    two_tenants, host, owner, client_as
):
    shut = two_tenants[0]
    clients = [client_as("admin", tenant) for tenant in two_tenants]
    migrating.note(shut.slug, "", {"host": "for a test"})
    host.catalog.refresh(force=True)
    assert [c.get("/vault/me").status_code for c in clients] == [503, 200]
    assert migrate(host).migrated == [shut.slug]
    host.catalog.refresh(force=True)
    assert clients[0].get("/vault/me").status_code == 200


def test_a_vital_source_ends_it_all(host, tenant, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "0001.py").write_text(
        LEAF.replace("leaf", "own") + "    op.execute('NO SQL')\n"
    )
    plan = Plan((Source("own", tmp_path / "own", vital=True),))
    provisioner = Provisioner(plan, tmp_path, host.provisioner.migrator_url)
    with pytest.raises(MigrationError, match="own: "):
        provisioner.upgrade(tenant.place)


def test_two_migrators_at_once_apply_everything_once(tenant, upgraded):
    host = upgraded()
    start = threading.Barrier(2)

    def upgrade(_):
        start.wait()
        return host.provisioner.upgrade(tenant.place)

    with ThreadPoolExecutor(2) as pool:
        applied = list(pool.map(upgrade, range(2)))
    assert sorted(a.names for a in applied) == [[], ["notes", "leaf"]]
    assert [a.failed for a in applied] == [{}, {}]


def test_one_broken_among_many_is_reported_and_the_others_are_migrated(
    make_tenant, upgraded, in_the_way, placement, host
):
    many = 50 if placement == "sqlite" else 10
    tenants = [make_tenant(f"tenant-{n}") for n in range(many)]
    in_the_way(tenants[7].place)
    progress = []
    host = upgraded()
    waiting = migrating.behind(host.catalog, host.provisioner.plan.fingerprint)
    assert len(waiting) == many
    outcome = migrating.migrate(waiting, host.provisioner, progress.append)
    assert list(outcome.failed) == ["tenant-7"]
    assert len(outcome.migrated) == many - 1
    assert len(progress) == many
