"""Who is in a group is in all that it lies in; no group lies in itself."""

import random

import pytest

from archivolt_core_identity.groups import logic
from archivolt_core_identity.groups.service import groups
from archivolt_core_identity.users import logic as people
from archivolt_core_identity.users.service import users
from archivolt_host.kit.errors import RefusedError

pytestmark = pytest.mark.placements
ANY = {"If-Match": "*"}


@pytest.fixture
def admin(tenant, client_as):
    return client_as("admin")


@pytest.fixture
def group(admin):
    def make(name):
        answer = admin.post("/vault/groups", json={"name": name})
        assert answer.status_code == 201
        return answer.headers["Location"]

    return make


def id_of(path):
    return path.rpartition("/")[2]


@pytest.fixture
def grace(admin):
    return admin.post("/vault/users", json={"username": "grace"}).json["id"]


@pytest.fixture
def groups_of(in_tenant, tenant):
    def read(name):
        with in_tenant(tenant):
            return {str(id) for id in people.find_actor(name).groups}

    return read


def test_a_group_is_made_listed_renamed_and_deleted(admin, group):
    path = group("Finance")
    assert admin.post("/vault/groups", json={"name": "FINANCE"}).status_code == 409
    changed = admin.patch(path, json={"name": "Money"}, headers=ANY)
    assert changed.json["name"] == "Money"
    assert [g["name"] for g in admin.get("/vault/groups").json["items"]] == ["Money"]
    assert admin.delete(path, headers=ANY).status_code == 204
    assert admin.get(path).status_code == 404


def test_who_is_in_the_inner_group_is_in_the_outer(admin, group, grace, groups_of):
    staff, finance, payroll = map(group, ("staff", "finance", "payroll"))
    assert admin.put(f"{staff}/groups/{id_of(finance)}").status_code == 204
    assert admin.put(f"{payroll}/users/{grace}").status_code == 204
    assert groups_of("grace") == {id_of(payroll)}
    assert admin.put(f"{finance}/groups/{id_of(payroll)}").status_code == 204
    assert groups_of("grace") == {id_of(g) for g in (staff, finance, payroll)}
    assert admin.delete(f"{staff}/groups/{id_of(finance)}").status_code == 204
    assert groups_of("grace") == {id_of(finance), id_of(payroll)}
    assert admin.delete(payroll, headers=ANY).status_code == 204
    assert groups_of("grace") == set()


def test_members_and_inner_groups_are_listed(admin, group, grace):
    outer, inner = group("outer"), group("inner")
    admin.put(f"{outer}/users/{grace}")
    admin.put(f"{outer}/groups/{id_of(inner)}")
    [user] = admin.get(f"{outer}/users").json["items"]
    assert user["username"] == "grace"
    [found] = admin.get(f"{outer}/groups").json["items"]
    assert found["name"] == "inner"
    assert admin.delete(f"{outer}/users/{grace}").status_code == 204
    assert admin.get(f"{outer}/users").json["items"] == []
    assert admin.delete(f"{outer}/users/{grace}").status_code == 404


def test_a_circle_is_refused_however_long(admin, group):
    one, two, three = map(group, ("one", "two", "three"))
    assert admin.put(f"{one}/groups/{id_of(two)}").status_code == 204
    assert admin.put(f"{two}/groups/{id_of(three)}").status_code == 204
    for outer, inner in ((one, one), (three, one), (two, one), (three, two)):
        answer = admin.put(f"{outer}/groups/{id_of(inner)}")
        assert answer.status_code == 409
        assert "a group cannot be in itself" in answer.json["detail"]


def test_adding_twice_is_no_error_and_unknown_ones_are(admin, group, grace):
    path = group("one")
    for _ in range(2):
        assert admin.put(f"{path}/users/{grace}").status_code == 204
    unknown = "01a1fd65-f3fc-7ac7-beda-11eff13ef6a3"
    assert admin.put(f"{path}/users/{unknown}").status_code == 404
    assert admin.put(f"{path}/groups/{unknown}").status_code == 404


def test_members_of_the_tenant_do_not_manage_groups(client_as, group, grace):
    path, member = group("one"), client_as("member")
    assert member.get("/vault/groups").status_code == 403
    assert member.put(f"{path}/users/{grace}").status_code == 403
    assert member.post("/vault/groups", json={"name": "x"}).status_code == 403


def test_a_users_etag_is_untouched_by_groups(admin, group, grace):
    before = admin.get(f"/vault/users/{grace}").headers["ETag"]
    admin.put(f"{group('one')}/users/{grace}")
    assert admin.get(f"/vault/users/{grace}").headers["ETag"] == before


@pytest.mark.parametrize("seed", range(3))
def test_every_user_always_carries_what_walking_up_finds(in_tenant, tenant, seed):
    chance = random.Random(seed)
    with in_tenant(tenant):
        all_groups = [logic.create(f"group {n}") for n in range(7)]
        all_users = [people.create(f"user {n}", None) for n in range(5)]
        inside, nested = set(), set()
        for _ in range(40):
            outer, inner = chance.sample(all_groups, 2)
            user = chance.choice(all_users)
            match chance.randrange(4):
                case 0:
                    try:
                        logic.add_group(outer, inner.id)
                        nested.add((inner.id, outer.id))
                    except RefusedError:
                        assert inner.id in walked({outer.id}, nested)
                case 1 if (inner.id, outer.id) in nested:
                    logic.remove_group(outer, inner.id)
                    nested.remove((inner.id, outer.id))
                case 2:
                    logic.add_user(outer, user.id)
                    inside.add((user.id, outer.id))
                case 3 if (user.id, outer.id) in inside:
                    logic.remove_user(outer, user.id)
                    inside.remove((user.id, outer.id))
        for user in all_users:
            own = {group for who, group in inside if who == user.id}
            expected = {str(id) for id in walked(own, nested)}
            assert set(users.get(user.id).group_ids) == expected
        assert groups.get(all_groups[0].id)


def walked(start, nested):
    found = set(start)
    while more := {outer for inner, outer in nested if inner in found} - found:
        found |= more
    return found
