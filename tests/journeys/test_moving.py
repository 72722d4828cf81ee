"""A tenant is exported, and lives on elsewhere: in another placement, by any name."""

from io import BytesIO
from itertools import count

import pytest
from sqlalchemy import update

from archivolt_host.archives.exporting import export_tenant
from archivolt_host.archives.importing import ImportTenant
from archivolt_host.kit.testing.killing import die_if, in_child
from archivolt_host.orchestration.creation import CreateTenant
from archivolt_host.orchestration.models import CatalogRunRow
from archivolt_host.orchestration.sweeping import sweep_system
from archivolt_host.plugins import overrides
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.states import ACTIVE, STATES

pytestmark = pytest.mark.plugins(
    "core_identity", "core_documents", "core_search", "core_audit"
)
SIGN_IN = {"username": "admin", "password": "a test password"}
TEXT = "Ein Vertrag über Zweifel und Ähnliches."


@pytest.fixture
def moves(open_home, tmp_path):
    """Export and import as the command line does."""

    class Moves:
        def out(self, tenant, name="tenant.tar"):
            host = open_home.current
            with (tmp_path / name).open("wb") as file:
                export_tenant(tenant, host.provisioner.plan, [], file)
            return tmp_path / name

        def into(self, archive, slug, placement):
            host = open_home.current
            done = ImportTenant(str(archive), slug, placement).run()
            return host.catalog.get(slug), done

    return Moves()


def signed_in(app, slug):
    client = app.test_client()
    client.environ_base["HTTP_ORG"] = slug
    answer = client.post("/vault/auth/token", json=SIGN_IN)
    assert answer.status_code == 200, answer.text
    client.environ_base["HTTP_AUTHORIZATION"] = f"JWT {answer.json['access']}"
    return client


def upload(client, name, text, **fields):
    form = {**fields, "file": (BytesIO(text.encode()), name)}
    answer = client.post("/vault/documents", data=form)
    assert answer.status_code == 201, answer.text
    return answer.json["id"]


def lived_in(app, tenant, run_jobs):
    """Fill a tenant with something of everything; return what a client then sees."""
    client = signed_in(app, tenant.slug)
    folder = client.post("/vault/folders", json={"name": "Verträge"}).json["id"]
    inner = {"name": "2026", "parent_id": folder}
    client.post("/vault/folders", json=inner)
    one = upload(client, "vertrag.txt", TEXT, folder_id=folder, tags="a,b")
    upload(client, "same.txt", TEXT)
    match = {"If-Match": client.get(f"/vault/documents/{one}").headers["ETag"]}
    said = {"metadata": {"n": 1, "deep": [None, "ü", 1.5]}}
    assert client.patch(f"/vault/documents/{one}", json=said, headers=match).json
    gone = upload(client, "gone.txt", "Weg damit")
    client.delete(f"/vault/documents/{gone}", headers={"If-Match": "*"})
    run_jobs(tenant)
    return seen(client)


def seen(client):
    """Return all that a client sees, but for what differs by tenant."""
    documents = client.get("/vault/documents?sort=title").json["items"]
    return {
        "documents": documents,
        "folders": client.get("/vault/folders").json["items"],
        "trash": [d["id"] for d in client.get("/vault/trash").json["items"]],
        "texts": [
            client.get(f"/vault/documents/{d['id']}/content", buffered=True).text
            for d in documents
        ],
        "found": {
            hit["document"]["id"]
            for hit in client.get("/vault/search?q=zweifel").json["items"]
        },
    }


@pytest.mark.parametrize(
    ("placement", "target"),
    [("sqlite", "sqlite"), ("schema", "schema"), ("schema", "sqlite")],
    indirect=["placement"],
)
def test_a_tenant_lives_on_in_another_placement(
    app, tenant, run_jobs, moves, placement, target
):
    before = lived_in(app, tenant, run_jobs)
    assert len(before["found"]) == 2
    moved, imported = moves.into(moves.out(tenant), "umbra", target)
    assert type(moved.place).__name__.lower() == f"{target}place"
    assert (imported["files"], imported["notes"]) == (2, [])
    run_jobs(moved)
    client = signed_in(app, "umbra")
    assert seen(client) == before
    upload(client, "new.txt", "Neues und Zweifel")
    run_jobs(moved)
    assert len(seen(client)["found"]) == 3
    assert seen(signed_in(app, tenant.slug)) == before


@pytest.mark.placements("schema")
def test_from_a_file_into_a_schema_and_back(app, open_home, run_jobs, moves):
    host = open_home.current
    CreateTenant("first", "sqlite", "admin", SIGN_IN["password"]).run()
    before = lived_in(app, host.catalog.get("first"), run_jobs)
    archive = moves.out(host.catalog.get("first"))
    for slug, placement in (("second", "schema"), ("third", "sqlite")):
        moved, _ = moves.into(archive, slug, placement)
        run_jobs(moved)
        assert seen(signed_in(app, slug)) == before
        archive = moves.out(moved, f"{slug}.tar")


@pytest.mark.placements
def test_it_keeps_its_id_where_that_is_free(host, tenant, moves):
    archive = moves.out(tenant)
    copy, _ = moves.into(archive, "copy", host.manifest.host["default_placement"])
    assert copy.id != tenant.id
    host.provisioner.drop(tenant.place)
    host.catalog.remove(tenant.slug)
    back, _ = moves.into(archive, "acme", host.manifest.host["default_placement"])
    assert back.id == tenant.id


def test_switches_and_settings_come_along(host, tenant, moves):
    off = {overrides.ENABLED: False}
    overrides.write(tenant.slug, "core_search", off, "test")
    small = {"settings.max_upload": "1MiB", "settings.gone": 1}
    overrides.write(tenant.slug, "core_documents", small, "test")
    host.registry.forget()
    _, imported = moves.into(moves.out(tenant), "umbra", "sqlite")
    host.registry.forget()
    assert "core_search" not in host.registry.enabled("umbra")
    assert host.registry.settings("core_documents", "umbra")["max_upload"] == 2**20
    assert imported["notes"] == [
        "core_documents.gone is not set: there is no such setting here."
    ]


@pytest.mark.placements
@pytest.mark.parametrize(
    "point", [5, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 20, 45))]
)
def test_an_import_that_is_killed_leaves_all_or_nothing(
    app, host, tenant, run_jobs, moves, placement, point
):
    """Killed at that commit, and again at that table or file."""
    before, path = lived_in(app, tenant, run_jobs), str(moves.out(tenant))
    for slug, run in (
        ("commit", lambda: ImportTenant(path, "commit", placement).run()),
        ("table", lambda: ImportTenant(path, "table", placement, dying(point)).run()),
    ):
        in_child(run, point if slug == "commit" else 0)
        with sessions.catalog(write=True) as session:
            session.execute(update(CatalogRunRow).values(lease_until=now()))
        sweep_system()
        host.catalog.refresh(force=True)
        left = [found for found in host.catalog.all(*STATES) if found.slug == slug]
        if left:
            assert left[0].state == ACTIVE
            run_jobs(left[0])
            assert seen(signed_in(app, slug)) == before
        else:
            assert not (host.home.tenants / f"{slug}.db").exists()
            assert not (host.home.blobs / slug).exists()
        if not left or point < 20:
            assert ImportTenant(path, f"{slug}-2", placement).run()["files"] == 2


def dying(point):
    """Return what kills this process when it is told of the so-many-th thing."""
    points = count(1)
    return lambda _: die_if(next(points) == point)
