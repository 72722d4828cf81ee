"""Every answer can be explained: which grant, on what, from whom, until when."""

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]


def test_the_grant_its_giver_its_path_and_its_end_are_named(owner, outsider):
    folder = owner.folder("Contracts")
    document = owner.upload("lease", owner.folder("2026", folder))
    before = owner.may("documents.read", document, outsider.name)
    assert (before["allowed"], before["reasons"]) == (False, [])
    assert {"guest", "member", "manager", "owner"} <= set(before["missing"])
    given = owner.grant(
        "guest", user="olga", scope=folder, expires_at="2999-01-01T00:00:00Z"
    )
    found = owner.may("documents.read", document, "olga")
    assert found["allowed"]
    assert [p["name"] for p in found["path"]] == ["lease", "2026", "Contracts", "acme"]
    [why] = found["reasons"]
    assert (why["grant"], why["scope"]["name"]) == (given["id"], "Contracts")
    assert (why["granted_by_name"], why["role"]) == ("admin", "guest")
    assert why["expires_at"].startswith("2999-01-01")
    assert "granted by admin on the folder Contracts" in found["sentence"]
    owner.grant("guest", user="olga", scope=document, effect="deny")
    assert (
        "is denied by admin"
        in owner.may("documents.read", document, "olga")["sentence"]
    )


def test_who_may_not_ask_is_told_nothing(owner, outsider):
    document = owner.upload("secret")
    assert not outsider.may("documents.create")["allowed"]
    query = "/permissions/explain?user="
    outsider.get(f"{query}admin&action=documents.read", 403)
    outsider.get(f"{query}olga&action=documents.read&object={document}", 404)
    said = owner.get(f"{query}olga&action=documents.raed", 400)["detail"]
    assert said == "There is no permission documents.raed. Did you mean documents.read?"
    assert "no active user" in owner.get(f"{query}x&action=users.read", 400)["detail"]
