"""A query that takes long is given up, and the transaction goes on."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from archivolt_host.http.idempotency import IdempotencyRow
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.hurry import hurried

pytestmark = pytest.mark.placements

table = IdempotencyRow.__table__
FOR_EVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
LONG = {
    "sqlite": f"{FOR_EVER} SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(600)",
}


def long(work):
    return text(LONG[work.connection.dialect.name])


def test_what_takes_long_is_given_up_and_what_was_written_stays(in_tenant, tenant):
    row = {"key": "k", "owner": "me", "lease_until": now()}
    with in_tenant(tenant) as work:
        work.connection.execute(table.insert(), row)
        ended = False
        with hurried(work.connection):
            work.connection.execute(long(work)).all()
            ended = True
        assert not ended
        assert work.connection.execute(table.select()).one().key == "k"
    with in_tenant(tenant) as work:
        assert work.connection.execute(table.select()).one().key == "k"


def test_what_is_quick_is_left_alone_and_so_is_what_follows(in_tenant, tenant):
    with in_tenant(tenant) as work:
        with hurried(work.connection):
            assert work.connection.execute(text("SELECT 1")).scalar() == 1
        many = text(f"{FOR_EVER} SELECT i FROM n LIMIT 300000")
        assert len(work.connection.execute(many).all()) == 300_000


def test_an_error_of_another_kind_comes_out(in_tenant, tenant):
    with in_tenant(tenant) as work:
        with pytest.raises(DBAPIError, match="nowhere"), hurried(work.connection):
            work.connection.execute(text("SELECT * FROM nowhere"))
        work.rollback()
