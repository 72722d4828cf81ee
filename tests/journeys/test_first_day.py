"""A tenant's first day, all through HTTP, and another tenant's beside it.

Nothing is looked at from inside: what counts is what a client gets.
"""

import os
from io import BytesIO
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents", "core_search"),
    pytest.mark.placements,
]
ROOT = Path(__file__).parents[2]
FILES = {
    "multi-language.txt": "pagamento",
    "testPDF_no_extract_no_accessibility_owner_empty.pdf": "Hello",
    "testWORD_no_format.docx": "övervakning",
    "testOCR.pdf": None,
}


@pytest.fixture
def corpus():
    folder = os.environ.get("ARCHIVOLT_CORPUS")
    path = Path(folder) if folder else ROOT.parent / "shared" / "corpus"
    if not path.is_dir():
        pytest.skip("no corpus: set ARCHIVOLT_CORPUS to its folder")
    return path


class Day:
    """One tenant's day: it signs in for itself and keeps what it was told."""

    def __init__(self, app, tenant):
        self.tenant = tenant
        self.client = app.test_client()
        sent = {"username": "admin", "password": "a test password"}
        tokens = self.client.post("/vault/auth/token", json=sent, headers=self.org)
        self.token = tokens.json["access"]
        self.documents = {}

    @property
    def org(self):
        return {"Org": self.tenant.slug}

    def ask(self, method, path, status=200, match=None, **options):
        headers = {**self.org, "Authorization": f"JWT {self.token}"}
        if match:
            headers["If-Match"] = match
        answer = self.client.open(
            f"/vault{path}", method=method, headers=headers, buffered=True, **options
        )
        assert answer.status_code == status, (path, answer.text)
        return answer

    def get(self, path, status=200):
        return self.ask("GET", path, status).json

    def found(self, words):
        return [
            hit["document"]["filename"]
            for hit in self.get(f"/search?q={words}")["items"]
        ]

    def upload(self, path, content, name, **fields):
        form = {**fields, "file": (BytesIO(content), name)}
        return self.ask("POST", path, 201, data=form)


def test_a_first_day(app, two_tenants, run_jobs, corpus):
    ours, theirs = days = [Day(app, tenant) for tenant in two_tenants]
    for day in days:
        sign_in(day)
        fill_a_folder(day, corpus)
        texts_arrive(day, run_jobs)
        find(day)
    stay_apart(ours, theirs)
    change_and_be_too_late(ours)
    add_a_version(ours, run_jobs)
    throw_away_and_take_back(ours)
    switch_search_off_and_on(ours, theirs, run_jobs)
    as_if_nothing_had_happened(theirs)


def sign_in(day):
    assert day.get("/me")["username"] == "admin"
    assert day.get("/documents")["items"] == []
    stranger = day.client.get("/vault/documents", headers=day.org)
    assert stranger.status_code == 401


def fill_a_folder(day, corpus):
    made = day.ask("POST", "/folders", 201, json={"name": "Contracts"})
    day.folder = made.json["id"]
    for name in FILES:
        uploaded = day.upload(
            "/documents",
            (corpus / name).read_bytes(),
            name,
            folder_id=day.folder,
            tags=f"{day.tenant.slug},2026",
        )
        assert uploaded.json["text_status"] == "pending"
        day.documents[name] = uploaded.json["id"]


def texts_arrive(day, run_jobs):
    assert {job.status for job in run_jobs(day.tenant)} == {"done"}
    for name, word in FILES.items():
        shown = day.get(f"/documents/{day.documents[name]}")
        assert shown["text_status"] == ("done" if word else "empty")
        assert (shown["text_problem"] is None) is bool(word)


def find(day):
    page = day.get("/documents?sort=title&limit=3&count=true")
    assert page["count"] == 4
    rest = day.get(f"/documents?sort=title&limit=3&count=true&cursor={page['next']}")
    listed = [d["filename"] for d in page["items"] + rest["items"]]
    assert listed == sorted(FILES)
    pdfs = day.get(f"/documents?mime_type=application/pdf&folder_id={day.folder}")
    assert {d["filename"] for d in pdfs["items"]} == {n for n in FILES if ".pdf" in n}
    assert len(day.get(f"/documents?tag={day.tenant.slug}")["items"]) == 4
    for name, word in FILES.items():
        if word:
            assert day.found(word) == [name]


def stay_apart(ours, theirs):
    for one, other in ((ours, theirs), (theirs, ours)):
        mine = set(one.documents.values())
        assert {d["id"] for d in one.get("/documents")["items"]} == mine
        for id in other.documents.values():
            for path in ("", "/content", "/versions", "/versions/1/content"):
                one.get(f"/documents/{id}{path}", 404)
            one.ask("PATCH", f"/documents/{id}", 404, match="*", json={"title": "x"})
            one.ask("DELETE", f"/documents/{id}", 404, match="*")
        one.get(f"/folders/{other.folder}", 404)
        assert one.get(f"/documents?tag={other.tenant.slug}")["items"] == []
        assert one.get(f"/documents?folder_id={other.folder}")["items"] == []
        lent = {**one.org, "Authorization": f"JWT {other.token}"}
        assert one.client.get("/vault/documents", headers=lent).status_code == 401


def change_and_be_too_late(day):
    path = f"/documents/{day.documents['multi-language.txt']}"
    read = day.ask("GET", path).headers["ETag"]
    day.ask("PATCH", path, 428, json={"title": "Phrases"})
    changed = day.ask("PATCH", path, match=read, json={"title": "Phrases"})
    assert changed.json["title"] == "Phrases"
    day.ask("PATCH", path, 412, match=read, json={"title": "Too late"})
    assert day.get(path)["title"] == "Phrases"
    assert day.found("phrases") == ["multi-language.txt"]


def add_a_version(day, run_jobs):
    path = f"/documents/{day.documents['multi-language.txt']}"
    day.upload(f"{path}/versions", b"Quite another text.", "english.txt")
    assert day.found("pagamento") == []
    run_jobs(day.tenant)
    assert day.found("another") == ["english.txt"]
    numbers = [v["number"] for v in day.get(f"{path}/versions")["items"]]
    assert numbers == [2, 1]
    assert day.ask("GET", f"{path}/content").data == b"Quite another text."
    assert b"pagamento" in day.ask("GET", f"{path}/versions/1/content").data
    assert day.get(path)["title"] == "Phrases"


def throw_away_and_take_back(day):
    path = f"/documents/{day.documents['testWORD_no_format.docx']}"
    day.ask("DELETE", path, 204, match=day.ask("GET", path).headers["ETag"])
    day.get(path, 404)
    assert day.found("övervakning") == []
    assert [d["filename"] for d in day.get("/trash")["items"]] == [
        "testWORD_no_format.docx"
    ]
    day.ask("POST", f"{path}/restore")
    assert day.found("övervakning") == ["testWORD_no_format.docx"]
    assert len(day.get("/documents")["items"]) == 4


def switch_search_off_and_on(ours, theirs, run_jobs):
    ours.ask("PUT", "/plugins/core_search", json={"enabled": False})
    ours.get("/search?q=hello", 404)
    assert "/vault/search" not in ours.get("/api/openapi.json")["paths"]
    assert theirs.found("hello")
    ours.upload("/documents", b"Written meanwhile.", "meanwhile.txt")
    run_jobs(ours.tenant)
    ours.ask("PUT", "/plugins/core_documents", 200, json={"enabled": False})
    ours.get("/documents", 404)
    assert len(theirs.get("/documents")["items"]) == 4
    ours.ask("PUT", "/plugins/core_documents", json={"enabled": True})
    assert len(ours.get("/documents")["items"]) == 5
    ours.ask("PUT", "/plugins/core_search", json={"enabled": True})
    run_jobs(ours.tenant)
    assert ours.found("meanwhile") == ["meanwhile.txt"]
    assert ours.found("hello")


def as_if_nothing_had_happened(day):
    assert day.found("pagamento") == ["multi-language.txt"]
    assert day.get("/trash")["items"] == []
    for name, id in day.documents.items():
        shown = day.get(f"/documents/{id}")
        assert (shown["title"], shown["version"]) == (name, 1)
