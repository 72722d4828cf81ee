"""A group's grants are its members', however deep, and only while they are members."""

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]


def test_members_hold_what_their_groups_hold(owner, outsider):
    folder = owner.folder("Shared")
    owner.upload("inside", folder)
    outer = owner.post("/groups", name="Everybody")["id"]
    inner = owner.post("/groups", name="Lawyers")["id"]
    owner.ask("PUT", f"/groups/{outer}/groups/{inner}")
    owner.grant("guest", group=outer, scope=folder)
    assert outsider.titles() == set()
    owner.ask("PUT", f"/groups/{inner}/users/{outsider.id}")
    assert outsider.titles() == {"inside"}
    [why] = outsider.may("documents.read", folder)["reasons"]
    assert (why["group"], why["role"]) == (outer, "guest")
    owner.ask("DELETE", f"/groups/{inner}/users/{outsider.id}")
    assert outsider.titles() == set()
