"""Every write is recorded, and what is not has a reason; no secret is in a record."""

import re

import pytest
import sqlalchemy as sa

from archivolt_host.tenants.columns import MACHINERY, UNAUDITED, Base

# Tables of plugins whose changes nobody records. The reason stands on the model.
UNRECORDED = {
    "audit_entry",
    "audit_link",
    "audit_seal",
    "documents_tag",
    "documents_text",
    "identity_attempt",
    "permissions_epoch",
    "permissions_scope_path",
    "search_document",
    "search_document_tag",
    "search_part",
    "workflow_candidate",
    "workflow_event",
    "workflow_rotation",
    "workflow_task",
    "workflow_timer",
    "workflow_trigger",
    "workflow_vote",
}
OF_USER = "goes with its user, and that the user goes is recorded"
# Recorded tables of which the database deletes or changes rows by itself.
BY_ITSELF = {
    "identity_factor": OF_USER,
    "identity_invitation": "forgets its user, and that the user goes is recorded",
    "identity_key": OF_USER,
    "identity_membership": OF_USER,
    "identity_nesting": "its service deletes them by name, before their group",
    "identity_reset": OF_USER,
    "identity_session": OF_USER,
    "documents_version": "its service deletes them by name, before their document",
}
SECRET = re.compile(r"password|secret|token|proof|pin$|hash|(^|_)key$|codes?$|sha256")
HARMLESS = {
    "documents_document.sha256": "of a content, which is no secret to its readers",
    "documents_version.sha256": "of a content, which is no secret to its readers",
    "identity_group.name_key": "what makes two names the same",
    "identity_user.name_key": "what makes two names the same",
    "workflow_definition.key": "the name of a definition",
    "workflow_instance.key": "the name of its definition",
    "workflow_instance.parent_token": "a token of the engine, which opens nothing",
}


@pytest.fixture(scope="module")
def tables(app):  # an application has imported every model
    return list(Base.metadata.tables.values())


def recorded(tables):
    return [table for table in tables if not table.info.get(UNAUDITED, "planted")]


def without_reason(tables):
    """Name the tables that nobody records, and that are on no list."""
    for table in tables:
        reason = table.info[UNAUDITED]
        if reason and reason != MACHINERY and table.name not in UNRECORDED:
            yield table.name
        if reason and len(reason.split()) < 2:
            yield f"{table.name} says no reason"


def changed_by_itself(tables):
    """Name the recorded tables whose rows go or change with those of others."""
    return sorted(
        {
            table.name
            for table in tables
            for key in table.foreign_keys
            if key.ondelete and table.name not in BY_ITSELF
        }
    )


def telling(tables):
    """Name the columns that sound like secrets and are not marked as such."""
    for table in tables:
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            marked = column.info.get("audit") == "secret" or name in HARMLESS
            if SECRET.search(column.name) and not marked:
                yield name


def planted(*columns, reason=""):
    return sa.Table("planted", sa.MetaData(), *columns, info={UNAUDITED: reason})


def test_every_table_is_recorded_or_says_why_not(tables):
    assert list(without_reason(tables)) == []
    assert {t.name for t in tables if t.info[UNAUDITED]} >= UNRECORDED


def test_a_table_that_nobody_records_is_caught():
    assert list(without_reason([planted(reason="it is slow")])) == ["planted"]
    assert len(list(without_reason([planted(reason="slow")]))) == 2
    assert list(without_reason([planted()])) == []


def test_no_recorded_row_is_changed_by_the_database_itself(tables):
    assert changed_by_itself(recorded(tables)) == []


def test_a_row_that_goes_with_another_is_caught():
    key = sa.ForeignKey("other.id", ondelete="CASCADE")

    assert changed_by_itself([planted(sa.Column("x", key))]) == ["planted"]
    assert changed_by_itself([planted(sa.Column("x", sa.ForeignKey("o.id")))]) == []


def test_every_secret_is_marked(tables):
    assert list(telling(recorded(tables))) == []


def test_a_secret_without_a_mark_is_caught():
    marked = {"audit": "secret"}
    columns = sa.Column("password_hash"), sa.Column("api_token", info=marked)

    assert list(telling([planted(*columns)])) == ["planted.password_hash"]


def test_no_exception_outlives_its_reason(tables):
    names = {table.name for table in tables}
    columns = {f"{t.name}.{c.name}" for t in tables for c in t.columns}

    assert BY_ITSELF.keys() <= names
    assert HARMLESS.keys() <= columns
