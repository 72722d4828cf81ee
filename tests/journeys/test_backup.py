"""A home is backed up while it is in use, is lost, and comes back."""

import hashlib
import threading
from io import BytesIO
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from archivolt_host.app import VERSION, create_app, open_host
from archivolt_host.archives import backing_up, restoring, whole
from archivolt_host.cli import declared, opening
from archivolt_host.cli.main import archivolt
from archivolt_host.tenants.home import Home

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents", "core_search", "core_audit"),
    pytest.mark.placements,
]
SIGN_IN = {"username": "admin", "password": "a test password"}
CACHES = (opening.manifest, opening.opened, opening.ready, declared.commands)


def run(place, *words):
    """Run a command as one of its own: with nothing open before and after."""
    environment = {
        "ARCHIVOLT_HOME": str(place.home),
        "ARCHIVOLT_MANIFEST": str(place.manifest),
    }
    for cached in CACHES:
        cached.cache_clear()
    done = CliRunner().invoke(archivolt, list(map(str, words)), env=environment)
    if opening.opened.cache_info().currsize:
        opening.opened().close()
    for cached in CACHES:
        cached.cache_clear()
    return done


@pytest.fixture
def lived(host, open_home, client_as, run_jobs, tenant, tmp_path):
    """A deployment in which something happened, and what a client sees of it."""
    admin = client_as("admin")
    grace = client_as("grace")
    for name in ("one", "two"):
        upload(admin, name)
    run_jobs(tenant)
    seen = look(admin)
    assert len(seen["found"]) == 2
    token = grace.environ_base["HTTP_AUTHORIZATION"]
    path = host.manifest.sources[0].path
    return SimpleNamespace(home=host.home.path, manifest=path, seen=seen, token=token)


def upload(client, name):
    form = {"file": (BytesIO(f"Vertrag {name}".encode()), f"{name}.txt")}
    answer = client.post("/vault/documents", data=form)
    assert answer.status_code == 201, answer.text


def look(client):
    documents = client.get("/vault/documents?sort=title&limit=200").json["items"]
    found = client.get("/vault/search?q=vertrag").json["items"]
    return {
        "documents": documents,
        "texts": [
            client.get(f"/vault/documents/{d['id']}/content", buffered=True).text
            for d in documents
        ],
        "found": {hit["document"]["id"] for hit in found},
    }


@pytest.fixture
def elsewhere(lived, tmp_path, placement, request):
    """Another machine: no home yet, and on PostgreSQL an empty database."""
    made = tmp_path / "elsewhere"
    made.mkdir()
    place = SimpleNamespace(home=made / "home", manifest=made / "manifest.toml")
    text = lived.manifest.read_text()
    if placement == "sqlite":
        place.manifest.write_text(text)
        yield place
    else:
        server = request.getfixturevalue("postgres")
        fresh = server.database()
        old = text.split('catalog_url = "')[1].split('"')[0]
        text = text.replace(old, fresh.login_url)
        old = text.split('migrator_url = "')[1].split('"')[0]
        text = text.replace(old, fresh.migrator_url)
        place.manifest.write_text(text)
        yield place
        server.drop(fresh)


@pytest.fixture
def opened_at():
    """Open a deployment, and sign in there."""
    opened = []

    def open_at(place):
        host = open_host(Home(place.home), place.manifest)
        opened.append(host)
        client = create_app(host).test_client()
        client.environ_base["HTTP_ORG"] = "acme"
        answer = client.post("/vault/auth/token", json=SIGN_IN)
        assert answer.status_code == 200, answer.text
        client.environ_base["HTTP_AUTHORIZATION"] = f"JWT {answer.json['access']}"
        return host, client

    yield open_at
    for host in opened:
        host.close()


@pytest.mark.parametrize("target", ["backup", "backup.tar"])
def test_what_was_backed_up_lives_on(
    lived, elsewhere, opened_at, open_home, run_jobs, tmp_path, target
):
    open_home.close()
    done = run(lived, "backup", tmp_path / target)
    assert done.exit_code == 0, done.output
    done = run(elsewhere, "restore", tmp_path / target)
    assert done.exit_code == 0, done.output
    host, client = opened_at(elsewhere)
    tenant = host.catalog.get("acme")
    run_jobs(tenant)
    assert look(client) == lived.seen
    upload(client, "three")
    run_jobs(tenant)
    assert len(look(client)["found"]) == 3
    # The deployment's secret came along: who was signed in still is.
    grace = {"Authorization": lived.token}
    assert client.get("/vault/me", headers=grace).json["username"] == "grace"
    done = run(elsewhere, "restore", tmp_path / target)
    assert "There is something in" in done.output


def test_a_content_that_is_missing_is_named_by_its_document(lived, open_home, tmp_path):
    open_home.close()
    lost = lived.seen["documents"][0]
    sha256 = hashlib.sha256(lived.seen["texts"][0].encode()).hexdigest()
    (lived.home / "blobs" / "acme" / sha256[:2] / sha256).unlink()
    of = f"version 1 of {lost['filename']} (document {lost['id']}), content {sha256}"
    done = run(lived, "backup", tmp_path / "backup")
    assert done.exit_code == 0
    assert f"Missing here, and so not in it: {of} of the tenant acme.\n" in done.stderr
    assert done.stderr.endswith("Bring them back from an older backup.\n")
    said = run(lived, "schedules", "do", "host.back_up").output
    assert f"Missing (1 of 1): {of} of the tenant acme." in said
    export = ("tenants", "export", "acme", tmp_path / "acme.tar")
    done = run(lived, *export)
    assert (done.exit_code, done.stderr) == (
        1,
        f"Error: A content of acme is missing (1 of 1): {of}. Bring it back from a "
        "backup, or export all else with --without-missing.\n",
    )
    done = run(lived, *export, "--without-missing")
    assert f"Missing here, and so not in it: {of}.\n" in done.stderr
    done = run(lived, "tenants", "import", tmp_path / "acme.tar", "--slug", "copy")
    assert ", 1 files." in done.output


@pytest.mark.placements("sqlite")
def test_an_upload_between_contents_and_rows_is_whole(
    lived, client_as, elsewhere, opened_at, open_home, tmp_path
):
    admin, copy = client_as("admin"), backing_up.copy_database

    def late(path, target):
        upload(admin, f"late-{path.name}")
        copy(path, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backing_up, "copy_database", late)
        in_this_process(open_home.current, tmp_path / "backup")
    open_home.close()
    assert run(elsewhere, "restore", tmp_path / "backup").exit_code == 0
    _, client = opened_at(elsewhere)
    assert "Vertrag late-acme.db" in look(client)["texts"]


def test_a_backup_in_the_middle_of_uploads_is_whole(
    lived, client_as, elsewhere, opened_at, open_home, run_jobs, tmp_path
):
    admin, stop = client_as("admin"), threading.Event()
    failed = []

    def upload_on():
        count = 0
        while not stop.is_set():
            try:
                upload(admin, f"more-{(count := count + 1)}")
            except BaseException as error:
                failed.append(error)
                raise

    writing = threading.Thread(target=upload_on)
    writing.start()
    try:
        done = in_this_process(open_home.current, tmp_path / "backup")
    finally:
        stop.set()
        writing.join()
    assert failed == []
    assert done.files > 0
    assert done.missing == []
    open_home.close()
    assert run(elsewhere, "restore", tmp_path / "backup").exit_code == 0
    _, client = opened_at(elsewhere)
    listed = look(client)
    assert len(listed["documents"]) >= 2
    assert all(text.startswith("Vertrag ") for text in listed["texts"])


def test_a_tenant_made_meanwhile_leaves_nothing_to_the_next_of_its_name(
    lived, make_tenant, elsewhere, open_home, tmp_path, monkeypatch
):
    name = {"sqlite": "copy_database", "schema": "copy_catalog"}
    name = name[str(open_home.current.manifest.host["default_placement"])]
    copy = getattr(backing_up, name)

    def copied(*arguments):
        monkeypatch.setattr(backing_up, name, copy)
        done = copy(*arguments)
        make_tenant("globex")
        return done

    monkeypatch.setattr(backing_up, name, copied)
    in_this_process(open_home.current, tmp_path / "backup")
    open_home.close()
    left = [path.name for path in (tmp_path / "backup").rglob("globex*")]
    assert left == []
    done = run(elsewhere, "restore", tmp_path / "backup")
    assert done.exit_code == 0, done.output
    done = run(elsewhere, "tenants", "create", "globex", "--password", "New-Secret-1")
    assert done.exit_code == 0, done.output


def in_this_process(host, target):
    """Back up beside the threads that go on working."""
    return whole.back_up(host, VERSION, target, lambda _: None)


@pytest.mark.placements("schema")
def test_a_postgresql_that_holds_tenants_is_left_alone(lived, open_home, tmp_path):
    open_home.close()
    assert run(lived, "backup", tmp_path / "backup").exit_code == 0
    again = SimpleNamespace(home=tmp_path / "again", manifest=lived.manifest)
    done = run(again, "restore", tmp_path / "backup")
    assert "holds tenants already: a backup is restored into an empty" in done.output
    assert not again.home.exists()
    assert not list(tmp_path.glob(".again*"))
    assert "acme" in run(lived, "tenants", "list").output


@pytest.mark.placements("schema")
def test_a_restore_that_fails_leaves_the_database_empty(
    lived, elsewhere, opened_at, open_home, tmp_path
):
    open_home.close()
    assert run(lived, "backup", tmp_path / "backup").exit_code == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restoring, "rebuild", fail)
        done = run(elsewhere, "restore", tmp_path / "backup")
    assert "no more room" in done.output
    assert not elsewhere.home.exists()
    assert run(elsewhere, "restore", tmp_path / "backup").exit_code == 0
    _, client = opened_at(elsewhere)
    assert look(client)["texts"] == lived.seen["texts"]


def fail(tenant):
    raise OSError(28, "no more room")
