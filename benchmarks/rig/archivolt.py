"""Archivolt for a rig of ``targets``; copy this file into that folder of the rig.

What is mapped to what:

- get: ``GET documents/<id>``. Our answer holds no content, so the seeded documents
  carry their text in ``metadata.body`` as well: the answer is as long as the others'.
- list: a page of the folder ``published``, with a total. Statuses are folders here, and
  these documents carry no ``body``, as the others' lists do not show theirs.
- create: a form with title, metadata and the text as a file: that is a document here.
- upload: a new version of an existing document.
- search: as it is; each hit holds the whole document.

Ids are UUIDs, made from the rig's numbers so that number 7 is the same in every tenant.
Approvals: requests that another user, ``user2``, has made and submitted by HTTP, since
nobody approves their own. The markers for which answers are checked are in
``MARKERS``, and ``check`` takes the place of the driver's check, which expects numbers
for ids and user names for users: ``measure.py`` puts both in place.
"""

import http.client
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from functools import cached_property
from pathlib import Path
from uuid import UUID

from .base import BOUNDARY, DATA, DOCUMENT, Target, common, pg

EPOCH_MS = 1_767_225_600_000  # 2026-01-01: document n was made n milliseconds later
PASSWORD = "benchmark-password"
PAGES = 20


def id_of(number: int) -> str:
    """Return the id of the document of that number, in any tenant."""
    high = (EPOCH_MS + number) << 16 | 0x7000
    return str(UUID(int=high << 64 | 0b10 << 62 | number))


FOLDERS = {
    status: id_of(10**7 + place)
    for place, status in enumerate(("draft", "published", "archived"))
}


class Archivolt(Target):
    """Archivolt on SQLite."""

    name = "archivolt"
    port = os.environ.get("ARCHIVOLT_BENCH_PORT", "18004")
    base_url = f"http://127.0.0.1:{port}"
    health = "/vault/health/live"
    repository = Path(os.environ.get("ARCHIVOLT_REPOSITORY", "."))
    command = [str(repository / ".venv/bin/archivolt"), "run", "--port", port]
    cwd = repository
    env = {
        "ARCHIVOLT_HOME": str(DATA / name / "home"),
        "ARCHIVOLT_MANIFEST": str(DATA / name / "manifest.toml"),
    }
    MARKERS = {"W3": '"items"', "W5": '"items"', "W6": '"APPROVED"'}

    def __init__(self):
        self.tokens = {}

    def headers(self, tenant, user="user1"):
        """Sign in, once per tenant and user."""
        if (tenant, user) not in self.tokens:
            sent = json.dumps({"username": user, "password": PASSWORD}).encode()
            headers = {"Org": tenant, "Content-Type": "application/json"}
            found = self.ask("/vault/auth/token", headers, sent)
            self.tokens[tenant, user] = found["access"]
        return {"Authorization": f"JWT {self.tokens[tenant, user]}", "Org": tenant}

    def requester(self, tenant):
        """Return the headers of the user who asks, made when first asked for."""
        if (tenant, "user2") not in self.tokens:
            sent = {"username": "user2", "password": PASSWORD, "roles": ["member"]}
            headers = self.headers(tenant) | {"Content-Type": "application/json"}
            try:
                self.ask("/vault/users", headers, json.dumps(sent).encode())
            except urllib.error.HTTPError as known:
                assert known.code == 409, known.read()
        return self.headers(tenant, "user2") | {"Content-Type": "application/json"}

    def pending_ids(self, tenant, n):
        """Make requests, and submit them."""
        headers = self.requester(tenant)
        address = urllib.parse.urlsplit(self.base_url).netloc
        connection = http.client.HTTPConnection(address, timeout=30)

        def post(path, body=None):
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            found = json.loads(answer.read())
            assert answer.status in (200, 201), found
            return found["id"]

        body = json.dumps({"title": "An approval"})
        ids = [post("/vault/requests", body) for _ in range(n)]
        for id in ids:
            post(f"/vault/requests/{id}/submit")
        connection.close()
        return ids

    def approve(self, item):
        return "POST", f"/vault/requests/{item}/approve", {}, None

    def ask(self, path, headers, body=None):
        """Send one request and return its JSON."""
        request = urllib.request.Request(self.base_url + path, body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    @cached_property
    def unpublished(self):
        """Numbers of the first tenant's documents that the lists do not show."""
        documents = common.documents(int(os.environ["MAIN_DOCS"]))
        return [n for n, made in enumerate(documents, 1) if made[1] != "published"]

    @cached_property
    def pages(self):
        """The first pages of the list, found by following ``next``."""
        path = f"/vault/documents?folder_id={FOLDERS['published']}&limit=50&count=true"
        found, cursor = [path], None
        while len(found) < PAGES:
            cursor = self.ask(found[-1], self.headers(common.tenant(1)))["next"]
            found.append(f"{path}&cursor={cursor}")
        return found

    def doc_ids(self, tenant):
        if tenant == common.tenant(1):
            return self.unpublished
        return super().doc_ids(tenant)

    def get(self, doc):
        id = doc if isinstance(doc, str) else id_of(doc)
        return "GET", f"/vault/documents/{id}", {}, None

    def list(self, status="published", page=1):
        return "GET", self.pages[page - 1], {}, None

    def search(self, q):
        return "GET", "/vault/search?limit=20&q=" + urllib.parse.quote_plus(q), {}, None

    def create(self):
        said = {
            "title": DOCUMENT["title"],
            "metadata": json.dumps(DOCUMENT["metadata"]),
        }
        return "POST", "/vault/documents", *form(DOCUMENT["body"], **said)

    def patch(self, doc):
        metadata = {"reference": "REF-__N__", "body": DOCUMENT["body"]}
        changed = {"title": "Changed __N__", "metadata": metadata}
        return "PATCH", self.get(doc)[1], {"If-Match": "*"}, changed

    def upload(self, doc):
        content = "0123456789abcdef" * 639 + " __N__"
        return "POST", self.get(doc)[1] + "/versions", *form(content)

    def results_of(self, answer):
        return [item.get("document", item) for item in answer["items"]]

    def check(self, call, word, error):
        """Assert what the driver's own check asserts, in our terms."""
        self.check_reading(call, word)
        self.check_writing(call)
        self.check_approving(call, error)
        try:
            call(self, (*self.get(7)[:2], {"Authorization": "JWT wrong"}, None))
            raise AssertionError("a wrong token was accepted")
        except error as refused:
            assert refused.code == 401, refused

    def check_reading(self, call, word):
        number = self.unpublished[7]
        doc = call(self, self.get(number))[1]
        me = call(self, ("GET", "/vault/me", {}, None))[1]
        assert doc["id"] == id_of(number), doc
        assert me["username"] == "user1" and doc["created_by"] == me["id"], doc
        assert len(doc["metadata"]["body"]) > 100, doc
        page = self.results_of(call(self, self.list())[1])
        assert len(page) == 50 and page[0]["id"] > page[-1]["id"]
        assert all(d["folder_id"] == FOLDERS["published"] for d in page)
        assert "body" not in page[0]["metadata"]
        found = call(self, self.search(word))[1]["items"]
        assert 1 <= len(found) <= 20
        assert all(word in hit["snippet"] + hit["document"]["title"] for hit in found)

    def check_writing(self, call):
        stamp = 123_456_789
        status, made = call(self, self.create(), n=stamp)
        assert status == 201 and f"{stamp:012d}" in made["title"], made
        read = call(self, self.get(made["id"]))[1]
        assert read["metadata"]["reference"] == f"REF-{stamp:012d}", read
        assert "Changed" in call(self, self.patch(made["id"]))[1]["title"]
        status, sent = call(self, self.upload(made["id"]), n=stamp)
        assert status == 201 and 10_000 < sent["size"] < 10_400, sent
        assert len(sent["sha256"]) == 64, sent

    def check_approving(self, call, error):
        item = self.pending_ids(common.tenant(1), 1)[0]
        assert call(self, self.approve(item))[1]["status"] == "APPROVED"
        try:
            call(self, self.approve(item))
            raise AssertionError("a second approval was accepted")
        except error as refused:
            assert refused.code == 409, refused


def form(content, **fields):
    """Return header and body of a form with a text file."""
    parts = [f'name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    head = 'name="file"; filename="report.txt"\r\nContent-Type: text/plain'
    parts.append(f"{head}\r\n\r\n{content}")
    lines = [f"--{BOUNDARY}\r\nContent-Disposition: form-data; {p}\r\n" for p in parts]
    header = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return header, "".join(lines) + f"--{BOUNDARY}--\r\n"


class OnPostgres(Archivolt):
    """Archivolt on PostgreSQL, a schema per tenant: ``archivolt:postgres``."""

    name = "archivolt_pg"
    port = os.environ.get("ARCHIVOLT_BENCH_PG_PORT", "18005")
    base_url = f"http://127.0.0.1:{port}"
    command = [*Archivolt.command[:-1], port]
    env = {
        "ARCHIVOLT_HOME": str(DATA / name / "home"),
        "ARCHIVOLT_MANIFEST": str(DATA / name / "manifest.toml"),
        "ARCHIVOLT_MIGRATOR_URL": "postgresql://bench@127.0.0.1:"
        f"{os.environ['PG_PORT']}/bench_archivolt",
    }

    def database_pids(self):
        query = "SELECT pid FROM pg_stat_activity WHERE datname = 'bench_archivolt'"
        return [row[0] for row in pg("postgres", query)]


TARGET, postgres = Archivolt, OnPostgres
