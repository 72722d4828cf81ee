"""A stranger's plugin from its first line to its last trace, in a clean environment.

Nothing but wheels is installed: no checkout, no editable package.
"""

import re
import subprocess

import pytest
import sqlalchemy as sa

pytestmark = pytest.mark.slow

OURS = (
    "hookspecs",
    "host",
    "plugin_template",
    "plugins/core_audit",
    "plugins/core_documents",
    "plugins/core_identity",
    "plugins/core_permissions",
)
MANIFEST = """
[host]
{host}
[plugins.core_identity]
[plugins.core_documents]
[defaults]
enabled = ["core_identity", "core_documents"]
"""
SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "shelf_0002"
down_revision = "shelf_0001"
branch_labels = depends_on = None


def upgrade():
    op.add_column("shelf_bookmark", sa.Column("colour", sa.String(20)))


def downgrade():
    with op.batch_alter_table("shelf_bookmark") as table:
        table.drop_column("colour")
"""
HERE, PASSWORD = "/vault/shelf/bookmarks", "a test password"
HISTORY = ("audit_", "host_event", "override_log")


class Environment:
    """A virtual environment, and what is done to it."""

    def __init__(self, folder, uv):
        self.folder, self.uv, self.command = folder, uv, folder / "bin" / "archivolt"

    def install(self, *words):
        self._pip("install", *words)

    def uninstall(self, *names):
        self._pip("uninstall", *names)

    def _pip(self, verb, *words):
        python = ("--python", str(self.folder / "bin" / "python"))
        self.uv("pip", verb, "--quiet", *python, *map(str, words))

    def files(self):
        """Return every file, but for what Python compiles by the way."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {path for path in found if path.suffix != ".pyc"}


@pytest.fixture(scope="module")
def uv(request):
    program = request.config.rootpath / ".tools" / "bin" / "uv"
    return lambda *words: subprocess.run([program, *words], check=True)


@pytest.fixture(scope="module")
def environment(request, uv, tmp_path_factory):
    """An environment with the host and the core, from wheels built a moment ago."""
    root, folder = request.config.rootpath, tmp_path_factory.mktemp("clean")
    for part in OURS:
        build(uv, root / part, folder / "wheels")
    uv("venv", "--quiet", str(folder / "venv"))
    made = Environment(folder / "venv", uv)
    constraints = ("--constraint", root / "constraints.txt")
    made.install(*constraints, *(folder / "wheels").glob("*.whl"))
    return made


def build(uv, project, into):
    uv("build", "--quiet", "--wheel", "--out-dir", str(into), str(project))
    return max(into.glob("*.whl"), key=lambda wheel: wheel.stat().st_mtime_ns)


@pytest.fixture(params=["sqlite", "schema"])
def place(request):
    """Where the tenants' data is: the host's settings, and how to look at it."""
    if request.param == "sqlite":
        yield Files()
        return
    server = request.getfixturevalue("postgres")
    database = server.database()
    yield Schemas(database)
    server.drop(database)


class Files:
    settings = 'sqlite_synchronous = "OFF"'

    def urls(self, deployment):
        home = deployment.folder / "home"
        files = [home / "catalog.db", *sorted((home / "tenants").glob("*.db"))]
        return [(f.stem, f"sqlite:///{f}", None) for f in files]


class Schemas:
    def __init__(self, database):
        self.url = database.migrator_url.replace("postgresql:", "postgresql+psycopg:")
        self.settings = (
            f'catalog_url = "{database.login_url}"\n'
            f'migrator_url = "{database.migrator_url}"\n'
            'default_placement = "schema"\n'
        )

    def urls(self, _):
        engine = sa.create_engine(self.url)
        names = sa.inspect(engine).get_schema_names()
        engine.dispose()
        return [
            (name, self.url, name)
            for name in names
            if name != "information_schema" and not name.startswith("pg_")
        ]


def traces(place, deployment):
    """Return the columns of every table, and the cells in which a plugin is named."""
    columns, named = set(), set()
    for name, url, schema in place.urls(deployment):
        engine = sa.create_engine(url)
        tables = sa.MetaData()
        with engine.connect() as connection:
            tables.reflect(connection, schema=schema, views=False)
            for table in tables.tables.values():
                columns |= {(name, table.name, c.name, str(c.type)) for c in table.c}
                if not table.name.startswith(HISTORY):
                    named |= {(name, *cell) for cell in naming(connection, table)}
        engine.dispose()
    return columns, named


def naming(connection, table):
    for column in table.c:
        text = sa.cast(column, sa.String)
        if connection.scalar(sa.select(sa.true()).where(text.like("%shelf%")).limit(1)):
            yield table.name, column.name


def keys(deployment):
    """Return what is in Valkey, but for the queue's own counters and rings."""
    from redis import Redis

    with Redis(unix_socket_path=str(deployment.folder / "home/run/valkey.sock")) as r:
        found = {key.decode() for key in r.scan_iter()}
    return {key for key in found if not key.startswith(("rq:", "archivolt:"))}


def kept(deployment):
    """Return the files of the home, but for logs, servers' own and new compilations."""
    home = deployment.folder / "home"
    found = {p.relative_to(home) for p in home.rglob("*") if p.is_file()}
    own = ("logs", "run", "valkey")
    return {p for p in found if p.parts[0] not in own and not p.name.endswith(WAL)}


WAL = ("-wal", "-shm", ".lock")


@pytest.fixture
def deployment(place, environment, make_deployment):
    """The core, two tenants, and something in them."""
    made = make_deployment(environment.command)
    made.manifest.write_text(MANIFEST.format(host=place.settings))
    for slug in ("acme", "umbra"):
        made.do("tenants", "create", slug, "--password", PASSWORD)
        made.do("demo", "--tenant", slug)
    made.start()
    return made


@pytest.fixture
def project(deployment):
    """The stranger's plugin, as the template has it."""
    deployment.do("plugin", "new", "shelf", "--defaults", cwd=deployment.folder)
    return deployment.folder / "shelf"


def second_version(project):
    toml = project / "pyproject.toml"
    toml.write_text(toml.read_text().replace('"0.1.0"', '"0.2.0"'))
    migrations = project / "archivolt_shelf" / "migrations"
    (migrations / "0002_colour.py").write_text(SECOND)
    models = project / "archivolt_shelf" / "bookmarks" / "models.py"
    models.write_text(models.read_text() + "    colour: Mapped[str | None]\n")


def restart(deployment):
    deployment.stop()
    deployment.start()
    return deployment.client("acme"), deployment.client("umbra")


def is_off(client):
    """Return whether every web process says so: each looks for itself."""
    return {client.get(HERE).status for _ in range(20)} == {404}


def test_nothing_is_left_behind(
    place, environment, deployment, project, uv, until, tmp_path
):
    def seen():
        return (
            environment.files(),
            traces(place, deployment),
            keys(deployment),
            kept(deployment),
        )

    deployment.client("acme"), deployment.client("umbra")
    before = seen()

    first = build(uv, project, tmp_path / "dist")
    environment.install(first, "--no-deps")
    said = deployment.do("plugins", "add", "shelf")
    assert "shelf is in" in said
    acme, umbra = restart(deployment)
    assert umbra.send("PUT", "/vault/plugins/shelf", {"enabled": False}).status == 200
    until(lambda: is_off(umbra))

    [document, *_] = acme.get("/vault/documents").json["items"]
    made = acme.send("POST", HERE, {"document_id": document["id"]})
    assert made.status == 201, made.text
    assert len(acme.get(HERE).json["items"]) == 1
    assert is_off(umbra)

    second_version(project)
    second = build(uv, project, tmp_path / "dist")
    said = deployment.do("plugins", "check", str(second))
    assert "shelf 0.1.0 -> 0.2.0" in said
    assert "The migration shelf_0002 would wait in 2 databases." in said
    deployment.stop()
    environment.install(second, "--no-deps")
    deployment.do("upgrade")
    acme, umbra = restart(deployment)
    assert len(acme.get(HERE).json["items"]) == 1
    assert re.search(r"shelf +0\.2\.0 +loaded", deployment.do("plugins"))
    assert is_off(umbra)

    acme.send("PUT", "/vault/plugins/shelf", {"enabled": False})
    until(lambda: is_off(acme))
    deployment.do("plugins", "remove", "shelf")
    deployment.stop()
    counted = deployment.do("plugins", "purge", "shelf", "--dry-run")
    assert "shelf_bookmark (1 rows)" in counted
    deployment.do("plugins", "purge", "shelf", "--yes", "--no-export")
    environment.uninstall("archivolt-shelf")
    acme, umbra = restart(deployment)
    assert acme.get("/vault/documents").status == 200

    for name, now, then in zip(
        ("environment", "databases", "Valkey", "home"), seen(), before, strict=True
    ):
        assert now == then, name
    assert "shelf" not in deployment.do("plugins")
