"""The journal as a file: whole, in order, and harmless in a spreadsheet."""

import csv
import io
import json

import pytest

from archivolt_core_audit.exports import logic
from archivolt_host.tenants import sessions

pytestmark = [
    pytest.mark.plugins("core_identity", "core_audit", "core_documents"),
    pytest.mark.placements,
    pytest.mark.usefixtures("tenant"),
]
PATH = "/vault/journal/export"


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(logic, "PIECE", 2)


@pytest.mark.usefixtures("small_pieces")
def test_json_is_what_the_journal_shows_oldest_first(owner, upload, journal):
    upload("One")
    upload("Two")
    listed = journal()

    answer = owner.get(PATH)

    assert answer.content_type == "application/json"
    assert answer.headers["Content-Disposition"].startswith(
        'attachment; filename="journal-acme-20'
    )
    assert json.loads(answer.data) == listed[::-1]


@pytest.mark.usefixtures("small_pieces")
def test_csv_has_a_line_for_each_entry(owner, upload, journal):
    upload("One")
    listed = journal(action="documents.document.create")

    answer = owner.get(f"{PATH}?format=csv&action=documents.document.create")
    (row,) = csv.DictReader(io.StringIO(answer.text))

    assert answer.content_type == "text/csv; charset=utf-8"
    assert set(row) == set(listed[0])
    assert row["id"] == listed[0]["id"]
    assert json.loads(row["after"]) == listed[0]["after"]
    assert row["before"] == ""


def test_what_a_spreadsheet_would_run_is_text(owner, journal):
    sent = {"User-Agent": "=HYPERLINK(1)"}
    owner.post("/vault/folders", json={"name": "a"}, headers=sent)

    answer = owner.get(f"{PATH}?format=csv&action=documents.folder.create")
    (row,) = csv.DictReader(io.StringIO(answer.text))

    assert row["user_agent"] == "'=HYPERLINK(1)"


def test_nothing_is_an_empty_list(owner):
    assert owner.get(f"{PATH}?action=nothing").json == []
    assert owner.get(f"{PATH}?action=nothing&format=csv").text.count("\n") == 1


@pytest.mark.usefixtures("small_pieces")
def test_a_file_under_way_holds_no_session(owner, upload, host):
    for n in range(5):
        upload(f"Number {n}")

    answer = owner.get(PATH, buffered=False)
    pieces = iter(answer.response)
    next(pieces)

    assert sessions.unit_or_none() is None
    upload("written meanwhile")
    rest = b"".join(pieces)
    answer.close()
    assert b"Number 4" in rest
    assert b"written meanwhile" not in rest


def test_only_who_may_read_the_journal_exports_it(client_as, owner):
    assert client_as("member").get(PATH).status_code == 403
    assert owner.get(f"{PATH}?format=xml").status_code == 400
