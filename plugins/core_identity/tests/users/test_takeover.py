"""Who may manage users becomes nobody who may more."""

import pytest

from archivolt_core_identity.groups import logic as groups
from archivolt_core_identity.invitations import logic as invitations
from archivolt_core_identity.users import logic as people
from archivolt_core_identity.users.service import users
from archivolt_core_permissions.grants import logic as grants
from archivolt_core_permissions.grants.models import ROOT
from archivolt_core_permissions.roles.service import roles
from archivolt_host.kit.context import on_behalf_of
from archivolt_host.kit.errors import DeniedError, InvalidError
from archivolt_host.tenants import context, sessions

pytestmark = pytest.mark.placements


@pytest.fixture
def acting(tenant, in_tenant):
    """Work in one transaction as somebody."""
    with in_tenant(tenant):
        for name in ("manager", "member"):
            people.create(name, None, roles=[name])

    def as_user(name):
        return on_behalf_of(people.find_actor(name))

    with context.acting(tenant), sessions.transaction():
        yield as_user


@pytest.mark.parametrize(
    "change", [{"password": "another secret"}, {"email": "m@x.org"}]
)
def test_nobody_gets_at_the_sign_in_of_who_holds_more(acting, change):
    owner = users.by_name("admin")
    with acting("manager"), pytest.raises(DeniedError, match="what they do not hold"):
        people.change(owner, dict(change))


def test_an_owner_may_and_so_may_equals(acting):
    with acting("admin"):
        people.change(users.by_name("manager"), {"password": "another secret"})
    with acting("manager"):
        people.change(users.by_name("member"), {"email": "m@example.org"})


def test_nobody_puts_anybody_into_a_group_that_holds_more(acting):
    with acting("admin"):
        inner, outer = groups.create("inner"), groups.create("outer")
        groups.add_group(outer, inner.id)
        [owner] = [r for r in roles.all_named({"owner"}) if r.name == "owner"]
        grants.add("group", outer.id, owner, ROOT)
    member = users.by_name("member")
    for group in (outer, inner):
        with acting("manager"), pytest.raises(DeniedError):
            groups.add_user(group, member.id)
    with acting("admin"):
        groups.add_user(inner, member.id)
    assert "owner" in people.find_actor("member").roles


def test_nobody_invites_to_more_than_they_hold(acting):
    with acting("manager"), pytest.raises(DeniedError):
        invitations.create("x@example.org", ["owner"])
    with acting("manager"), pytest.raises(InvalidError, match="no role king"):
        invitations.create("x@example.org", ["king"])
    with acting("manager"):
        assert invitations.create("x@example.org", ["member"]).roles == ["member"]


def test_the_grants_of_who_is_deleted_are_gone(acting):
    member = users.by_name("member")
    with acting("admin"):
        people.delete(member)
        again = people.create("member", None, roles=[])
    assert people.find_actor("member").roles == frozenset()
    assert again.id != member.id
