"""Whoever has the index rebuilt: it holds all documents, not those they may see."""

import pytest

from archivolt_core_search.index import logic
from archivolt_host.kit import hooks
from archivolt_host.tenants import context

pytestmark = pytest.mark.plugins("core_identity", "core_documents", "core_search")


def test_a_resync_by_somebody_who_may_read_nothing_forgets_nothing(
    client_as, tenant, in_tenant
):
    admin, sent = client_as("admin"), {"Content-Type": "text/plain"}
    sent["Content-Disposition"] = 'attachment; filename="a.txt"'
    kept = admin.post("/vault/documents", data=b"hello", headers=sent)
    assert kept.status_code == 201, kept.text
    made = admin.post("/vault/users", json={"username": "olga", "roles": []})
    assert made.status_code == 201, made.text
    with in_tenant(tenant):
        olga = hooks.first("find_actor", who="olga")
    with context.acting(tenant, olga):
        assert logic.resync(None) == 1
    assert len(admin.get("/vault/search?q=hello").json["items"]) == 1
