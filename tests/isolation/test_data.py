"""What one tenant has, no other tenant sees: in rows, over HTTP, by raw SQL."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from archivolt_host.errors import NoTenantError
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.ids import uuid7

pytestmark = [
    pytest.mark.plugins("core_identity", "notes"),
    pytest.mark.placements,
    pytest.mark.usefixtures("notes"),
]


@pytest.fixture
def clients(client_as, two_tenants):
    return [client_as("member", tenant) for tenant in two_tenants]


def test_rows_of_one_tenant_are_never_visible_in_the_other(clients):
    for client, texts in zip(clients, (["mine", "same"], ["same", "yours"]), strict=1):
        for words in texts:
            assert client.post("/vault/notes", json={"text": words}).status_code == 201
    seen = [[n["text"] for n in c.get("/vault/notes").json] for c in clients]
    assert seen == [["mine", "same"], ["same", "yours"]]


def test_an_id_of_the_other_tenant_is_not_found(clients):
    mine, theirs = clients
    id = mine.post("/vault/notes", json={"text": "mine"}).json["id"]
    assert mine.get(f"/vault/notes/{id}").status_code == 200
    assert theirs.get(f"/vault/notes/{id}").status_code == 404


def test_a_token_of_one_tenant_is_worth_nothing_in_the_other(clients):
    mine, theirs = clients
    token = mine.environ_base["HTTP_AUTHORIZATION"]
    assert theirs.get("/vault/notes", headers={"Authorization": token}).json[
        "code"
    ] == ("unauthorized")


def test_raw_sql_reaches_neither_the_other_tenant_nor_the_catalog(
    host, two_tenants, in_tenant, placement
):
    mine, theirs = two_tenants
    for statement in FOREIGN[placement](theirs, host):
        with in_tenant(mine) as work, pytest.raises(DBAPIError, match=REFUSED):
            work.session.execute(text(statement))


REFUSED = "permission denied|must be owner|too many attached databases"
FOREIGN = {
    "schema": lambda theirs, host: [
        f"SELECT * FROM {theirs.place.schema}.notes_note",
        f"INSERT INTO {theirs.place.schema}.host_job (name) VALUES ('x')",
        "SELECT * FROM public.tenant",
        "SELECT * FROM public.override",
        f"CREATE TABLE {theirs.place.schema}.mine (n int)",
        "CREATE TABLE mine (n int)",
        "DROP TABLE notes_note",
    ],
    "sqlite": lambda theirs, host: [
        f"ATTACH DATABASE '{theirs.place.path}' AS other",
        f"ATTACH DATABASE '{host.catalog_place.path}' AS catalog",
    ],
}


def test_without_a_tenant_there_is_no_session(host):
    with pytest.raises(NoTenantError):
        sessions.session()
    for opening in (sessions.transaction, sessions.reading):
        with pytest.raises(NoTenantError), opening():
            pass


def test_a_tenant_without_a_transaction_has_no_session_either(tenant):
    with context.acting(tenant), pytest.raises(RuntimeError, match="No transaction"):
        sessions.session()


def test_a_read_unit_cannot_write(tenant):
    with context.acting(tenant), sessions.reading() as work:
        insert = text(
            f"INSERT INTO notes_note (id, text) VALUES ('{uuid7().hex}', 'x')"
        )
        with pytest.raises(DBAPIError, match=r"read-only|readonly"):
            work.session.execute(insert)
