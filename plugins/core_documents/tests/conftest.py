"""What the tests of documents share: a tenant's vault, looked at from both ends."""

import os
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from archivolt_host.tenants import context, sessions

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def corpus():
    """Real files, by ARCHIVOLT_CORPUS or beside the repository."""
    folder = os.environ.get("ARCHIVOLT_CORPUS")
    path = Path(folder) if folder else ROOT.parent / "shared" / "corpus"
    if not path.is_dir():
        pytest.skip("no corpus: set ARCHIVOLT_CORPUS to its folder")
    return path


class Vault:
    """One tenant's documents: by HTTP from outside, by files and SQL from inside."""

    def __init__(self, host, tenant, client):
        self.host, self.tenant, self.client = host, tenant, client
        self.folder = host.home.blobs / tenant.slug

    def upload(self, content=b"hello", name="hello.txt", path="/documents", **fields):
        """Upload as a form, whatever the answer is."""
        file = FileStorage(BytesIO(content), name)
        boundary, body = encode_multipart({**fields, "file": file})
        form = f"multipart/form-data; boundary={boundary}"
        return self.client.post(f"/vault{path}", data=body, content_type=form)

    def send(self, content=b"hello", name="hello.txt", path="/documents", **headers):
        """Upload as a raw body, whatever the answer is."""
        named = {"Content-Disposition": f'attachment; filename="{name}"'}
        return self.client.post(
            f"/vault{path}", data=content, headers={**named, **headers}
        )

    def add(self, content=b"hello", name="hello.txt", **fields):
        """Upload a document and return it."""
        answer = self.upload(content, name, **fields)
        assert answer.status_code == 201, answer.text
        return answer.json

    def get(self, path, status=200, **headers):
        answer = self.client.get(f"/vault{path}", headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json

    def content(self, path, **headers):
        """Download, whatever the answer is."""
        return self.client.get(f"/vault{path}", headers=headers, buffered=True)

    def patch(self, path, match="*", **values):
        return self.client.patch(
            f"/vault{path}", json=values, headers={"If-Match": match}
        )

    def delete(self, path, match="*"):
        return self.client.delete(f"/vault{path}", headers={"If-Match": match})

    def make_folder(self, name, parent=None):
        answer = self.client.post(
            "/vault/folders", json={"name": name, "parent_id": parent}
        )
        assert answer.status_code == 201, answer.text
        return answer.json["id"]

    def titles(self, query=""):
        return [d["title"] for d in self.get(f"/documents{query}")["items"]]

    def pages(self, query, limit=7):
        """Return the items of all pages of a list."""
        found, cursor = [], ""
        while True:
            page = self.get(f"{query}&limit={limit}{cursor}")
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"

    def blobs(self):
        """Return the names of the contents on disk."""
        return {p.name for p in self.folder.glob("??/*")}

    def incoming(self):
        return list(self.folder.glob("incoming/*"))

    def sql(self, statement, **values):
        """Ask the tenant's database behind the program's back."""
        with self.reading() as connection:
            return connection.execute(text(statement), values).all()

    def acting(self):
        """Be in the tenant, with no transaction open."""
        return context.acting(self.tenant)

    @contextmanager
    def reading(self):
        with context.acting(self.tenant), sessions.reading() as work:
            yield work.connection

    @contextmanager
    def writing(self):
        with context.acting(self.tenant), sessions.transaction() as work:
            yield work.connection

    def referenced(self):
        return {row[0] for row in self.sql("SELECT sha256 FROM documents_version")}

    def is_clean(self):
        """Assert that the blob folder holds what is referred to, and nothing else."""
        assert self.blobs() == self.referenced()
        assert self.incoming() == []


@pytest.fixture
def open_vault(host, tenant, client_as):
    """Open the vault of a user, without a look at what is left in the end."""
    return lambda user="member", of=tenant: Vault(host, of, client_as(user, of))


@pytest.fixture
def vault(open_vault):
    """A member's vault; whatever a test does, no blob may be left over or missing."""
    opened = open_vault()
    yield opened
    opened.is_clean()


@pytest.fixture
def refused():
    """Assert a problem document with a sentence, and return it."""

    def check(answer, status, words=""):
        assert answer.status_code == status, answer.text
        assert answer.content_type == "application/problem+json"
        problem = answer.json
        assert problem["status"] == status
        assert problem["detail"][-1] in ".)"
        assert len(problem["detail"]) > 10
        assert words in problem["detail"]
        assert "Traceback" not in answer.text
        return problem

    return check
