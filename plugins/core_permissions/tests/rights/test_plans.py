"""SQLite finds rights by indexes alone, however many grants and rows there are."""

import pytest
from sqlalchemy import select

from archivolt_core_documents.documents.service import documents
from archivolt_core_documents.folders.service import folders
from archivolt_core_permissions.rights.service import (
    ANYHOW,
    AT_ONCE,
    DECIDING,
    EACH,
    Wanted,
    rights,
)
from archivolt_host.kit.db import now, uuid7

pytestmark = pytest.mark.plugins("core_identity", "core_documents")
ME, ROLE = uuid7(), uuid7()
BY_RIGHT = "permissions_grant USING COVERING INDEX ix_permissions_grant_counting"


def explained(work, statement, **values):
    found = statement.compile(dialect=work.connection.dialect)
    sent = found.construct_params(values)
    rows = work.connection.exec_driver_sql(
        f"EXPLAIN QUERY PLAN {found}",
        tuple(_plain(sent[name]) for name in found.positiontup),
    )
    return [row[3] for row in rows]


def _plain(value):
    return value if isinstance(value, str | int | None) else str(value)


def listed(work, service, *, way, denying=()):
    scope, parent = (service._c[name] for name in service.scope_columns)
    wanted = Wanted((ME,), (ROLE,), denying, now())
    seen = rights.condition(wanted, scope, parent, anyway=way == ANYHOW, way=way)
    return explained(work, select(service._table).where(seen))


def test_a_check_reads_only_the_index_of_the_grants(in_tenant, tenant):
    with in_tenant(tenant) as work:
        steps = explained(
            work,
            DECIDING["sqlite"].statement,
            subjects="[]",
            scope=ME,
            parent=ME,
            rights_moment=now(),
        )
    assert f"SEARCH {BY_RIGHT} (subject_id=? AND scope_id=?)" in steps
    assert not [step for step in steps if "SCAN permissions" in step]


@pytest.mark.parametrize("service", [folders, documents])
def test_a_list_of_what_is_shared_starts_from_the_grants(in_tenant, tenant, service):
    with in_tenant(tenant) as work:
        steps = listed(work, service, way=AT_ONCE)
    assert any(BY_RIGHT in step for step in steps)
    assert not [step for step in steps if "SCAN" in step and "json_each" not in step]


@pytest.mark.parametrize("service", [folders, documents])
def test_a_denial_is_looked_for_above_each_row(in_tenant, tenant, service):
    with in_tenant(tenant) as work:
        steps = listed(work, service, way=ANYHOW, denying=(ROLE,))
    above = "SEARCH p USING COVERING INDEX ix_permissions_scope_path_scope (scope_id=?)"
    assert above in steps


def test_a_list_of_much_is_read_in_its_order(in_tenant, tenant):
    with in_tenant(tenant) as work:
        scope, parent = (folders._c[name] for name in folders.scope_columns)
        wanted = Wanted((ME,), (ROLE,), (), now())
        seen = rights.condition(wanted, scope, parent, anyway=False, way=EACH)
        steps = explained(
            work, select(folders._table).where(seen).order_by("name", "id").limit(51)
        )
    assert any("ix_documents_folder_listed" in step for step in steps)
    assert not [step for step in steps if "ORDER BY" in step]
