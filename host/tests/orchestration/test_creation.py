"""A tenant is made whole or not at all, wherever its creation is killed."""

from itertools import count

import pytest
from sqlalchemy import text, update

from archivolt_host.errors import InvalidError, RefusedError
from archivolt_host.kit.testing.killing import in_child
from archivolt_host.orchestration.creation import CreateTenant
from archivolt_host.orchestration.models import CatalogRunRow
from archivolt_host.orchestration.sweeping import keep_sweeping_system, sweep_system
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.migrations import schema_migration
from archivolt_host.tenants.states import STATES

pytestmark = pytest.mark.placements
PASSWORD = "a test password"


@pytest.fixture
def create(host):
    placement = str(host.manifest.host["default_placement"])

    def make(slug, password=PASSWORD):
        CreateTenant(slug, placement=placement, admin="ada", password=password).run()

    return make


@pytest.fixture
def runs():
    """Return how the runs of the system stand, by slug."""

    def read():
        with sessions.catalog() as session:
            rows = session.query(CatalogRunRow).order_by(CatalogRunRow.id)
            return {row.input["slug"]: row.status for row in rows}

    return read


@pytest.fixture
def let_leases_end():
    def let():
        with sessions.catalog(write=True) as session:
            session.execute(update(CatalogRunRow).values(lease_until=now()))

    return let


@pytest.fixture
def traces(host):
    """Return what there is of tenants: files, or schemas and roles."""

    def read():
        if not host.provisioner.migrator_url:
            return {p.name.partition(".")[0] for p in host.home.tenants.iterdir()}
        schemas = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tenant!_%' "
        roles = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'tenant!_%' "
        question = f"{schemas} ESCAPE '!' UNION {roles} ESCAPE '!'"
        with schema_migration(host.provisioner.migrator_url, "public") as connection:
            names = connection.scalars(text(question)).all()
        return {name.removeprefix("tenant_") for name in names}

    return read


def admins(tenant):
    with context.acting(tenant), sessions.reading() as work:
        return list(work.session.scalars(text("SELECT username FROM identity_user")))


def test_a_creation_that_is_killed_is_finished_or_undone(
    host, create, runs, let_leases_end, traces
):
    before = traces()
    for point in count(1):
        slug = f"t{point}"
        was_killed = in_child(lambda s=slug: create(s), point)
        let_leases_end()
        sweep_system()
        made = {t.slug: t for t in host.catalog.all(*STATES)}
        assert runs().get(slug) in ("done", "undone", None), point
        assert (slug in made) == (runs().get(slug) == "done"), point
        assert (slug in traces() - before) == (slug in made), point
        if slug in made:
            assert made[slug].state == "active"
            assert admins(made[slug]) == ["ada"]
        if not was_killed:
            break
    assert point > 14
    states = [runs().get(f"t{number}") for number in range(1, point + 1)]
    assert states[0] is None
    assert states[-1] == "done"
    assert {"done", "undone"} <= set(states)


def test_the_password_is_nowhere_in_the_catalog(host, create):
    create("acme")
    with sessions.catalog() as session:
        rows = session.execute(text("SELECT * FROM host_run")).all()
        steps = session.execute(text("SELECT * FROM host_step")).all()
    assert rows
    assert PASSWORD not in f"{rows}{steps}"


def test_a_refused_first_user_leaves_no_tenant(host, create, runs, traces):
    before = traces()
    with pytest.raises(InvalidError):
        create("refused", password="short")
    assert runs() == {"refused": "undone"}
    assert host.catalog.all(*STATES) == []
    assert traces() == before


def test_the_relay_goes_on_with_what_was_left(host, create, runs, let_leases_end):
    assert in_child(lambda: create("acme"), 4)
    let_leases_end()
    looks = iter((False, True))
    keep_sweeping_system(lambda seconds: next(looks))
    assert runs() == {"acme": "undone"}


def test_a_name_is_taken_while_its_tenant_is_made(host, create, let_leases_end):
    assert in_child(lambda: create("acme"), 4)
    with pytest.raises(RefusedError, match="acme is being created: 'archivolt runs"):
        create("acme")
    let_leases_end()
    sweep_system()
    create("acme")
    assert host.catalog.find("acme") is not None


def test_a_database_that_somebody_left_is_not_taken_over(host, create, traces):
    create("acme")
    before = traces()
    with sessions.catalog(write=True) as session:  # as after an older catalog came back
        session.execute(text("DELETE FROM tenant"))
    with pytest.raises(RefusedError, match=r"There is a database already .*acme"):
        create("acme", password="another password")
    assert (traces(), host.catalog.all(*STATES)) == (before, [])
    create("beta")
