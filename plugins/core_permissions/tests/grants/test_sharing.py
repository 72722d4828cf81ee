"""Sharing: a grant on a folder or a document, and nothing beyond it."""

from datetime import timedelta
from uuid import uuid4

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents", "core_search"),
    pytest.mark.placements,
]


@pytest.fixture
def tree(owner):
    """Contracts/2026 with a document in each, and one at the top."""
    top = owner.folder("Contracts")
    inner = owner.folder("2026", top)
    return {
        "top": top,
        "inner": inner,
        "loose": owner.upload("loose"),
        "old": owner.upload("old", top),
        "new": owner.upload("new", inner),
    }


def test_who_has_no_role_sees_nothing_and_may_do_nothing(outsider, tree):
    assert outsider.titles() == outsider.folders() == set()
    assert outsider.get("/trash")["items"] == []
    assert outsider.get("/search?q=hello")["items"] == []
    for id in ("loose", "old", "new"):
        outsider.get(f"/documents/{tree[id]}", 404)
        outsider.get(f"/documents/{tree[id]}/content", 404)
        outsider.get(f"/documents/{tree[id]}/versions", 404)
        outsider.patch(f"/documents/{tree[id]}", 403, title="mine")
        outsider.delete(f"/documents/{tree[id]}", 403)
    outsider.get(f"/folders/{tree['top']}", 404)
    outsider.folder("mine", status=403)
    outsider.upload("mine", status=403)


def test_a_folder_is_shared_with_all_that_lies_in_it(owner, outsider, tree):
    owner.grant("guest", user=outsider.name, scope=tree["top"])
    assert outsider.titles() == {"old", "new"}
    assert outsider.folders() == {"Contracts", "2026"}
    outsider.get(f"/documents/{tree['new']}")
    outsider.get(f"/documents/{tree['loose']}", 404)
    outsider.patch(f"/documents/{tree['new']}", 403, title="mine")
    outsider.upload("mine", tree["inner"], 403)


def test_one_document_is_shared_alone(owner, outsider, tree):
    given = owner.grant("member", user=outsider.id, scope=tree["old"])
    assert outsider.titles() == {"old"}
    assert outsider.folders() == set()
    outsider.patch(f"/documents/{tree['old']}", title="ours")
    outsider.get(f"/documents/{tree['new']}", 404)
    outsider.patch(f"/documents/{tree['old']}", 403, folder_id=None)
    owner.delete(f"/grants/{given['id']}")
    assert outsider.titles() == set()


def test_news_is_of_documents_that_one_may_read(
    owner, outsider, person, tree, run_jobs
):
    def heard_by(who):
        told = who.get("/events")["items"]
        told = [e["object"] for e in told if e["event"] == "document_created"]
        return [name for id in told for name in tree if tree[name] == id]

    run_jobs()  # they give news its position
    assert heard_by(outsider) == []
    owner.grant("guest", user=outsider.name, scope=tree["top"])
    assert heard_by(outsider) == ["old", "new"]
    owner.grant("guest", user=outsider.name, scope=tree["inner"], effect="deny")
    assert heard_by(outsider) == ["old"]
    assert heard_by(person("member")) == ["loose", "old", "new"]


def test_a_denial_wins_wherever_it_stands(owner, person, tree):
    member = person("member")
    owner.grant("guest", user="member", scope=tree["inner"], effect="deny")
    assert member.titles() == {"loose", "old"}
    assert member.folders() == {"Contracts"}
    member.get(f"/documents/{tree['new']}", 404)
    owner.grant("guest", user="member", scope=tree["new"])
    member.get(f"/documents/{tree['new']}", 404)
    assert owner.titles() == {"loose", "old", "new"}


def test_what_moves_has_the_rights_of_its_new_place(owner, outsider, tree):
    owner.grant("guest", user=outsider.id, scope=tree["top"])
    owner.patch(f"/folders/{tree['inner']}", parent_id=None)
    assert outsider.titles() == {"old"}
    owner.patch(f"/documents/{tree['loose']}", folder_id=tree["top"])
    assert outsider.titles() == {"old", "loose"}
    owner.patch(f"/folders/{tree['inner']}", parent_id=tree["top"])
    assert outsider.titles() == {"old", "loose", "new"}


def test_moving_needs_rights_at_both_ends(owner, outsider, tree):
    other = owner.folder("Other")
    owner.grant("member", user=outsider.id, scope=tree["top"])
    move = f"/documents/{tree['old']}"
    outsider.patch(move, 400, folder_id=other)  # as if it were not there
    owner.grant("guest", user=outsider.id, scope=other)
    outsider.patch(move, 403, folder_id=other)
    outsider.patch(f"/folders/{tree['inner']}", 403, parent_id=other)
    owner.grant("member", user=outsider.id, scope=other)
    outsider.patch(move, folder_id=other)
    outsider.patch(f"/folders/{tree['inner']}", parent_id=other)
    outsider.patch(f"/folders/{tree['inner']}", 403, parent_id=None)


def test_the_trash_and_its_restoring_follow_the_same_rights(owner, outsider, tree):
    for id in ("loose", "old"):
        owner.delete(f"/documents/{tree[id]}")
    owner.grant("guest", user=outsider.id, scope=tree["top"])
    assert {d["title"] for d in outsider.get("/trash")["items"]} == {"old"}
    outsider.post(f"/documents/{tree['old']}/restore", 403)
    owner.grant("member", user=outsider.id, scope=tree["top"])
    outsider.post(f"/documents/{tree['loose']}/restore", 404)
    outsider.post(f"/documents/{tree['old']}/restore", 200)


def test_search_finds_what_may_be_seen_and_its_pages_are_full(owner, outsider, tree):
    for number in range(6):
        owner.upload(f"hidden {number}")
        owner.upload(f"shown {number}", tree["top"])
    owner.grant("guest", user=outsider.id, scope=tree["top"])
    first = outsider.get("/search?q=shown&limit=4&count=true")
    assert (len(first["items"]), first["count"]) == (4, 6)
    second = outsider.get(f"/search?q=shown&limit=4&count=true&cursor={first['next']}")
    assert (len(second["items"]), second["next"]) == (2, None)
    assert outsider.get("/search?q=hidden&count=true")["count"] == 0


def test_a_list_counts_only_what_may_be_seen(owner, outsider, tree):
    owner.grant("guest", user=outsider.id, scope=tree["inner"])
    assert outsider.get("/documents?count=true")["count"] == 1
    assert owner.get("/documents?count=true")["count"] == 3


def test_a_grant_ends_when_its_time_is_over(owner, outsider, tree, run_jobs, clock):
    soon = clock.now() + timedelta(hours=1)
    given = owner.grant(
        "guest", user=outsider.id, scope=tree["top"], expires_at=soon.isoformat()
    )
    assert outsider.titles() == {"old", "new"}
    clock.move(hours=1)
    assert outsider.titles() == set()  # before any job has run
    clock.move(hours=1)
    run_jobs()
    owner.get(f"/grants/{given['id']}", 404)
    [told] = [e for e in owner.get("/events")["items"] if e["event"] == "role_revoked"]
    assert told["arguments"]["reason"] == "expired"
    assert told["arguments"]["subject_id"] == outsider.id


def test_nobody_gives_what_they_do_not_hold(owner, person, outsider, tree):
    manager = person("manager")
    manager.grant("member", user=outsider.id, scope=tree["top"])
    manager.grant("guest", 403, user=outsider.id)  # the whole tenant is the owners'
    manager.grant("guest", 403, user="admin", scope=tree["top"], effect="deny")
    member = person("member")
    member.grant("guest", 403, user=outsider.id, scope=tree["top"])
    member.grant("guest", 403, user=member.id)


def test_a_sharer_shares_where_they_may_and_nowhere_else(owner, person, tree):
    owner.post(
        "/roles", name="sharer", permissions=["documents.read", "documents.share"]
    )
    sharer, other = person("sam", roles=[]), person("kim", roles=[])
    owner.grant("sharer", user="sam", scope=tree["inner"])
    given = sharer.grant("guest", user="kim", scope=tree["new"])
    assert other.titles() == {"new"}
    sharer.grant("member", 403, user="kim", scope=tree["inner"])
    sharer.grant("guest", 400, user="kim", scope=tree["top"])  # not even seen
    listed = sharer.get(f"/grants?scope={tree['new']}")["items"]
    assert [g["id"] for g in listed] == [given["id"]]
    assert {g["user"] for g in sharer.get("/grants")["items"]} == {sharer.id}
    other.delete(f"/grants/{given['id']}", 403)
    sharer.delete(f"/grants/{given['id']}")
    assert other.titles() == set()


@pytest.mark.parametrize(
    ("terms", "status", "said"),
    [
        ({"role": "king", "user": "member"}, 400, "no role king"),
        ({"role": "guest", "user": "nobody"}, 400, "no active user nobody"),
        ({"role": "guest"}, 400, "name one of them"),
        ({"role": "guest", "user": "member", "group": str(uuid4())}, 400, "one 'user'"),
        ({"role": "guest", "group": str(uuid4())}, 400, "no group"),
        ({"role": "guest", "user": "member", "scope": str(uuid4())}, 400, "nothing"),
        (
            {"role": "guest", "user": "member", "expires_at": "2020-01-01T00:00:00Z"},
            400,
            "time to come",
        ),
        ({"role": "member", "user": "member"}, 409, "already"),
        ({"role": "platform_admin", "user": "member"}, 400, "no role of a tenant"),
        ({"role": "owner", "user": "admin", "effect": "deny"}, 409, "last owner"),
    ],
)
def test_a_wrong_grant_is_refused_clearly(owner, person, terms, status, said):
    person("member")
    assert said in owner.post("/grants", status, **terms)["detail"]


def test_the_last_owner_stays(owner, person):
    [mine] = [
        g
        for g in owner.get(f"/grants?user={owner.id}")["items"]
        if g["role"] == "owner"
    ]
    assert "last owner" in owner.delete(f"/grants/{mine['id']}", 409)["detail"]
    said = owner.patch(f"/users/{owner.id}", 409, roles=["member"])
    assert "last owner" in said["detail"]
    other = person("owner")
    owner.patch(f"/users/{owner.id}", roles=["member"])
    owner.get("/plugins", 403)
    assert "last owner" in other.patch(f"/users/{other.id}", 409, roles=[])["detail"]


def test_a_grant_is_news_for_who_may_see_all_grants(
    owner, outsider, person, tree, run_jobs
):
    owner.post("/roles", name="auditor", permissions=["grants.read"])
    auditor = person("nora", roles=["auditor"])
    owner.grant("guest", user=outsider.id, scope=tree["old"])
    run_jobs()

    def told(who):
        return {one["event"] for one in who.get("/events")["items"]}

    assert told(auditor) == {"role_granted"}
    assert told(outsider) == {"document_created"}  # of what was shared with them
